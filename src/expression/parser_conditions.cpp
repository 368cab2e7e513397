// Conditions: comparisons joined by 'and', 'or', 'not'. They become nested where()s, so the graph knows nothing of them.
#include "parser.hpp"

#include <utility>

namespace driftwell::expression {

namespace {

bool compares(Sign sign) { return sign >= Sign::less && sign <= Sign::not_equal; }

} // namespace

bool Parser::take_word(std::string_view text) {
  if (now().sign != Sign::name || word(now()) != text || names_.contains(text))
    return false;
  ++at_;
  return true;
}

Parser::Condition Parser::parse_condition() {
  enter(now());
  Condition either{Condition::Kind::either, {parse_all()}, {}, 0, 0};
  while (take_word("or"))
    either.parts.push_back(parse_all());
  --depth_;
  return either.parts.size() == 1 ? std::move(either.parts.front()) : std::move(either);
}

Parser::Condition Parser::parse_all() {
  Condition all{Condition::Kind::all, {parse_one()}, {}, 0, 0};
  while (take_word("and"))
    all.parts.push_back(parse_one());
  return all.parts.size() == 1 ? std::move(all.parts.front()) : std::move(all);
}

Parser::Condition Parser::parse_one() {
  enter(now());
  Condition result{};
  if (take_word("not")) {
    result = {Condition::Kind::negated, {parse_one()}, {}, 0, 0};
  } else if (now().sign == Sign::open && closes_condition(now().partner)) {
    ++at_;
    result = parse_condition();
    if (!take(Sign::close))
      refuse_leftover();
  } else {
    result = parse_comparison();
  }
  --depth_;
  return result;
}

/// Does this bracket end a condition, and not an operand of a comparison?
bool Parser::closes_condition(std::size_t close) const {
  const Token& next = tokens_[close + 1];
  return next.sign == Sign::end || next.sign == Sign::close || next.sign == Sign::comma ||
         (next.sign == Sign::name && (word(next) == "and" || word(next) == "or"));
}

Parser::Condition Parser::parse_comparison() {
  const Token start = now();
  const NodeId left = parse_sum();
  const Token sign = now();
  if (!compares(sign.sign)) {
    if (sign.sign == Sign::end || sign.sign == Sign::comma || sign.sign == Sign::close || sign.sign == Sign::name)
      fail(inside_where_ ? "the first argument of 'where' is a comparison" : "a comparison is expected here", start,
           inside_where_ ? "where(a < b, value if so, value if not)" : "a < b, also <= > >= == !=, joined by and, or, not");
    refuse_leftover();
  }
  ++at_;
  const NodeId right = parse_sum();
  if (compares(now().sign))
    fail("comparisons cannot be chained; write a < b and b < c", now());
  compared_.push_back(left);
  compared_.push_back(right);
  switch (sign.sign) {
  case Sign::less: return {Condition::Kind::comparison, {}, Comparison::less, left, right};
  case Sign::less_equal: return {Condition::Kind::comparison, {}, Comparison::less_equal, left, right};
  case Sign::greater: return {Condition::Kind::comparison, {}, Comparison::less, right, left};
  case Sign::greater_equal: return {Condition::Kind::comparison, {}, Comparison::less_equal, right, left};
  case Sign::equal: return {Condition::Kind::comparison, {}, Comparison::equal, left, right};
  default: return {Condition::Kind::comparison, {}, Comparison::not_equal, left, right};
  }
}

NodeId Parser::choose(const Condition& condition, NodeId yes, NodeId no) {
  switch (condition.kind) {
  case Condition::Kind::comparison: return graph_.select(condition.comparison, condition.left, condition.right, yes, no);
  case Condition::Kind::negated: return choose(condition.parts.front(), no, yes);
  case Condition::Kind::all:
    for (auto part = condition.parts.rbegin(); part != condition.parts.rend(); ++part) yes = choose(*part, yes, no);
    return yes;
  case Condition::Kind::either: break;
  }
  for (auto part = condition.parts.rbegin(); part != condition.parts.rend(); ++part) no = choose(*part, yes, no);
  return no;
}

std::vector<NodeId> Parser::run_condition() {
  const Condition condition = parse_condition();
  if (now().sign != Sign::end)
    refuse_leftover();
  std::vector<NodeId> roots{choose(condition, graph_.constant(1.0), graph_.constant(0.0))};
  roots.insert(roots.end(), compared_.begin(), compared_.end());
  return roots;
}

std::vector<NodeId> parse_condition(Graph& graph, std::string_view text, const Symbols& symbols) {
  std::vector<NodeId> roots;
  within_limits(graph, text, symbols, [&] { roots = Parser(graph, text, symbols).run_condition(); });
  return roots;
}

} // namespace driftwell::expression

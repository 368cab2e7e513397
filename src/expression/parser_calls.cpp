// Function calls, where(), written-out sums and indices.
#include "parser.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::expression {

namespace {

std::string arguments(std::size_t n) { return std::to_string(n) + (n == 1 ? " argument" : " arguments"); }

} // namespace

/// A function's name has been taken; its '(' comes next.
NodeId Parser::parse_call(const Token& name) {
  const Callable& callable = *find_callable(word(name));
  const std::size_t close = now().partner;
  // Arguments are counted before they are read: a wrong count is then reported as such, not as a leftover.
  std::size_t count = close == at_ + 1 ? 0 : 1;
  for (std::size_t i = at_ + 1; i < close; ++i) {
    if (tokens_[i].sign == Sign::open || tokens_[i].sign == Sign::open_index)
      i = tokens_[i].partner;
    else if (tokens_[i].sign == Sign::comma)
      ++count;
  }
  if (count < callable.least || count > callable.most) {
    const bool open_ended = callable.most > 4;
    fail("'" + std::string(callable.name) + "' takes " + (open_ended ? "at least " : "") + arguments(callable.least) + ", found " +
             std::to_string(count) + (callable.form == Callable::Form::sum ? ": sum(i, first, last, term)" : ""),
         name);
  }
  ++at_;
  if (callable.form == Callable::Form::where)
    return parse_where();
  if (callable.form == Callable::Form::sum)
    return parse_written_out(name);
  std::vector<NodeId> list;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0 && !take(Sign::comma))
      refuse_leftover();
    list.push_back(parse_sum());
  }
  if (!take(Sign::close))
    refuse_leftover();
  if (callable.form == Callable::Form::pow)
    return graph_.power(list[0], list[1]);
  if (callable.form == Callable::Form::plain)
    return graph_.call(callable.function, list[0]);
  NodeId best = list[0];
  for (std::size_t i = 1; i < list.size(); ++i)
    best = graph_.call(callable.function, best, list[i]);
  return best;
}

/// where(condition, yes, no); "where(" has been taken.
NodeId Parser::parse_where() {
  const bool outer = std::exchange(inside_where_, true);
  const Condition condition = parse_condition();
  inside_where_ = outer;
  if (!take(Sign::comma))
    refuse_leftover();
  const NodeId yes = parse_sum();
  if (!take(Sign::comma))
    refuse_leftover();
  const NodeId no = parse_sum();
  if (!take(Sign::close))
    refuse_leftover();
  return choose(condition, yes, no);
}

/// A constant integer: an index or the bound of a sum.
long Parser::whole_number(const char* what) {
  const Token start = now();
  const NodeId id = parse_sum();
  Token span = start;
  span.length = std::max(tokens_[at_ - 1].offset + tokens_[at_ - 1].length, start.offset + 1) - start.offset;
  if (!graph_.is_constant(id))
    fail(std::string(what) + " must be a number known beforehand; variables cannot be used in it", span);
  const double value = graph_[id].value;
  if (value != std::nearbyint(value) || !(std::abs(value) <= 1e15))
    fail(std::string(what) + " must be a whole number", span);
  return static_cast<long>(value);
}

/// sum(i, first, last, body); "sum(" has been taken.
NodeId Parser::parse_written_out(const Token& name) {
  const std::size_t close = tokens_[at_ - 1].partner;
  const Token index = now();
  if (!take(Sign::name) || now().sign != Sign::comma)
    fail("the first argument of 'sum' is the name of its index", index, "sum(i, first, last, term)");
  const std::string_view text = word(index);
  const bool shadows = names_.contains(text) || find_callable(text) != nullptr || (symbols_.indexed && text == symbols_.base) ||
                       std::any_of(bound_.begin(), bound_.end(), [&](const auto& entry) { return entry.first == text; });
  if (shadows)
    fail("the index '" + std::string(text) + "' of this sum already means something else; choose another name", index);
  ++at_;
  const long first = whole_number("the lower bound of a sum");
  if (!take(Sign::comma))
    refuse_leftover();
  const long last = whole_number("the upper bound of a sum");
  if (!take(Sign::comma))
    refuse_leftover();
  const double count = last < first ? 0.0 : static_cast<double>(last - first) + 1.0;
  const double limit = static_cast<double>(symbols_.limits.nodes);
  if (count * copies_ > limit) {
    Token span = name;
    span.length = tokens_[close].offset + 1 - name.offset;
    fail("this sum is too large to be written out: " + std::to_string(static_cast<long long>(count * copies_)) + " terms", span,
         "at most " + std::to_string(symbols_.limits.nodes));
  }
  bound_.emplace_back(text, first);
  const NodeId result = parse_body(name, first, last, at_, close);
  bound_.pop_back();
  at_ = close + 1;
  return result;
}

NodeId Parser::parse_body(const Token& name, long first, long last, std::size_t body, std::size_t close) {
  const auto read_once = [&] {
    at_ = body;
    enter(name);
    const NodeId term = parse_sum();
    --depth_;
    if (at_ != close)
      refuse_leftover();
    return term;
  };
  if (last < first) { // nothing to add, but the body must still make sense
    const bool was_dry = std::exchange(dry_, true);
    (void)read_once();
    dry_ = was_dry;
    return graph_.constant(0.0);
  }
  const double around = copies_;
  copies_ *= static_cast<double>(last - first) + 1.0;
  std::vector<Operand> terms;
  for (long i = first; i <= last; ++i) {
    bound_.back().second = i;
    terms.push_back({read_once(), 1.0});
  }
  copies_ = around;
  return graph_.linear(0.0, std::move(terms));
}

/// The base name of indexed variables has been taken; its '[' comes next.
NodeId Parser::parse_indexed(const Token& name) {
  const std::size_t close = now().partner;
  ++at_;
  if (at_ == close)
    fail("the index is missing", now(), symbols_.base + "[1] to " + symbols_.base + "[" + std::to_string(symbols_.variables.size()) + "]");
  const long index = whole_number("an index");
  if (!take(Sign::close_index))
    refuse_leftover();
  const auto dimension = static_cast<long>(symbols_.variables.size());
  if (index >= 1 && index <= dimension)
    return graph_.variable(static_cast<std::size_t>(index - 1));
  if (dry_)
    return graph_.constant(0.0);
  Token span = name;
  span.length = tokens_[close].offset + 1 - name.offset;
  fail(symbols_.base + "[" + std::to_string(index) + "] does not exist" + bound_values(), span,
       symbols_.base + "[1] to " + symbols_.base + "[" + std::to_string(dimension) + "]");
}

} // namespace driftwell::expression

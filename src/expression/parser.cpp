#include "parser.hpp"

#include <algorithm>
#include <numbers>

namespace driftwell::expression {

namespace {

/// Deeper texts would need a larger call stack than a thread may have, whatever the caller's limits say.
constexpr std::size_t deepest = 1000;

Limits tightened(Limits limits) {
  limits.depth = std::min(limits.depth, deepest);
  return limits;
}

} // namespace

Parser::Parser(Graph& graph, std::string_view text, const Symbols& symbols) : graph_(graph), text_(text), symbols_(symbols) {
  tokens_ = tokenise(text, tightened(symbols.limits));
  if (!symbols.indexed)
    for (std::size_t i = 0; i < symbols.variables.size(); ++i)
      names_.try_emplace(symbols.variables[i], graph_.variable(i));
  for (const auto& [name, value] : symbols.parameters)
    names_.try_emplace(name, graph_.constant(value));
  if (symbols.indexed)
    names_.try_emplace("d", graph_.constant(static_cast<double>(symbols.variables.size())));
  names_.try_emplace("pi", graph_.constant(std::numbers::pi));
}

NodeId Parser::run() {
  const NodeId root = parse_sum();
  if (now().sign != Sign::end)
    refuse_leftover();
  return root;
}

bool Parser::take(Sign sign) {
  if (now().sign != sign)
    return false;
  ++at_;
  return true;
}

/// Counts nesting and work, so that no text makes the parser recurse or run without bound.
void Parser::enter(const Token& at) {
  if (++depth_ > std::min(symbols_.limits.depth, deepest) + 1)
    fail("the formula is nested too deeply", at, "at most " + std::to_string(symbols_.limits.depth) + " levels");
  if (++steps_ > 20 * symbols_.limits.nodes + symbols_.limits.length)
    fail("the formula is too large once its sums are written out", at, "at most " + std::to_string(symbols_.limits.nodes) + " operations");
}

NodeId Parser::parse_sum() {
  std::vector<Operand> terms{{parse_product(), 1.0}};
  for (;;) {
    if (take(Sign::plus))
      terms.push_back({parse_product(), 1.0});
    else if (take(Sign::minus))
      terms.push_back({parse_product(), -1.0});
    else
      return terms.size() == 1 ? terms.front().node : graph_.linear(0.0, std::move(terms));
  }
}

NodeId Parser::parse_product() {
  std::vector<Operand> factors{{parse_unary(), 1.0}};
  for (;;) {
    if (take(Sign::times))
      factors.push_back({parse_unary(), 1.0});
    else if (take(Sign::over))
      factors.push_back({parse_unary(), -1.0});
    else
      return factors.size() == 1 ? factors.front().node : graph_.product(1.0, std::move(factors));
  }
}

NodeId Parser::parse_unary() {
  enter(now());
  bool minus = false;
  for (;; ++at_) {
    if (now().sign == Sign::minus)
      minus = !minus;
    else if (now().sign != Sign::plus)
      break;
  }
  const NodeId operand = parse_power();
  --depth_;
  return minus ? graph_.scale(-1.0, operand) : operand;
}

NodeId Parser::parse_power() {
  const NodeId base = parse_primary();
  return take(Sign::power) ? graph_.power(base, parse_unary()) : base;
}

NodeId Parser::parse_primary() {
  const Token token = now();
  if (take(Sign::number))
    return graph_.constant(token.value);
  if (take(Sign::name))
    return parse_name();
  if (!take(Sign::open))
    refuse_operand();
  const NodeId inside = parse_sum();
  if (!take(Sign::close))
    refuse_leftover();
  return inside;
}

/// A name has just been taken.
NodeId Parser::parse_name() {
  const Token name = tokens_[at_ - 1];
  const std::string_view text = word(name);
  const bool called = now().sign == Sign::open;
  const auto bound = std::find_if(bound_.rbegin(), bound_.rend(), [&](const auto& entry) { return entry.first == text; });
  if (bound != bound_.rend() && !called && now().sign != Sign::open_index)
    return graph_.constant(static_cast<double>(bound->second));
  if (symbols_.indexed && text == symbols_.base) {
    if (called)
      fail("'" + std::string(text) + "' is a variable, not a function; a missing '*'?", name);
    if (now().sign != Sign::open_index)
      fail("'" + std::string(text) + "' needs an index", name,
           symbols_.base + "[1] to " + symbols_.base + "[" + std::to_string(symbols_.variables.size()) + "]");
    return parse_indexed(name);
  }
  const auto known = names_.find(text);
  if (known == names_.end() && find_callable(text) != nullptr) {
    if (!called)
      refuse_bare_function(name);
    return parse_call(name);
  }
  if (known == names_.end())
    refuse_unknown(name);
  if (called)
    fail("'" + std::string(text) + "' is not a function; a missing '*'?", name);
  if (now().sign == Sign::open_index)
    fail("'" + std::string(text) + "' has no index", name);
  return known->second;
}

NodeId parse_formula(Graph& graph, std::string_view text, const Symbols& symbols) {
  NodeId root = 0;
  within_limits(graph, text, symbols, [&] { root = Parser(graph, text, symbols).run(); });
  return root;
}

} // namespace driftwell::expression

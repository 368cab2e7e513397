// The constructors of nodes. Each returns the canonical form: constants gathered, like terms and equal bases merged,
// neutral elements gone. What could hide a NaN or an infinity of the user's formula is left alone: x/x stays x*x^-1,
// sqrt(x)^2 stays, log(exp(x)) stays; only 0*x -> 0, x-x -> 0 and x^0 -> 1 are taken as algebra.
#include "graph.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::expression {

namespace {

/// Sums and products longer than this are not spliced into others: appending to a sum again and again then costs
/// constant memory a time instead of a copy of the whole sum.
constexpr std::size_t splice = 16;

constexpr double largest_exponent = 1e9; ///< exponents up to here count as whole numbers

bool is_whole(double value) { return std::abs(value) <= largest_exponent && value == std::nearbyint(value); }

} // namespace

NodeId Graph::constant(double value) {
  return intern(Kind::constant, 0, value == 0.0 ? 0.0 : value, {}); // one zero only
}

NodeId Graph::variable(std::size_t index) {
  return intern(Kind::variable, 0, 0.0, {}, static_cast<std::uint32_t>(index));
}

NodeId Graph::linear(double constant, std::vector<Operand> terms) {
  std::vector<Operand> flat;
  flat.reserve(terms.size());
  for (const Operand& term : terms) {
    const Node& node = nodes_[term.node];
    const bool scaled = node.kind == Kind::linear && node.count == 1 && node.value == 0.0;
    // k*(x - 1) keeps its bracket: k*x - k would lose digits near x = 1.
    const bool sum = node.kind == Kind::linear && node.count <= splice && std::abs(term.factor) == 1.0;
    if (term.factor == 0.0)
      continue;
    if (node.kind == Kind::constant) {
      constant += term.factor * node.value;
    } else if (scaled || sum) {
      constant += node.value == 0.0 ? 0.0 : term.factor * node.value;
      for (const Operand& inner : operands(term.node))
        flat.push_back({inner.node, term.factor * inner.factor});
    } else {
      flat.push_back(term);
    }
  }
  std::stable_sort(flat.begin(), flat.end(), [](const Operand& a, const Operand& b) { return a.node < b.node; });
  std::vector<Operand> merged;
  merged.reserve(flat.size());
  for (const Operand& term : flat) {
    if (!merged.empty() && merged.back().node == term.node)
      merged.back().factor += term.factor;
    else
      merged.push_back(term);
  }
  std::erase_if(merged, [](const Operand& term) { return term.factor == 0.0; });
  if (merged.empty())
    return this->constant(constant);
  if (merged.size() == 1 && constant == 0.0) {
    const Operand only = merged.front();
    if (only.factor == 1.0)
      return only.node;
    // Merging can leave -1 times a short sum, which a second look splices.
    if (only.factor == -1.0 && nodes_[only.node].kind == Kind::linear && nodes_[only.node].count <= splice)
      return linear(0.0, {only});
  }
  return intern(Kind::linear, 0, constant == 0.0 ? 0.0 : constant, merged);
}

NodeId Graph::product(double factor, std::vector<Operand> factors) {
  std::vector<Operand> flat;
  flat.reserve(factors.size());
  for (Operand item : factors) {
    if (item.factor == 0.0)
      continue;
    const Node* node = &nodes_[item.node];
    if (node->kind == Kind::linear && node->count == 1 && node->value == 0.0) { // (k*x)^n = k^n * x^n
      const Operand inner = operands_[node->first];
      const double scale = integer_power_of(inner.factor, static_cast<long>(item.factor));
      if (std::isnormal(scale)) {
        factor *= scale;
        item.node = inner.node;
        node = &nodes_[item.node];
      }
    }
    if (node->kind == Kind::constant) {
      factor *= integer_power_of(node->value, static_cast<long>(item.factor));
    } else if (node->kind == Kind::product && node->count <= splice &&
               std::all_of(operands(item.node).begin(), operands(item.node).end(),
                           [&](const Operand& inner) { return std::abs(inner.factor * item.factor) <= largest_exponent; })) {
      for (const Operand& inner : operands(item.node))
        flat.push_back({inner.node, inner.factor * item.factor});
    } else {
      flat.push_back(item);
    }
  }
  if (factor == 0.0 || std::isnan(factor))
    return constant(factor);
  const auto before = [](const Operand& a, const Operand& b) {
    return a.node != b.node ? a.node < b.node : (a.factor < 0.0) < (b.factor < 0.0);
  };
  std::stable_sort(flat.begin(), flat.end(), before);
  std::vector<Operand> merged;
  merged.reserve(flat.size());
  for (const Operand& item : flat) {
    const bool joins = !merged.empty() && merged.back().node == item.node && (merged.back().factor < 0.0) == (item.factor < 0.0) &&
                       std::abs(merged.back().factor + item.factor) <= largest_exponent;
    if (joins)
      merged.back().factor += item.factor;
    else
      merged.push_back(item);
  }
  if (merged.empty())
    return constant(factor);
  const NodeId bare = merged.size() == 1 && merged.front().factor == 1.0 ? merged.front().node : intern(Kind::product, 0, 0.0, merged);
  return factor == 1.0 ? bare : scale(factor, bare);
}

NodeId Graph::power(NodeId base, NodeId exponent) {
  if (is_constant(exponent)) {
    const double n = nodes_[exponent].value;
    if (is_constant(base))
      return constant(is_whole(n) && std::abs(n) <= 64 ? integer_power_of(nodes_[base].value, static_cast<long>(n)) : power_of(nodes_[base].value, n));
    if (n == 0.0)
      return constant(1.0);
    if (is_whole(n))
      return integer_power(base, n);
    if (n == 0.5)
      return call(Function::sqrt, base);
  }
  if (is_constant(base, 1.0))
    return base;
  const Operand list[] = {{base, 0.0}, {exponent, 0.0}};
  return intern(Kind::power, 0, 0.0, list);
}

NodeId Graph::call(Function function, NodeId a) {
  if (is_constant(a))
    return constant(value_of(function, nodes_[a].value));
  const Node& inner = nodes_[a];
  const bool idempotent = function == Function::abs || function == Function::relu || function == Function::sign;
  if (idempotent && inner.kind == Kind::call && inner.function() == function)
    return a;
  const Operand list[] = {{a, 0.0}};
  return intern(Kind::call, static_cast<std::uint8_t>(function), 0.0, list);
}

NodeId Graph::call(Function function, NodeId a, NodeId b) {
  if (is_constant(a) && is_constant(b))
    return constant(value_of(function, nodes_[a].value, nodes_[b].value));
  if (b < a)
    std::swap(a, b);
  const Node& later = nodes_[b]; // max(x, max(x, y)) = max(x, y)
  const bool repeats = later.kind == Kind::call && later.function() == function && later.count == 2 && (operand(b, 0) == a || operand(b, 1) == a);
  if (a == b || repeats)
    return b;
  const Operand list[] = {{a, 0.0}, {b, 0.0}};
  return intern(Kind::call, static_cast<std::uint8_t>(function), 0.0, list);
}

NodeId Graph::select(Comparison comparison, NodeId left, NodeId right, NodeId yes, NodeId no) {
  if (is_constant(left) && is_constant(right))
    return holds(comparison, nodes_[left].value, nodes_[right].value) ? yes : no;
  if (yes == no)
    return yes;
  const Operand list[] = {{left, 0.0}, {right, 0.0}, {yes, 0.0}, {no, 0.0}};
  return intern(Kind::select, static_cast<std::uint8_t>(comparison), 0.0, list);
}

} // namespace driftwell::expression

// Graph -> two-operand values, equal ones once. Walks ids upwards, so children are ready before their parents.
#include "program.hpp"

#include <bit>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace driftwell::expression {

namespace {

constexpr double longest_chain = 64.0;    ///< larger whole exponents go through the general power
constexpr double longest_half_chain = 8.0; ///< the same for x^(n + 1/2) = x^n * sqrt(x)

struct Hash {
  std::size_t operator()(const Value& value) const {
    std::uint64_t hash = static_cast<std::uint64_t>(value.op);
    const auto mix = [&hash](std::uint64_t word) { hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL; hash ^= hash >> 29; };
    for (const ValueId argument : value.arguments)
      mix(argument);
    mix(std::bit_cast<std::uint64_t>(value.k));
    return hash;
  }
};

struct Equal {
  bool operator()(const Value& a, const Value& b) const {
    return a.op == b.op && a.arguments == b.arguments && std::bit_cast<std::uint64_t>(a.k) == std::bit_cast<std::uint64_t>(b.k);
  }
};

class Lowering {
public:
  explicit Lowering(const Graph& graph) : graph_(graph), map_(graph.size()), uses_(graph.size()) {}

  Values run(const std::vector<NodeId>& roots) {
    const std::vector<NodeId> all = graph_.reachable(roots);
    for (const NodeId id : all)
      for (const Operand& operand : graph_.operands(id))
        ++uses_[operand.node];
    for (const NodeId id : all)
      map_[id] = lower_node(id);
    for (const NodeId root : roots)
      values_.outputs.push_back(map_[root]);
    return std::move(values_);
  }

private:
  ValueId put(Op op, ValueId a = 0, ValueId b = 0, double k = 0.0, ValueId c = 0, ValueId d = 0) {
    const Value value{op, {a, b, c, d}, k, 0.0};
    const auto [entry, fresh] = known_.try_emplace(value, static_cast<ValueId>(values_.list.size()));
    if (fresh)
      values_.list.push_back(value);
    return entry->second;
  }

  ValueId lower_node(NodeId id) {
    const Node& node = graph_[id];
    const auto operand = [&](std::size_t i) { return map_[graph_.operand(id, i)]; };
    switch (node.kind) {
    case Kind::constant: return put(Op::fill, 0, 0, node.value);
    case Kind::variable: return put(input_op, node.first);
    case Kind::linear: return lower_linear(id);
    case Kind::product: return lower_product(id, 1.0);
    case Kind::power: return lower_power(id);
    case Kind::call: return node.count == 1 ? put(op_of(node.function()), operand(0)) : put(op_of(node.function()), operand(0), operand(1));
    case Kind::select: return put(op_of(node.comparison()), operand(0), operand(1), 0.0, operand(2), operand(3));
    }
    return 0;
  }

  ValueId scaled(const Operand& term) {
    if (term.factor == 1.0)
      return map_[term.node];
    // k/x in one division, unless 1/x is needed anyway.
    if (graph_[term.node].kind == Kind::product && uses_[term.node] == 1)
      return lower_product(term.node, term.factor);
    return put(Op::mul_k, map_[term.node], 0, term.factor);
  }

  /// -(a * (b - c)) = a * (c - b), if nobody else needs the bracket: an instruction less. True when done.
  bool negate_bracket(const Operand& term, ValueId& result) {
    if (term.factor != -1.0 || graph_[term.node].kind != Kind::product || uses_[term.node] != 1)
      return false;
    for (const Operand& factor : graph_.operands(term.node))
      if (factor.factor == 1.0 && graph_[factor.node].kind == Kind::linear && uses_[factor.node] == 1) {
        const ValueId kept = std::exchange(map_[factor.node], lower_linear(factor.node, -1.0));
        result = lower_product(term.node, 1.0);
        map_[factor.node] = kept;
        return true;
      }
    return false;
  }

  /// Term by term, so that a long sum needs one accumulator.
  ValueId lower_linear(NodeId id, double sign = 1.0) {
    const double constant = sign * graph_[id].value;
    std::vector<Operand> terms(graph_.operands(id).begin(), graph_.operands(id).end());
    for (Operand& term : terms)
      term.factor *= sign;
    if (ValueId result = 0; terms.size() == 1 && constant == 0.0 && negate_bracket(terms[0], result))
      return result;
    if (terms.size() == 1 && constant != 0.0 && terms[0].factor == -1.0)
      return put(Op::k_sub, map_[terms[0].node], 0, constant);
    std::size_t start = 0; // a positive term if there is one: b - a and not -a + b
    while (start < terms.size() && terms[start].factor == -1.0)
      ++start;
    start = start == terms.size() ? 0 : start;
    ValueId sum = scaled(terms[start]);
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (i == start)
        continue;
      const bool minus = terms[i].factor == -1.0;
      sum = minus ? put(Op::sub, sum, map_[terms[i].node]) : put(Op::add, sum, scaled(terms[i]));
    }
    return constant == 0.0 ? sum : put(Op::add_k, sum, 0, constant);
  }

  ValueId whole_power(ValueId base, double n) {
    if (n == 1.0)
      return base;
    if (n > longest_chain)
      return put(Op::power, base, put(Op::fill, 0, 0, n));
    const double half = std::floor(n / 2);
    const ValueId root = whole_power(base, half);
    const ValueId square = put(Op::mul, root, root);
    return 2 * half == n ? square : put(Op::mul, square, base);
  }

  /// factor * numerators / denominators
  ValueId lower_product(NodeId id, double factor) {
    bool above = false, below = false;
    ValueId numerator = 0, denominator = 0;
    for (const Operand& operand : graph_.operands(id)) {
      const ValueId power = whole_power(map_[operand.node], std::abs(operand.factor));
      ValueId& side = operand.factor > 0.0 ? numerator : denominator;
      bool& present = operand.factor > 0.0 ? above : below;
      side = present ? put(Op::mul, side, power) : power;
      present = true;
    }
    if (!above)
      return put(Op::k_div, denominator, 0, factor);
    const ValueId quotient = below ? put(Op::div, numerator, denominator) : numerator;
    return factor == 1.0 ? quotient : put(Op::mul_k, quotient, 0, factor);
  }

  ValueId lower_power(NodeId id) {
    const NodeId exponent = graph_.operand(id, 1);
    const ValueId base = map_[graph_.operand(id, 0)];
    if (graph_.is_constant(exponent)) {
      const double n = graph_[exponent].value;
      const double whole = std::floor(std::abs(n));
      if (std::abs(n) == whole + 0.5 && whole <= longest_half_chain) {
        const ValueId root = put(Op::sqrt, base);
        const ValueId power = whole == 0.0 ? root : put(Op::mul, whole_power(base, whole), root);
        return n > 0.0 ? power : put(Op::k_div, power, 0, 1.0);
      }
    }
    return put(Op::power, base, map_[exponent]);
  }

  const Graph& graph_;
  std::vector<ValueId> map_;
  std::vector<std::uint32_t> uses_;
  Values values_;
  std::unordered_map<Value, ValueId, Hash, Equal> known_;
};

} // namespace

Values lower(const Graph& graph, const std::vector<NodeId>& roots) { return Lowering(graph).run(roots); }

} // namespace driftwell::expression

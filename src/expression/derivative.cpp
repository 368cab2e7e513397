// Exact derivatives by one reverse sweep: each node's adjoint is the sum of what its parents send, and it is summed
// once, when all parents (which have larger ids) are done.
//
// Where a function has a corner the derivative is that of one side: abs' = sign (0 at 0), relu' = step (0 at 0),
// step' = sign' = 0, min and max take the derivative of the argument they return (at a tie: of the first), where(c, a, b)' =
// where(c, a', b'). The branches of where, min and max are differentiated on their own and then selected: multiplying
// a mask into the adjoint would turn the singular derivative of the branch not taken, 0 * inf, into NaN.
#include "graph.hpp"

#include <map>
#include <numbers>
#include <stdexcept>

namespace driftwell::expression {

namespace {

class ReverseSweep {
public:
  ReverseSweep(Graph& graph, std::size_t only) : graph_(graph), only_(only) {}

  Partials run(NodeId root) {
    mark_dependence(root);
    for (const NodeId id : graph_.reachable(std::span(&root, 1)))
      if (is_choice(id) && depends_[id])
        choices_[id] = differentiate_choice(id);
    return sweep(root);
  }

private:
  [[nodiscard]] bool is_choice(NodeId id) const {
    const Node& node = graph_[id];
    return node.kind == Kind::select || (node.kind == Kind::call && (node.function() == Function::min || node.function() == Function::max));
  }

  /// Which nodes change with the variables asked for; nothing is sent to the others.
  void mark_dependence(NodeId root) {
    depends_.assign(graph_.size(), false);
    for (const NodeId id : graph_.reachable(std::span(&root, 1))) {
      if (graph_[id].kind == Kind::variable)
        depends_[id] = only_ == static_cast<std::size_t>(-1) || graph_[id].first == only_;
      for (const Operand& operand : graph_.operands(id))
        depends_[id] = depends_[id] || depends_[operand.node];
    }
  }

  Partials differentiate_choice(NodeId id) {
    const Node node = graph_[id];
    const bool select = node.kind == Kind::select;
    const NodeId yes = graph_.operand(id, select ? 2 : 0);
    const NodeId no = graph_.operand(id, select ? 3 : 1);
    NodeId left = graph_.operand(id, 0);
    NodeId right = graph_.operand(id, 1);
    if (!select && node.function() == Function::max)
      std::swap(left, right);
    const Comparison comparison = select ? node.comparison() : Comparison::less_equal;
    std::map<std::size_t, std::pair<NodeId, NodeId>> both;
    const NodeId zero = graph_.constant(0.0);
    for (const auto& [variable, value] : sweep(yes))
      both[variable] = {value, zero};
    for (const auto& [variable, value] : sweep(no))
      both.try_emplace(variable, zero, zero).first->second.second = value;
    Partials partials;
    for (const auto& [variable, values] : both)
      partials.emplace_back(variable, graph_.select(comparison, left, right, values.first, values.second));
    return partials;
  }

  Partials sweep(NodeId root) {
    adjoints_.clear();
    if (depends_[root])
      adjoints_[root].push_back({graph_.constant(1.0), 1.0});
    std::map<std::size_t, NodeId> found;
    while (!adjoints_.empty()) {
      const auto last = std::prev(adjoints_.end());
      const NodeId id = last->first;
      const NodeId adjoint = graph_.linear(0.0, std::move(last->second));
      adjoints_.erase(last);
      if (++visits_ > 100 * graph_.limit())
        throw std::length_error("the derivative is too large");
      if (graph_[id].kind == Kind::variable)
        found[graph_[id].first] = adjoint;
      else if (!graph_.is_constant(adjoint, 0.0))
        send_down(id, adjoint);
    }
    return {found.begin(), found.end()};
  }

  void send(NodeId child, NodeId adjoint, double factor = 1.0) {
    if (depends_[child])
      adjoints_[child].push_back({adjoint, factor});
  }

  void send_down(NodeId id, NodeId adjoint) {
    const Node node = graph_[id]; // copies: the graph grows below
    const auto view = graph_.operands(id);
    const std::vector<Operand> operands(view.begin(), view.end());
    if (is_choice(id)) {
      for (const auto& [variable, value] : choices_.at(id))
        send(graph_.variable(variable), graph_.multiply(adjoint, value));
    } else if (node.kind == Kind::linear) {
      for (const Operand& term : operands)
        send(term.node, adjoint, term.factor);
    } else if (node.kind == Kind::product) {
      send_through_product(operands, adjoint);
    } else if (node.kind == Kind::power) {
      send_through_power(id, operands[0].node, operands[1].node, adjoint);
    } else if (node.kind == Kind::call) {
      send_through_call(node.function(), id, operands[0].node, adjoint);
    }
  }

  /// Halves: each gets the product of the other, so that m factors cost m log m and not m^2.
  void send_through_product(std::span<const Operand> factors, NodeId adjoint) {
    if (factors.size() == 1) {
      const Operand& factor = factors.front();
      if (depends_[factor.node])
        send(factor.node, graph_.product(1.0, {{adjoint, 1.0}, {factor.node, factor.factor - 1.0}}), factor.factor);
      return;
    }
    const std::size_t half = factors.size() / 2;
    for (const bool first : {true, false}) {
      const auto mine = first ? factors.first(half) : factors.subspan(half);
      const auto others = first ? factors.subspan(half) : factors.first(half);
      std::vector<Operand> list(others.begin(), others.end());
      list.push_back({adjoint, 1.0});
      send_through_product(mine, graph_.product(1.0, std::move(list)));
    }
  }

  void send_through_power(NodeId id, NodeId base, NodeId exponent, NodeId adjoint) {
    if (depends_[base]) {
      const NodeId lower = graph_.power(base, graph_.linear(-1.0, {{exponent, 1.0}}));
      send(base, graph_.product(1.0, {{adjoint, 1.0}, {exponent, 1.0}, {lower, 1.0}}));
    }
    if (depends_[exponent])
      send(exponent, graph_.product(1.0, {{adjoint, 1.0}, {id, 1.0}, {graph_.call(Function::log, base), 1.0}}));
  }

  void send_through_call(Function function, NodeId id, NodeId x, NodeId adjoint) {
    Graph& g = graph_;
    const auto over = [&](NodeId denominator) { return g.divide(adjoint, denominator); };
    const auto times = [&](NodeId factor) { return g.multiply(adjoint, factor); };
    const auto one_minus_square = [&](NodeId a) { return g.linear(1.0, {{g.integer_power(a, 2.0), -1.0}}); };
    switch (function) {
    case Function::exp: return send(x, times(id));
    case Function::log: return send(x, over(x));
    case Function::log1p: return send(x, over(g.linear(1.0, {{x, 1.0}})));
    case Function::expm1: return send(x, times(g.call(Function::exp, x)));
    case Function::sqrt: return send(x, over(id), 0.5);
    case Function::sin: return send(x, times(g.call(Function::cos, x)));
    case Function::cos: return send(x, times(g.call(Function::sin, x)), -1.0);
    case Function::tan: return send(x, times(g.linear(1.0, {{g.integer_power(id, 2.0), 1.0}})));
    case Function::asin: return send(x, over(g.call(Function::sqrt, one_minus_square(x))));
    case Function::acos: return send(x, over(g.call(Function::sqrt, one_minus_square(x))), -1.0);
    case Function::atan: return send(x, over(g.linear(1.0, {{g.integer_power(x, 2.0), 1.0}})));
    case Function::sinh: return send(x, times(g.call(Function::cosh, x)));
    case Function::cosh: return send(x, times(g.call(Function::sinh, x)));
    case Function::tanh: return send(x, times(one_minus_square(id)));
    case Function::erf: {
      const NodeId gauss = g.call(Function::exp, g.scale(-1.0, g.integer_power(x, 2.0)));
      return send(x, times(gauss), 2.0 * std::numbers::inv_sqrtpi);
    }
    case Function::abs: return send(x, times(g.call(Function::sign, x)));
    case Function::relu: return send(x, times(g.call(Function::step, x)));
    case Function::softplus: return send(x, times(g.call(Function::sigmoid, x)));
    case Function::sigmoid: return send(x, g.product(1.0, {{adjoint, 1.0}, {id, 1.0}, {g.linear(1.0, {{id, -1.0}}), 1.0}}));
    case Function::sign:
    case Function::step:
    case Function::min: // choices, not sent through
    case Function::max: return;
    }
  }

  Graph& graph_;
  std::size_t only_;
  std::size_t visits_ = 0;
  std::vector<bool> depends_;
  std::map<NodeId, std::vector<Operand>> adjoints_;
  std::map<NodeId, Partials> choices_;
};

} // namespace

Partials partials_of(Graph& graph, NodeId root, std::size_t only) { return ReverseSweep(graph, only).run(root); }

} // namespace driftwell::expression

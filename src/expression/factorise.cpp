// Greedy Horner form of sums: the factor most terms share is pulled out, and so on inside the bracket and in what is
// left. Fewer multiplications, and near a zero of the bracket fewer digits lost.
#include "program.hpp"

#include <algorithm>
#include <map>

namespace driftwell::expression {

namespace {

constexpr std::size_t longest_sum = 64; ///< longer ones are left alone: the search is quadratic

/// A term as coefficient times factors; a bare node is itself to the power 1.
struct Term {
  double coefficient;
  std::vector<Operand> factors;
};

class Factoriser {
public:
  explicit Factoriser(Graph& graph) : graph_(graph) {}

  NodeId sum(double constant, std::vector<Term> terms) {
    std::vector<Operand> done;
    for (;;) {
      const NodeId common = most_shared(terms);
      if (common == Graph::none)
        break;
      const auto kept = std::stable_partition(terms.begin(), terms.end(), [&](const Term& term) { return find(term, common) == nullptr; });
      std::vector<Term> inside(std::make_move_iterator(kept), std::make_move_iterator(terms.end()));
      terms.erase(kept, terms.end());
      double power = find(inside.front(), common)->factor;
      for (const Term& term : inside)
        power = std::min(power, find(term, common)->factor);
      double alone = 0.0; // a term that is nothing but the common factor leaves a constant
      for (Term& term : inside) {
        std::erase_if(term.factors, [&](Operand& factor) { return factor.node == common && factor.factor > 0.0 && (factor.factor -= power) == 0.0; });
        if (term.factors.empty())
          alone += term.coefficient;
      }
      std::erase_if(inside, [](const Term& term) { return term.factors.empty(); });
      done.push_back({graph_.product(1.0, {{common, power}, {sum(alone, std::move(inside)), 1.0}}), 1.0});
    }
    for (Term& term : terms)
      done.push_back({graph_.product(1.0, std::move(term.factors)), term.coefficient});
    return graph_.linear(constant, std::move(done));
  }

  [[nodiscard]] Term term_of(const Operand& operand) const {
    if (graph_[operand.node].kind == Kind::product) {
      const auto factors = graph_.operands(operand.node);
      return {operand.factor, {factors.begin(), factors.end()}};
    }
    return {operand.factor, {{operand.node, 1.0}}};
  }

private:
  static const Operand* find(const Term& term, NodeId node) {
    const auto found = std::find_if(term.factors.begin(), term.factors.end(), [&](const Operand& f) { return f.node == node && f.factor > 0.0; });
    return found == term.factors.end() ? nullptr : &*found;
  }

  static NodeId most_shared(const std::vector<Term>& terms) {
    std::map<NodeId, std::size_t> counts;
    for (const Term& term : terms)
      for (const Operand& factor : term.factors)
        if (factor.factor > 0.0)
          ++counts[factor.node];
    NodeId best = Graph::none;
    std::size_t most = 1;
    for (const auto& [node, count] : counts)
      if (count > most) {
        best = node;
        most = count;
      }
    return best;
  }

  Graph& graph_;
};

} // namespace

std::vector<NodeId> factorise(Graph& graph, const std::vector<NodeId>& roots) {
  const std::vector<NodeId> all = graph.reachable(roots);
  std::vector<NodeId> map(graph.size());
  Factoriser factoriser(graph);
  for (const NodeId id : all) {
    const Node node = graph[id]; // copies: the graph grows
    const auto view = graph.operands(id);
    std::vector<Operand> operands(view.begin(), view.end());
    for (Operand& operand : operands)
      operand.node = map[operand.node];
    switch (node.kind) {
    case Kind::constant:
    case Kind::variable: map[id] = id; break;
    case Kind::linear: {
      if (operands.size() < 2 || operands.size() > longest_sum) {
        map[id] = graph.linear(node.value, std::move(operands));
        break;
      }
      std::vector<Term> terms;
      for (const Operand& operand : operands)
        terms.push_back(factoriser.term_of(operand));
      map[id] = factoriser.sum(node.value, std::move(terms));
      break;
    }
    case Kind::product: map[id] = graph.product(1.0, std::move(operands)); break;
    case Kind::power: map[id] = graph.power(operands[0].node, operands[1].node); break;
    case Kind::call:
      map[id] = operands.size() == 1 ? graph.call(node.function(), operands[0].node) : graph.call(node.function(), operands[0].node, operands[1].node);
      break;
    case Kind::select: map[id] = graph.select(node.comparison(), operands[0].node, operands[1].node, operands[2].node, operands[3].node); break;
    }
  }
  std::vector<NodeId> mapped;
  for (const NodeId root : roots)
    mapped.push_back(map[root]);
  return mapped;
}

} // namespace driftwell::expression

#pragma once
// What an Expression holds: a node of a shared graph, or a lone constant or variable without any graph.
#include "graph.hpp"

#include <utility>

namespace driftwell::expression {

struct Expression::Impl {
  std::shared_ptr<Graph> graph; ///< null: a constant or a variable
  NodeId id = 0;
  bool is_variable = false;
  std::size_t index = 0;
  double value = 0.0;

  [[nodiscard]] static Expression wrap(const std::shared_ptr<Graph>& graph, NodeId id);
  template <class Make>
  [[nodiscard]] static Expression combine(const Expression& left, const Expression& right, Make&& make);
  [[nodiscard]] NodeId place(Graph& into) const; ///< of a constant or a variable
  [[nodiscard]] std::size_t locked_size() const;
  /// Everything the outputs need in one graph of its own, and their nodes there. Throws std::invalid_argument for variables
  /// beyond the dimension.
  [[nodiscard]] static std::pair<Graph, std::vector<NodeId>> gather(const std::vector<Expression>& outputs, std::size_t dimension);
  [[nodiscard]] static const Impl& of(const Expression& expression) { return *expression.impl_; }
};

} // namespace driftwell::expression

// The public face of the graph: locks it, picks one graph when two meet.
#include "driftwell/expression/expression.hpp"

#include "expression_impl.hpp"
#include "parser.hpp"

#include <stdexcept>

namespace driftwell::expression {

namespace {

/// A derivative or an operation may add so many times the limit of a text: enough for every honest formula.
constexpr std::size_t growth = 10;

} // namespace

Expression::Expression() : Expression(0.0) {}

Expression::Expression(double constant) {
  auto impl = std::make_shared<Impl>();
  impl->value = constant == 0.0 ? 0.0 : constant;
  impl_ = std::move(impl);
}

Expression::Expression(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Expression Expression::variable(std::size_t index) {
  if (index >= Graph::none)
    throw std::invalid_argument("variable index too large");
  auto impl = std::make_shared<Impl>();
  impl->is_variable = true;
  impl->index = index;
  return Expression(std::shared_ptr<const Impl>(std::move(impl)));
}

Expression Expression::Impl::wrap(const std::shared_ptr<Graph>& graph, NodeId id) {
  auto impl = std::make_shared<Impl>();
  const Node& node = (*graph)[id];
  if (node.kind == Kind::constant) {
    impl->value = node.value;
  } else if (node.kind == Kind::variable) {
    impl->is_variable = true;
    impl->index = node.first;
  } else {
    impl->graph = graph;
    impl->id = id;
  }
  return Expression(std::shared_ptr<const Impl>(std::move(impl)));
}

NodeId Expression::Impl::place(Graph& into) const { return is_variable ? into.variable(index) : into.constant(value); }

Expression Expression::parse(std::string_view text, const Symbols& symbols) {
  auto graph = std::make_shared<Graph>(symbols.limits.nodes);
  const NodeId root = parse_formula(*graph, text, symbols);
  return Impl::wrap(graph, root);
}

Condition parse_condition(std::string_view text, const Symbols& symbols) {
  auto graph = std::make_shared<Graph>(symbols.limits.nodes);
  const std::vector<NodeId> roots = parse_condition(*graph, text, symbols);
  Condition condition;
  for (const NodeId root : roots) condition.compared.push_back(Expression::Impl::wrap(graph, root));
  condition.indicator = condition.compared.front();
  condition.compared.erase(condition.compared.begin());
  return condition;
}

/// Both operands in one graph (the larger of the two, which then takes in the other), then `make`.
template <class Make>
Expression Expression::Impl::combine(const Expression& left, const Expression& right, Make&& make) {
  const Impl& a = *left.impl_;
  const Impl& b = *right.impl_;
  std::shared_ptr<Graph> graph = a.graph ? a.graph : b.graph ? b.graph : std::make_shared<Graph>();
  if (a.graph && b.graph && a.graph != b.graph) {
    const std::size_t sizes[] = {a.locked_size(), b.locked_size()};
    graph = sizes[0] >= sizes[1] ? a.graph : b.graph;
  }
  const auto detached = [&](const Impl& impl, std::vector<NodeId>& root) { // the other graph is read before this one is locked
    const std::scoped_lock lock(impl.graph->mutex());
    root = {impl.id};
    return impl.graph->extract(root);
  };
  std::vector<NodeId> root_a, root_b;
  std::unique_ptr<Graph> from_a, from_b;
  if (a.graph && a.graph != graph)
    from_a = std::make_unique<Graph>(detached(a, root_a));
  if (b.graph && b.graph != graph)
    from_b = std::make_unique<Graph>(detached(b, root_b));
  const std::scoped_lock lock(graph->mutex());
  graph->allow(growth * graph->limit());
  const auto id_of = [&](const Impl& impl, const std::unique_ptr<Graph>& from, const std::vector<NodeId>& root) {
    if (!impl.graph)
      return impl.place(*graph);
    return from ? graph->import(*from)[root.front()] : impl.id;
  };
  const NodeId id_a = id_of(a, from_a, root_a);
  const NodeId id_b = id_of(b, from_b, root_b);
  return wrap(graph, make(*graph, id_a, id_b));
}

std::size_t Expression::Impl::locked_size() const {
  const std::scoped_lock lock(graph->mutex());
  return graph->size();
}

Expression Expression::derivative(std::size_t variable) const {
  if (!impl_->graph)
    return {impl_->is_variable && impl_->index == variable ? 1.0 : 0.0};
  const std::scoped_lock lock(impl_->graph->mutex());
  impl_->graph->allow(growth * impl_->graph->limit());
  const Partials partials = partials_of(*impl_->graph, impl_->id, variable);
  return partials.empty() ? Expression(0.0) : Impl::wrap(impl_->graph, partials.front().second);
}

std::vector<Expression> Expression::gradient(std::size_t dimension) const {
  std::vector<Expression> all(dimension);
  if (!impl_->graph) {
    if (impl_->is_variable && impl_->index < dimension)
      all[impl_->index] = Expression(1.0);
    return all;
  }
  const std::scoped_lock lock(impl_->graph->mutex());
  impl_->graph->allow(growth * impl_->graph->limit());
  for (const auto& [variable, id] : partials_of(*impl_->graph, impl_->id))
    if (variable < dimension)
      all[variable] = Impl::wrap(impl_->graph, id);
  return all;
}

bool Expression::is_constant() const { return !impl_->graph && !impl_->is_variable; }

bool Expression::is_constant(double value) const { return is_constant() && impl_->value == value; }

double Expression::constant() const {
  if (!is_constant())
    throw std::logic_error("the formula is not a constant");
  return impl_->value;
}

bool Expression::depends_on(std::size_t variable) const {
  if (!impl_->graph)
    return impl_->is_variable && impl_->index == variable;
  const std::scoped_lock lock(impl_->graph->mutex());
  for (const NodeId id : impl_->graph->reachable(std::span(&impl_->id, 1)))
    if ((*impl_->graph)[id].kind == Kind::variable && (*impl_->graph)[id].first == variable)
      return true;
  return false;
}

std::string Expression::str(const std::vector<std::string>& names) const {
  if (!impl_->graph) {
    Graph graph;
    return text_of(graph, impl_->place(graph), names);
  }
  const std::scoped_lock lock(impl_->graph->mutex());
  return text_of(*impl_->graph, impl_->id, names);
}

Expression operator+(const Expression& a, const Expression& b) {
  return Expression::Impl::combine(a, b, [](Graph& g, NodeId x, NodeId y) { return g.add(x, y); });
}
Expression operator-(const Expression& a, const Expression& b) {
  return Expression::Impl::combine(a, b, [](Graph& g, NodeId x, NodeId y) { return g.subtract(x, y); });
}
Expression operator*(const Expression& a, const Expression& b) {
  return Expression::Impl::combine(a, b, [](Graph& g, NodeId x, NodeId y) { return g.multiply(x, y); });
}
Expression operator/(const Expression& a, const Expression& b) {
  return Expression::Impl::combine(a, b, [](Graph& g, NodeId x, NodeId y) { return g.divide(x, y); });
}
Expression operator-(const Expression& a) {
  return Expression::Impl::combine(a, a, [](Graph& g, NodeId x, NodeId) { return g.scale(-1.0, x); });
}
Expression exp(const Expression& a) {
  return Expression::Impl::combine(a, a, [](Graph& g, NodeId x, NodeId) { return g.call(Function::exp, x); });
}
Expression log(const Expression& a) {
  return Expression::Impl::combine(a, a, [](Graph& g, NodeId x, NodeId) { return g.call(Function::log, x); });
}
Expression sqrt(const Expression& a) {
  return Expression::Impl::combine(a, a, [](Graph& g, NodeId x, NodeId) { return g.call(Function::sqrt, x); });
}
Expression pow(const Expression& a, const Expression& b) {
  return Expression::Impl::combine(a, b, [](Graph& g, NodeId x, NodeId y) { return g.power(x, y); });
}

} // namespace driftwell::expression

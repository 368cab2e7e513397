#include "expression_impl.hpp"

#include <stdexcept>
#include <string>

namespace driftwell::expression {

std::pair<Graph, std::vector<NodeId>> Expression::Impl::gather(const std::vector<Expression>& outputs, std::size_t dimension) {
  Graph graph;
  graph.allow(static_cast<std::size_t>(1) << 28);
  std::vector<NodeId> roots;
  for (std::size_t first = 0; first < outputs.size();) { // neighbours of one graph are taken out together
    const Impl& own = of(outputs[first]);
    std::size_t last = first + 1;
    if (!own.graph) {
      roots.push_back(own.place(graph));
    } else {
      std::vector<NodeId> ids{own.id};
      for (; last < outputs.size() && of(outputs[last]).graph == own.graph; ++last) ids.push_back(of(outputs[last]).id);
      const Graph part = [&] {
        const std::scoped_lock lock(own.graph->mutex());
        return own.graph->extract(ids);
      }();
      const std::vector<NodeId> map = graph.import(part);
      for (const NodeId id : ids) roots.push_back(map[id]);
    }
    first = last;
  }
  for (const NodeId id : graph.reachable(roots))
    if (graph[id].kind == Kind::variable && graph[id].first >= dimension)
      throw std::invalid_argument("the formula uses variable " + std::to_string(graph[id].first + 1) + " of " + std::to_string(dimension));
  return {std::move(graph), std::move(roots)};
}

} // namespace driftwell::expression

#include "graph.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <unordered_set>

namespace driftwell::expression {

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32);
}

} // namespace

Graph::Graph(std::size_t limit) : limit_(limit), ceiling_(limit) {}

std::span<const Operand> Graph::operands(NodeId id) const {
  const Node& node = nodes_[id];
  return node.kind == Kind::variable ? std::span<const Operand>{} : std::span<const Operand>(operands_).subspan(node.first, node.count);
}

NodeId Graph::intern(Kind kind, std::uint8_t code, double value, std::span<const Operand> operands, std::uint32_t index) {
  std::uint64_t hash = mix(static_cast<std::uint64_t>(kind) * 256 + code, std::bit_cast<std::uint64_t>(value));
  hash = mix(hash, index);
  for (const Operand& operand : operands)
    hash = mix(mix(hash, operand.node), std::bit_cast<std::uint64_t>(operand.factor));
  const auto head = heads_.find(hash);
  for (NodeId id = head == heads_.end() ? none : head->second; id != none; id = nodes_[id].next) {
    const Node& node = nodes_[id];
    if (node.kind != kind || node.code != code || std::bit_cast<std::uint64_t>(node.value) != std::bit_cast<std::uint64_t>(value) ||
        node.count != operands.size() || (kind == Kind::variable && node.first != index))
      continue;
    bool same = true;
    for (std::size_t i = 0; same && i < operands.size(); ++i) {
      const Operand& mine = operands_[node.first + i];
      same = mine.node == operands[i].node && std::bit_cast<std::uint64_t>(mine.factor) == std::bit_cast<std::uint64_t>(operands[i].factor);
    }
    if (same)
      return id;
  }
  if (stored() + 1 + operands.size() > ceiling_ || nodes_.size() >= none - 1)
    throw std::length_error("the formula is too large: more than " + std::to_string(limit_) + " operations once written out");
  const auto id = static_cast<NodeId>(nodes_.size());
  const std::uint32_t first = kind == Kind::variable ? index : static_cast<std::uint32_t>(operands_.size());
  operands_.insert(operands_.end(), operands.begin(), operands.end());
  nodes_.push_back({kind, code, first, static_cast<std::uint32_t>(operands.size()), head == heads_.end() ? none : head->second, value});
  heads_[hash] = id;
  return id;
}

std::vector<NodeId> Graph::reachable(std::span<const NodeId> roots) const {
  // A small formula in a large graph (one of many derivatives) must not cost a walk over the whole graph.
  std::unordered_set<NodeId> found(roots.begin(), roots.end());
  std::vector<NodeId> ids(found.begin(), found.end());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids.size() > nodes_.size() / 16)
      return reachable_of_many(roots);
    for (const Operand& operand : operands(ids[i]))
      if (found.insert(operand.node).second)
        ids.push_back(operand.node);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<NodeId> Graph::reachable_of_many(std::span<const NodeId> roots) const {
  std::vector<bool> seen(nodes_.size(), false);
  NodeId top = 0;
  for (const NodeId root : roots) {
    seen[root] = true;
    top = std::max(top, root);
  }
  std::vector<NodeId> ids;
  for (NodeId id = top + 1; id-- > 0;) {
    if (!seen[id])
      continue;
    ids.push_back(id);
    for (const Operand& operand : operands(id))
      seen[operand.node] = true;
  }
  return {ids.rbegin(), ids.rend()};
}

Graph Graph::extract(std::vector<NodeId>& roots) const {
  Graph part(limit_);
  part.ceiling_ = stored() + 1;
  std::unordered_map<NodeId, NodeId> map;
  std::vector<Operand> moved;
  for (const NodeId id : reachable(roots)) {
    moved.clear();
    for (const Operand& operand : operands(id))
      moved.push_back({map.at(operand.node), operand.factor});
    const Node& node = nodes_[id];
    map[id] = part.intern(node.kind, node.code, node.value, moved, node.kind == Kind::variable ? node.first : 0);
  }
  for (NodeId& root : roots)
    root = map.at(root);
  return part;
}

std::vector<NodeId> Graph::import(const Graph& other) {
  std::vector<NodeId> map(other.size());
  for (NodeId id = 0; id < other.size(); ++id)
    map[id] = rebuild(other, id, map);
  return map;
}

NodeId Graph::rebuild(const Graph& other, NodeId id, const std::vector<NodeId>& map) {
  const Node& node = other[id];
  std::vector<Operand> list;
  for (const Operand& operand : other.operands(id))
    list.push_back({map[operand.node], operand.factor});
  switch (node.kind) {
  case Kind::constant: return constant(node.value);
  case Kind::variable: return variable(node.first);
  case Kind::linear: return linear(node.value, std::move(list));
  case Kind::product: return product(1.0, std::move(list));
  case Kind::power: return power(list[0].node, list[1].node);
  case Kind::call: return list.size() == 1 ? call(node.function(), list[0].node) : call(node.function(), list[0].node, list[1].node);
  case Kind::select: return select(node.comparison(), list[0].node, list[1].node, list[2].node, list[3].node);
  }
  throw std::logic_error("unknown kind of node");
}

} // namespace driftwell::expression

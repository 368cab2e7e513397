#pragma once
// The expression graph: nodes are unique (hash-consed), children come before their parents, constructors simplify.
//
//   linear   c + sum of factor_i * term_i     terms are never constants nor scaled ones
//   product  product of base_i ^ n_i          integer exponents; no constants; x^1 and x^-1 are never cancelled
//   power    base ^ exponent                  everything else
// Children first means: a loop over ids is a walk from the leaves to the root, so that nothing here recurses.
#include "functions.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "driftwell/expression/expression.hpp"

namespace driftwell::expression {

using NodeId = std::uint32_t;

enum class Kind : std::uint8_t { constant, variable, linear, product, power, call, select };

struct Operand {
  NodeId node;
  double factor; ///< coefficient in a linear node, exponent in a product, unused elsewhere
};

struct Node {
  Kind kind;
  std::uint8_t code;   ///< Function of a call, Comparison of a select
  std::uint32_t first; ///< of its operands; the index of a variable
  std::uint32_t count;
  NodeId next;         ///< with the same hash
  double value;        ///< of a constant; constant part of a linear node
  [[nodiscard]] Function function() const { return static_cast<Function>(code); }
  [[nodiscard]] Comparison comparison() const { return static_cast<Comparison>(code); }
};

class Graph {
public:
  static constexpr NodeId none = 0xffffffffU;

  explicit Graph(std::size_t limit = Limits{}.nodes);

  // Constructors; all simplify and return an existing node where there is one.
  NodeId constant(double value);
  NodeId variable(std::size_t index);
  NodeId linear(double constant, std::vector<Operand> terms);
  NodeId product(double factor, std::vector<Operand> factors);
  NodeId power(NodeId base, NodeId exponent);
  NodeId call(Function function, NodeId a);
  NodeId call(Function function, NodeId a, NodeId b);
  NodeId select(Comparison comparison, NodeId left, NodeId right, NodeId yes, NodeId no);

  NodeId add(NodeId a, NodeId b) { return linear(0.0, {{a, 1.0}, {b, 1.0}}); }
  NodeId subtract(NodeId a, NodeId b) { return linear(0.0, {{a, 1.0}, {b, -1.0}}); }
  NodeId scale(double factor, NodeId a) { return linear(0.0, {{a, factor}}); }
  NodeId multiply(NodeId a, NodeId b) { return product(1.0, {{a, 1.0}, {b, 1.0}}); }
  NodeId divide(NodeId a, NodeId b) { return product(1.0, {{a, 1.0}, {b, -1.0}}); }
  NodeId integer_power(NodeId a, double n) { return product(1.0, {{a, n}}); }

  [[nodiscard]] const Node& operator[](NodeId id) const { return nodes_[id]; }
  [[nodiscard]] std::span<const Operand> operands(NodeId id) const;
  [[nodiscard]] NodeId operand(NodeId id, std::size_t i) const { return operands_[nodes_[id].first + i].node; }
  [[nodiscard]] bool is_constant(NodeId id) const { return nodes_[id].kind == Kind::constant; }
  [[nodiscard]] bool is_constant(NodeId id, double value) const { return is_constant(id) && nodes_[id].value == value; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] std::size_t stored() const { return nodes_.size() + operands_.size(); }

  /// From now on at most `more` nodes and operands may be added; beyond that std::length_error.
  void allow(std::size_t more) { ceiling_ = stored() + more; }

  /// Ids of everything `roots` need, ascending: children before parents.
  [[nodiscard]] std::vector<NodeId> reachable(std::span<const NodeId> roots) const;
  /// The nodes `roots` need as a graph of their own; `roots` become its ids.
  [[nodiscard]] Graph extract(std::vector<NodeId>& roots) const;
  /// Adds everything of `other` and gives the new id of each of its nodes.
  std::vector<NodeId> import(const Graph& other);

  /// Held by whoever reads or adds nodes of a graph that expressions share.
  [[nodiscard]] std::mutex& mutex() const { return *mutex_; }

private:
  NodeId intern(Kind kind, std::uint8_t code, double value, std::span<const Operand> operands, std::uint32_t index = 0);
  [[nodiscard]] std::vector<NodeId> reachable_of_many(std::span<const NodeId> roots) const;
  NodeId rebuild(const Graph& other, NodeId id, const std::vector<NodeId>& map);

  std::vector<Node> nodes_;
  std::vector<Operand> operands_;
  std::unordered_map<std::uint64_t, NodeId> heads_;
  std::size_t limit_;
  std::size_t ceiling_;
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
};

/// Derivatives by variable, zeros left out.
using Partials = std::vector<std::pair<std::size_t, NodeId>>;

/// All first derivatives of `root` in one reverse sweep; with `only`, the one with respect to that variable.
[[nodiscard]] Partials partials_of(Graph& graph, NodeId root, std::size_t only = static_cast<std::size_t>(-1));

/// The formula in the grammar of expression.hpp.
[[nodiscard]] std::string text_of(const Graph& graph, NodeId root, const std::vector<std::string>& names);

} // namespace driftwell::expression

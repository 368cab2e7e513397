#pragma once
// The program between graph and tape: values in single assignment, then instructions with places.
#include "graph.hpp"
#include "kernels.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace driftwell::expression {

using ValueId = std::uint32_t;

/// A value is an input (op == input_op, argument 0 = the variable) or an instruction on earlier values.
struct Value {
  Op op;
  std::array<ValueId, 4> arguments{};
  double k = 0.0, m = 0.0;
};
constexpr Op input_op = Op::count_;

struct Values {
  std::vector<Value> list;       ///< arguments before users
  std::vector<ValueId> outputs;
};

/// Where a number lives: inputs first, then registers, then outputs.
using Place = std::uint32_t;

struct Instruction {
  Op op;
  Place result;
  std::array<Place, 4> operands{}; ///< unused ones name the result
  double k = 0.0, m = 0.0;
};

struct Program {
  std::vector<Instruction> instructions;
  std::size_t inputs = 0, registers = 0, outputs = 0;
};

/// Common factors pulled out of sums: c1*f*a + c2*f*b -> f*(c1*a + c2*b). Gives the new roots.
[[nodiscard]] std::vector<NodeId> factorise(Graph& graph, const std::vector<NodeId>& roots);
/// Graph -> values with at most two operands each.
[[nodiscard]] Values lower(const Graph& graph, const std::vector<NodeId>& roots);
/// Values used once are folded into superinstructions.
void fuse(Values& values);
/// Order (depth first, to keep few values alive) and places.
[[nodiscard]] Program allocate(const Values& values, std::size_t inputs);

} // namespace driftwell::expression

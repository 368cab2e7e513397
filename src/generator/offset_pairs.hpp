#pragma once
// Pairs of cells a lattice offset apart, and where an offset from a cell ends.
#include "driftwell/grid/grid.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace driftwell {

using Steps = std::array<std::int16_t, 3>;

/// A pair along an offset, from its lower cell.
struct Pair {
  std::int32_t cell;
  Steps steps;
  double weight; ///< measure times weight of the offset
};

/// What an offset from a cell meets.
struct End {
  enum class Kind { cell, reflecting, absorbing } kind;
  std::size_t cell = 0;
  double share = 1; ///< of the offset, up to the wall
  std::size_t axis = 0;
  int side = 0;
};

/// Where cell k plus `sign` times an offset ends.
[[nodiscard]] End end_of(const Grid& grid, std::size_t k, const Steps& steps, int sign);

/// The contributions to a pair become one; pairs sorted by cell.
void merge(std::vector<Pair>& pairs, std::size_t cells);

} // namespace driftwell

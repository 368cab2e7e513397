#pragma once
// The joints of a chain on a grid, whatever their direction.
#include "driftwell/generator/generator.hpp"

#include <array>

namespace driftwell {

/// visit(k, l, rate k -> l, rate l -> k) for every pair of joined cells, once.
template <class Visit> void for_each_link(const Generator& generator, const Visit& visit) {
  generator.rates().for_each_link(visit);
}

/// From the centre of cell k to that of l, the short way around periods.
[[nodiscard]] inline std::array<double, 3> displacement(const Grid& grid, std::size_t k, std::size_t l) {
  std::array<double, 3> step{};
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    const double length = axis.upper - axis.lower;
    step[a] = axis.centre(grid.coordinate(l, a)) - axis.centre(grid.coordinate(k, a));
    // k before l: a period of two cells is gone around forwards, as its edges are
    if (axis.periodic() && step[a] > length / 2) step[a] -= length;
    if (axis.periodic() && step[a] <= -length / 2) step[a] += length;
  }
  return step;
}

} // namespace driftwell

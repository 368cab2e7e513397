#pragma once
// Local minima of a field on a grid, to fourth order in the width of the cells.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <optional>
#include <vector>

namespace driftwell {

struct Minimum {
  std::vector<double> place;
  double value;
  std::size_t cell;
  double depth; ///< of the lowest pass to a deeper one above it; infinity for the deepest
};

/// By value. Cells are watched while a level rises: a pool that overflows into a deeper one after rising by less than `depth` is
/// no minimum of its own (ripples of the grid, flat valleys). Each is then followed to the minimum of the polynomial
/// through the five cells an axis around it, in the index of the cells, so that stretched axes are as good as equal ones.
[[nodiscard]] std::vector<Minimum> local_minima(const Grid& grid, const Eigen::VectorXd& field, double depth);

/// For each of `of` the index of its partner among `among`, none used twice: nearest pairs first.
[[nodiscard]] std::vector<std::optional<std::size_t>> matched(const Grid& grid, const std::vector<Minimum>& of, const std::vector<Minimum>& among);

/// Distance of two points, the short way around periods.
[[nodiscard]] double distance(const Grid& grid, const std::vector<double>& x, const std::vector<double>& y);

} // namespace driftwell

#pragma once
// Advice for what does not fit: the same box with fewer cells.
#include "driftwell/grid/grid.hpp"
#include "grid_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace driftwell::run {

/// "cells = 40 x 30 would fit", the largest grid of the same proportions (in steps of 5 %) with fits(grid), or "Give it more memory".
template <class Fits> std::string fitting_cells(const Grid& grid, const Fits& fits) {
  for (double factor = 0.95; factor > 1e-3; factor *= 0.95) {
    std::vector<Axis> axes = grid.axes();
    for (Axis& axis : axes) axis = axis.with_cells(std::max<std::size_t>(4, 2 * static_cast<std::size_t>(static_cast<double>(axis.cells) * factor / 2)));
    if (const Grid smaller(axes); fits(smaller)) return fmt::format("cells = {} would fit", cells_text(smaller));
  }
  return "Give it more memory";
}

} // namespace driftwell::run

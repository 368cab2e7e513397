#pragma once
// Sums over cells smoothed by a product of Gaussians, axis by axis.
#include "driftwell/grid/grid.hpp"

#include <vector>

namespace driftwell::estimators {

/// Weights exp(-(i h_cell / h)^2 / 2) for i = 0, 1, ... up to 4 widths; 1 alone would be a width of 0.
[[nodiscard]] std::vector<double> gaussian_taps(double width_in_cells, std::size_t cells);
/// 1 up to the width, 0 beyond.
[[nodiscard]] std::vector<double> box_taps(double width_in_cells, std::size_t cells);

/// In place, one axis after the other: v_k <- sum_l taps[|k - l|] v_l.
void smooth(const Grid& grid, const std::vector<std::vector<double>>& taps, double* values);

} // namespace driftwell::estimators

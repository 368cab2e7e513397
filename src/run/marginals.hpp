#pragma once
// Marginals of a density on a tensor grid.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell::run {

/// The density of the axes `kept` (rising), from probabilities of cells: sums over all others, divided by the widths.
[[nodiscard]] std::vector<double> marginal(const Grid& grid, const Eigen::VectorXd& p, const std::vector<std::size_t>& kept);

} // namespace driftwell::run

#pragma once
// Formulas evaluated over the cells of a grid.
#include "driftwell/expression/expression.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell::theorems {

/// Values at the centres, one vector a formula.
[[nodiscard]] std::vector<Eigen::VectorXd> sample_fields(const std::vector<expression::Expression>& formulas, const Grid& grid);
/// The same with the coordinate of cell i along `axis` replaced by at[i].
[[nodiscard]] std::vector<Eigen::VectorXd> sample_fields(const std::vector<expression::Expression>& formulas, const Grid& grid, std::size_t axis, const std::vector<double>& at);

} // namespace driftwell::theorems

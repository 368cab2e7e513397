#pragma once
// First-passage times: Q^T tau = -1.
#include "driftwell/generator/generator.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// Mean time until absorption at the walls, from each cell. Throws NumericalFailure without absorbing walls.
[[nodiscard]] Eigen::VectorXd mean_exit_time(const Generator& generator);

/// Mean time to reach the cells with target[k] true (0 there); walls that absorb count as reached.
[[nodiscard]] Eigen::VectorXd mean_first_passage_time(const Generator& generator, const std::vector<bool>& target);

/// Value at a point of a field given at cell centres: tensor-product cubic Lagrange interpolation.
[[nodiscard]] double interpolate(const Grid& grid, const Eigen::VectorXd& field, const std::vector<double>& point);

} // namespace driftwell

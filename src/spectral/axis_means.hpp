#pragma once
// What a model looks like from one axis.
#include "driftwell/expression/expression.hpp"
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// Values of `outputs` at the nodes; one vector an output.
[[nodiscard]] std::vector<Eigen::VectorXd> sample_nodes(const std::vector<expression::Expression>& outputs, const Grid& grid);

/// The potential of mean force of axis a, -theta log of the marginal of rho_ss: its first and second derivative at the nodes,
///   F = E[d_a f | x_a],   F' = E[d_a^2 f | x_a] - Var[d_a f | x_a] / theta.
struct AxisMeans {
  Eigen::VectorXd force, curvature;
};
[[nodiscard]] AxisMeans axis_means(const Grid& grid, std::size_t a, const Eigen::VectorXd& log_p, const Eigen::VectorXd& slope,
                                   const Eigen::VectorXd& curvature, double theta);

} // namespace driftwell

#pragma once
// What still runs in the steady state: j = J_ss / rho_ss, its divergence, and how it lies to the implicit potential.
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// Fields at the centres; one vector an axis where there is a direction. All zero in detailed balance without absorbing walls.
///   circulation         j = J_ss / rho_ss, from the flows of the links relative to the cell, so that it is right in tails, too
///   divergence          div j: the flows divided by the logarithmic mean of rho_ss at their ends, summed over each cell
///   current_divergence  div(j rho_ss) = -Q p / volume: rounding in a steady state, decay_rate rho with absorbing walls
///   along_gradient      j . grad Phi; in a steady state T div j = j . grad Phi, which grids show to O(h^2)
struct Circulation {
  std::vector<Eigen::VectorXd> circulation;
  Eigen::VectorXd divergence, current_divergence, along_gradient;
};

[[nodiscard]] Circulation circulation(const Generator& generator, const SteadyState& steady);

/// sqrt(E_ss[v^2])
[[nodiscard]] double root_mean_square(const SteadyState& steady, const Eigen::VectorXd& v);

/// d v / d x_axis at the centres: differences of the two neighbours, of three cells at a wall; second order, also on
/// stretched axes.
[[nodiscard]] Eigen::VectorXd central_derivative(const Grid& grid, const Eigen::VectorXd& v, std::size_t axis);

/// How far Phi is from the loss f; both are known up to a constant.
struct PotentialDistance {
  double gradient;    ///< sqrt(E_ss |grad Phi - grad f|^2), from the differences across faces
  double correlation; ///< Pearson's, of Phi and f under rho_ss; NaN where one of them is constant
};
[[nodiscard]] PotentialDistance potential_distance(const Grid& grid, const SteadyState& steady, const Eigen::VectorXd& loss);

} // namespace driftwell

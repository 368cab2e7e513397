#pragma once
// Is a model one for the spectral method, and are there enough points? Found by measuring; throws NotSpectral.
#include "driftwell/spectral/spectral_operator.hpp"

namespace driftwell {

/// div(j rho_ss) = 0 for the force j, and no flow of it through the walls: otherwise exp(-f/theta) is not the steady state.
/// `slope` is grad f at the nodes.
void check_circulation(const Model& model, const Grid& grid, const std::vector<Eigen::VectorXd>& slope, const std::vector<Eigen::VectorXd>& circulation,
                       const Eigen::VectorXd& log_p, double theta);

} // namespace driftwell

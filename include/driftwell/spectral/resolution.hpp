#pragma once
// Are there enough points? Read off the coefficients of expansions along each axis; throws NotSpectral.
#include "driftwell/spectral/spectral_operator.hpp"

#include <Eigen/Core>

#include <string>
#include <vector>

namespace driftwell {

/// sqrt(rho_ss): its coefficients must fall to 1e-3 of the largest, and faster than those of a function with a kink.
void check_steady_state_resolved(const SpectralOperator& L, const std::vector<std::string>& names);

/// The start rho / sqrt(rho_ss): resolved, and not so much wider than the steady state that rounding would swamp the result.
void check_start_resolved(const SpectralOperator& L, const Eigen::VectorXd& p, const std::vector<std::string>& names);

} // namespace driftwell

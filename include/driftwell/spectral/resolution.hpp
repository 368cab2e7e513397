#pragma once
// Are there enough points? Read off the coefficients of expansions along each axis; throws NotSpectral.
#include "driftwell/spectral/spectral_operator.hpp"

#include <Eigen/Core>

#include <string>
#include <vector>

namespace driftwell {

/// sqrt(rho_ss): its coefficients must fall to 1e-3 of the largest, and faster than those of a function with a kink.
void check_steady_state_resolved(const SpectralOperator& L, const std::vector<std::string>& names);

/// The start in the form the operator takes. Where the potential is steep, tails of the law may be so much heavier than the
/// steady state's that rho / sqrt(rho_ss) drowns all else in rounding: there rho / rho_ss is limited, smoothly, at the
/// cost of 1e-11 of the law or what keeps the norm at 1e4, and the law normalised again. `lost` receives the share cut off.
[[nodiscard]] Eigen::VectorXd limited_start(const SpectralOperator& L, const Eigen::VectorXd& p, double& lost);

/// Of the start: at most 1e-9 cut off by limited_start(), and the rest resolved.
void check_start_resolved(const SpectralOperator& L, const Eigen::VectorXd& p, const std::vector<std::string>& names);

} // namespace driftwell

#pragma once
// A density through time on a spectral grid.
#include "driftwell/spectral/spectral_operator.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwell {

struct SpectralReport {
  double error = 0; ///< estimate of the error in time, relative to the distance from the steady state
  std::string summary;
};

/// Called once for every time, in order, with p_k = rho(x_k) w_k.
using SpectralObserve = std::function<void(std::size_t index, const Eigen::VectorXd& p)>;

/// du/dt = L u from p(0) = `initial` (sum 1). The steady state is taken out first, so that the mass stays and late times are
/// accurate relative to what is left. `memory`: bytes for densities kept at the same time. Throws NumericalFailure, Interrupted.
SpectralReport evolve_spectral(const SpectralOperator& L, const Eigen::VectorXd& initial, const std::vector<double>& times, double tolerance,
                               double memory, const SpectralObserve& observe);

} // namespace driftwell

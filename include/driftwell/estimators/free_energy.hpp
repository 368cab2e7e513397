#pragma once
// Free energy of a cloud, its parts, and its distance from a density known up to its integral.
#include "driftwell/estimators/entropy.hpp"

#include <optional>

namespace driftwell::estimators {

/// F = E Phi - T H and, given log Z with rho_ss = exp(-Phi/T) / Z, KL(rho, rho_ss) = -H + E Phi / T + log Z = F / T + log Z.
/// Both parts come from the same particles, so their errors are joint: near the steady state Phi / T and -log rho are nearly
/// equal particle by particle and most of the noise cancels in F. Errors from the sample variance of Phi_i - T xi_i.
/// Where the entropy was estimated at m < n particles, Phi serves as its control variate: H = mean_m xi + c (mean_n Phi -
/// mean_m Phi), c the regression coefficient of xi on Phi.
struct FreeEnergy {
  Estimate mean_potential;    ///< E Phi over all n
  Estimate entropy;           ///< H, with the control variate
  Estimate free_energy;
  std::optional<Estimate> kl; ///< with log Z; its error holds log Z for exact
  double covariance = 0;      ///< of the errors of mean_potential and entropy
  double bias = 0;            ///< estimate of the bias of free_energy: -T times that of the entropy (0 where that is subtracted)
};

/// `potential`: Phi of all n particles (values_on gives it), of which the first entropy.count are the cloud of the entropy.
/// std::invalid_argument for fewer than entropy.count or temperature <= 0; NumericalFailure for values that are not finite.
[[nodiscard]] FreeEnergy free_energy(std::span<const double> potential, const NeighbourEntropy& entropy, double temperature,
                                     std::optional<double> log_partition = {});

} // namespace driftwell::estimators

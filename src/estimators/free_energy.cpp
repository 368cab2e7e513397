#include "driftwell/estimators/free_energy.hpp"

#include "driftwell/core/reduce.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

/// Second moments over the particles of the entropy.
struct Joint {
  double phi, xi;                      // means
  double phi_phi = 0, phi_xi = 0, xi_xi = 0;
};

Joint joint_of(std::span<const double> potential, const NeighbourEntropy& entropy) {
  const std::size_t m = entropy.particles.size();
  std::vector<double> phi(m);
  for (std::size_t q = 0; q < m; ++q) phi[q] = potential[entropy.particles[q]];
  Joint joint{mean_of(phi, "free energy").value, mean_of(entropy.contributions, "free energy").value};
  const auto sums = deterministic_sums<3>(m, [&](std::size_t q) {
    const double u = phi[q] - joint.phi, v = entropy.contributions[q] - joint.xi;
    return std::array<double, 3>{u * u, u * v, v * v};
  });
  const double scale = 1 / static_cast<double>(m - 1);
  joint.phi_phi = scale * sums[0];
  joint.phi_xi = scale * sums[1];
  joint.xi_xi = scale * sums[2];
  return joint;
}

double root(double variance) { return std::sqrt(std::max(0.0, variance)); }

} // namespace

FreeEnergy free_energy(std::span<const double> potential, const NeighbourEntropy& entropy, double temperature, std::optional<double> log_partition) {
  if (potential.size() < entropy.count) throw std::invalid_argument("free energy: one value of the potential a particle is needed");
  if (!(temperature > 0) || !std::isfinite(temperature)) throw std::invalid_argument("free energy: the temperature must be positive");
  const double n = static_cast<double>(potential.size()), m = static_cast<double>(entropy.particles.size()), T = temperature;
  FreeEnergy result;
  result.mean_potential = mean_of(potential, "free energy");
  const Joint joint = joint_of(potential, entropy);
  // With all particles at hand the control variate is 0; without spread of Phi it has no use.
  const double c = m < n && joint.phi_phi > 0 ? joint.phi_xi / joint.phi_phi : 0;
  const double explained = c * joint.phi_xi, H = joint.xi + c * (result.mean_potential.value - joint.phi);
  result.entropy = {H, root((joint.xi_xi - explained) / m + explained / n + entropy.sharing)};
  result.covariance = joint.phi_xi / n;
  // Phi - T xi = (Phi - T c Phi) over n particles, and what Phi does not explain over m; with c = 0 all over n = m.
  const double slope = 1 - T * c, rest = T * T * (joint.xi_xi - explained) / m;
  const double together = c != 0 ? slope * slope * joint.phi_phi / n + rest : (joint.phi_phi - 2 * T * joint.phi_xi) / n + rest;
  result.free_energy = {result.mean_potential.value - T * H, root(together + T * T * entropy.sharing)};
  result.bias = entropy.bias_subtracted ? 0 : -T * entropy.bias.value;
  if (log_partition) result.kl = Estimate{result.free_energy.value / T + *log_partition, result.free_energy.standard_error / T};
  return result;
}

} // namespace driftwell::estimators

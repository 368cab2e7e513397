// Decomposition of the free energy: with Phi = -T log rho_ss + constant, Z = int exp(-Phi/T),
//
//   F(rho) = E_rho[Phi] - T H(rho),   F(rho) - F_ss = T KL(rho | rho_ss),   F_ss = -T log Z
//
// at every time and for every rho. Hypothesis: a steady (with absorbing walls: quasi-stationary) law.
//   (i)   on the grid: E[Phi], H, log Z summed here in extended precision from the probabilities, F and KL from the observables
//   (ii)  in the continuum, where quadrature of the drift knows Phi without the chain (predicted_steady.hpp): E[Phi] and H of the
//         density, log Z of the formulas, KL of the chain's steady state, three grids
//   (iii) of a cloud: E[Phi], H and KL as measured; the KL of merged cells, another estimator, is not above (data processing)
//   (iv)  underdamped: F - T KL is the same at every time
// Chaudhari & Soatto, ICLR 2018, Theorem 5 and equation (9); Jordan, Kinderlehrer & Otto, SIAM J. Math. Anal. 29 (1998) 1.
#include "detail/at_time.hpp"
#include "detail/predicted_steady.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// -log Z of exp(-Phi/T) on the cells.
long double free_energy_of_steady(const Level& level) {
  const double T = level.generator().temperature();
  const VectorXd& phi = level.steady().implicit_potential;
  const double least = phi.minCoeff();
  long double sum = 0;
  for (Index k = 0; k < phi.size(); ++k) sum += static_cast<long double>(level.grid().volume(static_cast<std::size_t>(k))) * std::exp(-(static_cast<long double>(phi[k]) - least) / T);
  return -T * std::log(sum) + static_cast<long double>(least);
}

/// E[Phi], H and the size of their terms, from the probabilities (of the survivors where walls absorb).
struct Parts {
  long double potential = 0, entropy = 0, size = 0, mass = 0;
};
Parts parts_of(const Level& level, const VectorXd& p, const VectorXd& phi) {
  Parts parts;
  for (Index k = 0; k < p.size(); ++k) parts.mass += std::max(p[k], 0.0);
  for (Index k = 0; k < p.size(); ++k) {
    if (!(p[k] > 0)) continue;
    const long double c = p[k] / parts.mass, log_density = std::log(c) - static_cast<long double>(level.grid().log_volume(static_cast<std::size_t>(k)));
    parts.potential += c * static_cast<long double>(phi[k]);
    parts.entropy -= c * log_density;
    parts.size += c * (std::abs(static_cast<long double>(phi[k])) + level.generator().temperature() * (std::abs(log_density) + std::abs(static_cast<long double>(level.steady().log_p[k]))));
  }
  return parts;
}

double roundings(const Level& level) { return epsilon * static_cast<double>(8 + level.grid().size()); }

Claim grid_claim(const Subject& subject) {
  ClaimMaker claim("grid", "F - F_ss = T KL, on the grid", "density", Relation::equal, subject.judgement);
  const Level& level = subject.density().level();
  const double T = level.generator().temperature();
  const long double steady = free_energy_of_steady(level);
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const Parts parts = parts_of(level, level.densities()[i], level.steady().implicit_potential);
    // Eight roundings a term, one for every term of a sum, and what the laws lack to sums of 1.
    const double rounding = roundings(level) * (static_cast<double>(parts.size + std::abs(steady)) + T) + T * std::abs(level.steady().p.sum() - 1);
    claim.compare({static_cast<double>(parts.potential - T * parts.entropy - steady), rounding, 0}, {T * level.observable("kl")[i], rounding, 0}, at_time(level.times()[i]));
  }
  return claim.make();
}

Claim observables_claim(const Subject& subject) {
  ClaimMaker claim("free_energy", "F = E[Phi] - T H, on the grid", "density", Relation::equal, subject.judgement);
  const Level& level = subject.density().level();
  const double T = level.generator().temperature();
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const double rounding = roundings(level) * static_cast<double>(parts_of(level, level.densities()[i], level.steady().implicit_potential).size);
    claim.compare({level.observable("free_energy")[i], rounding, 0}, {level.observable("mean_potential")[i] - T * level.observable("entropy")[i], rounding, 0}, at_time(level.times()[i]));
  }
  return claim.make();
}

/// Phi from the formulas at the centres: what the midpoint leaves of log Z goes with the extrapolation.
Claim continuum_claim(const Subject& subject) {
  ClaimMaker claim("continuum", "E[Phi] - T H + T log Z = T KL, Phi and Z from the drift alone", "density", Relation::equal, subject.judgement);
  const DensityEvidence& density = subject.density();
  const double T = density.model().temperature();
  const FormEvidence e(density);
  const bool gradient = e.gradient().gradient;
  std::string how;
  double rounding = 0;
  std::vector<Measured> left = density.measure([&](const Level& level) {
    const Prediction prediction = predicted_steady(level, level.model(), e.form(), gradient);
    how = prediction.how;
    rounding = std::max(rounding, prediction.rounding);
    VectorXd phi(prediction.log_p.size()); // with Z = 1
    for (Index k = 0; k < phi.size(); ++k) phi[k] = -T * (prediction.log_p[k] - level.grid().log_volume(static_cast<std::size_t>(k)));
    std::vector<double> numbers;
    for (const VectorXd& p : level.densities()) {
      const Parts parts = parts_of(level, p, phi);
      numbers.push_back(static_cast<double>(parts.potential - T * parts.entropy));
    }
    return numbers;
  });
  const std::vector<Measured> kl = density.observable("kl");
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i].error += T * rounding + density.task().tolerance * std::abs(left[i].value);
    claim.compare(left[i], T * kl[i], at_time(density.times()[i]));
  }
  return claim.note("Phi: " + how).refinement(density.refinement()).make();
}

/// F_ss of the cloud's law: from the density where there is one.
std::optional<double> steady_free_energy(const Subject& subject) {
  if (!subject.density_) return std::nullopt;
  return static_cast<double>(free_energy_of_steady(subject.density().level()));
}

Claim cloud_claim(const Subject& subject) {
  ClaimMaker claim("cloud", "E[Phi] - T H - F_ss = T KL, of the cloud", "cloud", Relation::equal, subject.judgement);
  const CloudEvidence& cloud = subject.cloud();
  const double T = subject.model().temperature();
  const auto potential = cloud.series("mean_potential"), entropy = cloud.series("entropy"), kl = cloud.series("kl");
  const std::optional<double> steady = steady_free_energy(subject);
  claim.assume(!potential.empty() && !entropy.empty() && !kl.empty(), "E[Phi], H and KL of the cloud are measured", "an observable does not apply");
  claim.assume(steady.has_value(), "log Z from a density beside the cloud", subject.no_density);
  if (!claim.applies()) return claim.make();
  for (std::size_t i = 0; i < kl.size(); ++i) claim.compare(potential[i] - T * entropy[i] - Measured{*steady, 0, 0}, T * kl[i], at_time(cloud.times()[i]));
  return claim.refinement({"particles", static_cast<double>(cloud.particles()), 0.5}).make();
}

Claim merged_claim(const Subject& subject) {
  ClaimMaker claim("cloud_merged", "E[Phi] - T H - F_ss >= T KL of merged cells, of the cloud", "cloud", Relation::at_least, subject.judgement);
  const CloudEvidence& cloud = subject.cloud();
  const double T = subject.model().temperature();
  const auto potential = cloud.series("mean_potential"), entropy = cloud.series("entropy"), kl = cloud.series("kl_histogram");
  const std::optional<double> steady = steady_free_energy(subject);
  claim.assume(!potential.empty() && !entropy.empty() && !kl.empty(), "E[Phi], H and the histogram's KL are measured", "an observable does not apply");
  claim.assume(steady.has_value(), "log Z from a density beside the cloud", subject.no_density);
  if (!claim.applies()) return claim.make();
  for (std::size_t i = 0; i < kl.size(); ++i) claim.compare(potential[i] - T * entropy[i] - Measured{*steady, 0, 0}, T * kl[i], at_time(cloud.times()[i]));
  return claim.refinement({"particles", static_cast<double>(cloud.particles()), 0.5}).make();
}

Claim kinetic_claim(const Subject& subject) {
  ClaimMaker claim("kinetic", "E[Phi] - T H - T KL is the same at every time, E = f + p^2/2", "kinetic", Relation::equal, subject.judgement);
  const KineticEvidence& kinetic = subject.kinetic();
  const double T = kinetic.temperature();
  const auto potential = kinetic.series("mean_potential"), entropy = kinetic.series("entropy"), kl = kinetic.series("kl");
  double size = 0;
  for (const Measured& m : kl) size = std::max(size, T * std::abs(m.value));
  for (std::size_t i = 0; i + 1 < kl.size(); ++i)
    claim.compare(potential[i] - T * entropy[i] - T * kl[i], potential.back() - T * entropy.back() - T * kl.back(), at_time(kinetic.times()[i]));
  return claim.scale(size).make();
}

class Decomposition : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "F = E[Phi] - T H and F - F_ss = T KL(rho | rho_ss), at every time"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Theorem 5; Jordan, Kinderlehrer & Otto 1998"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims;
    if (subject.density_ || (!subject.cloud_ && !subject.kinetic_)) {
      claims.push_back(grid_claim(subject));
      claims.push_back(observables_claim(subject));
      try {
        claims.push_back(continuum_claim(subject));
      } catch (const NotApplicable& reason) {
        claims.push_back(ClaimMaker("continuum", "E[Phi] - T H + T log Z = T KL, Phi and Z from the drift alone", "density", Relation::equal, subject.judgement)
                             .assume(false, reason.hypothesis, reason.detail).make());
      }
    }
    if (subject.cloud_) {
      claims.push_back(cloud_claim(subject));
      claims.push_back(merged_claim(subject));
    }
    if (subject.kinetic_) claims.push_back(kinetic_claim(subject));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"decomposition", "F = E[Phi] - T H, F - F_ss = T KL", [] { return std::make_unique<theorems::Decomposition>(); }};
} // namespace
} // namespace driftwell

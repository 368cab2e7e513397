// How much of a Boltzmann density lies in which minimum: with noise n (the temperature; for SGD n = eta/(2S), S the batch size) and q dimensions, as
// n -> 0 the basin of a minimum with loss L and Hessian H has the mass
//
//   sqrt((2 pi n)^q / det H) e^(-L/n)                                   (Laplace)
//
// up to the common factor: wide minima win over deep ones above the crossover n* = (L_A - L_B)/ln sqrt(det H_B/det H_A). The density is that of
// dx = -grad L dt + sqrt(2 n sigma^2) dW, -n grad log rho = (grad L + n grad sigma^2)/sigma^2: it is Boltzmann's in int grad L/sigma^2 only where
// |grad sigma^2| << |grad L|/n = 2 S |grad L|/eta, as the condition of their Theorem 1 should read.
// Hypotheses: a potential, no force, D = I; minima inside the box with positive Hessians, cells fine enough for the coldest Gaussian.
// Jastrzebski et al., "Three factors influencing minima in SGD", 2018, Theorem 1 and Corollary; de Bruijn, Asymptotic Methods in Analysis, 4.6.
#include "detail/basins.hpp"
#include "detail/linear_sgd.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

struct Setting {
  const Subject& subject;
  const Level& level;
  Basins basins;
  std::vector<double> temperatures; ///< falling by halves
  Hypothesis cold_enough;
};

std::string at(const Basin& basin) { return fmt::format("minimum ({:.5g})", fmt::join(basin.place, ", ")); }

constexpr double coldest_halvings = 64; ///< the halvings start at most so many times above the coldest temperature: a minimum may be far from a parabola on its way up

/// From where barriers no longer matter, and not far above, down to where the cells no longer resolve the Gaussian.
void choose_temperatures(Setting& s) {
  double barrier = std::numeric_limits<double>::infinity(), curvature = 0, width = 0, lowest = s.level.loss().minCoeff(), highest = s.level.loss().maxCoeff();
  for (std::size_t i = 0; i < s.basins.size(); ++i) {
    barrier = std::min(barrier, s.basins[i].barrier);
    curvature = std::max(curvature, s.basins[i].largest_curvature);
  }
  for (const Axis& axis : s.level.grid().axes()) width = std::max(width, axis.spacing());
  const double coldest = curvature * width * width, warmest = std::min(std::min(barrier, highest - lowest) / 24, coldest_halvings * coldest);
  for (double T = warmest; T >= coldest; T /= 2) s.temperatures.push_back(T);
  const bool met = s.temperatures.size() >= 3;
  s.cold_enough = {met ? Hypothesis::State::met : Hypothesis::State::failed, "cells that resolve the minima at a 96th of the lowest barrier",
                   fmt::format("barrier {:.4g}; cells of {:.3g} resolve temperatures down to {:.2g}", barrier, width, coldest)};
}

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement) {
  ClaimMaker claim(name, statement, "density", Relation::equal, s.subject.judgement);
  return claim.assume(s.level.grid().uniform(), "equal cells");
}

/// Laplace's integral at T.
double laplace(const Basin& basin, double T, double q) { return std::exp(q / 2 * std::log(2 * M_PI * T) - basin.log_determinant / 2); }

double q_of(const Setting& s) { return static_cast<double>(s.level.grid().dimension()); }

/// The steady state of the chain against exp(-f/T) summed up here.
Claim steady_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "masses", "mass of each basin in rho_ss = its share of int exp(-f/T)");
  if (!claim.applies()) return claim.make();
  const double T = s.level.model().temperature(), deepest = s.basins[0].loss;
  std::vector<double> right;
  double total = 0;
  for (std::size_t i = 0; i < s.basins.size(); ++i) total += right.emplace_back(s.basins.integral(i, T) * std::exp(-(s.basins[i].loss - deepest) / T));
  const std::vector<double> left = s.basins.masses(s.level.steady().p);
  for (std::size_t i = 0; i < left.size(); ++i) claim.compare({left[i], 1e-12, 0}, {right[i] / total, 1e-12, 0}, at(s.basins[i]));
  return claim.make();
}

Claim laplace_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "laplace", "int of exp(-(f - L)/n) over the basin / sqrt((2 pi n)^q/det H) -> 1 as n -> 0");
  claim.assume(s.cold_enough);
  if (!claim.applies()) return claim.make();
  for (std::size_t i = 0; i < s.basins.size(); ++i) {
    std::vector<double> ratios;
    for (const double T : s.temperatures) ratios.push_back(s.basins.integral(i, T) / laplace(s.basins[i], T, q_of(s)));
    const double quadrature = s.basins.quadrature_error(i, s.temperatures.back());
    claim.compare(limit_of_halvings(ratios) + Measured{0, 9 * quadrature, 0}, {1, 0, 0}, at(s.basins[i]));
  }
  return claim.make();
}

/// ln of the ratio of the masses of basins a and b at T.
double log_ratio(const Setting& s, std::size_t a, std::size_t b, double T) {
  return std::log(s.basins.integral(a, T) / s.basins.integral(b, T)) - (s.basins[a].loss - s.basins[b].loss) / T;
}

/// The temperature in [low, high] where both basins have the same mass; none where the sign does not change.
std::optional<double> crossing(const Setting& s, std::size_t a, std::size_t b, double low, double high) {
  if (!(log_ratio(s, a, b, low) * log_ratio(s, a, b, high) < 0)) return {};
  const bool falling = log_ratio(s, a, b, low) > 0;
  for (int k = 0; k < 200 && high - low > 1e-14 * high; ++k) {
    const double middle = (low + high) / 2;
    ((log_ratio(s, a, b, middle) > 0) == falling ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// ln(integral/Laplace) = c T + e T^2 + ...: c and e as T -> 0.
std::pair<double, double> corrections(const Setting& s, std::size_t i) {
  std::vector<double> slopes, second;
  for (const double T : s.temperatures) slopes.push_back(std::log(s.basins.integral(i, T) / laplace(s.basins[i], T, q_of(s))) / T);
  for (std::size_t k = 0; k + 1 < slopes.size(); ++k) second.push_back((slopes[k] - slopes[k + 1]) / s.temperatures[k + 1]);
  return {limit_of_halvings(slopes).value, limit_of_halvings(second).value};
}

/// n with dL/n = gain + c n + e n^2, near dL/gain.
double crossover_at(double dL, double gain, double c, double e) {
  double n = dL / gain;
  for (int k = 0; k < 200; ++k) n = dL / (gain + c * n + e * n * n);
  return n;
}

/// Of the deepest minimum and the most massive rival that is wider.
Claim crossover_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "crossover", "the basins weigh the same at n* = (L_A - L_B)/ln sqrt(det H_B/det H_A) (1 + O(n*))");
  claim.assume(s.basins.size() >= 2, "two minima");
  claim.assume(s.cold_enough);
  if (!claim.applies()) return claim.make();
  bool any = false;
  for (std::size_t a = 1; a < s.basins.size(); ++a) {
    const double dL = s.basins[a].loss - s.basins[0].loss, gain = (s.basins[0].log_determinant - s.basins[a].log_determinant) / 2;
    if (!(dL > 0 && gain > 1e-9)) continue;
    const double n = dL / gain, barrier = std::min(s.basins[a].barrier, s.basins[0].barrier);
    if (!(n < barrier / 6 && n > s.temperatures.back())) continue;
    any = true;
    const auto found = crossing(s, a, 0, n / 3, 3 * n);
    // Two corrections of Laplace's formula; the error bar is what the second one changes.
    const auto [c_a, e_a] = corrections(s, a);
    const auto [c_0, e_0] = corrections(s, 0);
    const double corrected = crossover_at(dL, gain, c_a - c_0, e_a - e_0), left_out = std::abs(corrected - crossover_at(dL, gain, c_a - c_0, 0)) + n * std::exp(-barrier / n);
    claim.compare({found.value_or(std::nan("")), 1e-9, 0}, {corrected, left_out, 0}, fmt::format("{} and {}, n* = {:.8g}", at(s.basins[a]), at(s.basins[0]), n));
  }
  return claim.assume(any, "a shallower minimum that is wider, with n* between what the cells resolve and a sixth of the barrier").make();
}

/// d log rho_ss/dx at x on a grid of one axis, from the cubic through the four nearest centres.
double slope_at(const Level& level, double x) {
  const Axis& axis = level.grid().axis(0);
  const auto n = static_cast<std::ptrdiff_t>(axis.cells);
  auto first = static_cast<std::ptrdiff_t>(axis.cell_of(x)) - (x < axis.centre(axis.cell_of(x)) ? 2 : 1);
  first = std::clamp<std::ptrdiff_t>(first, 0, n - 4);
  double slope = 0;
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    const double xi = axis.centre(static_cast<std::size_t>(first + i));
    double weight = 0;
    for (std::ptrdiff_t j = 0; j < 4; ++j) {
      if (j == i) continue;
      double product = 1 / (xi - axis.centre(static_cast<std::size_t>(first + j)));
      for (std::ptrdiff_t k = 0; k < 4; ++k)
        if (k != i && k != j) product *= (x - axis.centre(static_cast<std::size_t>(first + k))) / (xi - axis.centre(static_cast<std::size_t>(first + k)));
      weight += product;
    }
    const auto cell = static_cast<std::size_t>(first + i);
    slope += weight * (level.steady().log_p[static_cast<Index>(cell)] - level.grid().log_volume(cell));
  }
  return slope;
}

/// One variable, noise sigma^2(x): the drift that the density stands for, with and without the gradient of sigma^2.
Claim noise_claim(const Subject& subject, bool printed) {
  const DensityEvidence& density = subject.density();
  const Model& model = density.model();
  ClaimMaker claim(printed ? "slow_noise" : "noise_gradient", printed ? "-n sigma^2 grad log rho_ss = grad L: Boltzmann's density in int grad L/sigma^2" : "-n sigma^2 grad log rho_ss = grad L + n grad sigma^2", "density",
                   Relation::equal, subject.judgement);
  if (printed) claim.as_printed();
  const Axis& axis = density.level().grid().axis(0);
  claim.assume(model.dimension() == 1, "one variable");
  claim.assume(model.dimension() == 1 && model.diffusion(0, 0).depends_on(0), "noise that depends on x");
  claim.assume(!model.has_force() && model.interpretation() == Interpretation::ito, "gradient descent with Ito noise");
  claim.assume(!axis.periodic() && axis.cells >= 32 && !density.level().grid().absorbing(), "reflecting walls");
  if (!claim.applies()) return claim.make();
  const expression::Tape tape({model.gradient(0), model.diffusion(0, 0), model.diffusion(0, 0).derivative(0)}, 1);
  std::vector<double> places;
  for (int i = 1; i < 8; ++i) places.push_back(axis.lower + (axis.upper - axis.lower) * (0.1 + 0.8 * i / 8));
  const std::vector<Measured> slopes = density.measure([&](const Level& level) {
    std::vector<double> values;
    for (const double x : places) values.push_back(slope_at(level, x));
    return values;
  });
  const double T = model.temperature();
  double worst = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::vector<double> v = tape(std::vector<double>{places[i]});
    claim.compare(-T * v[1] * slopes[i], {v[0] + (printed ? 0 : T * v[2]), 1e-13, 0}, fmt::format("x = {:.5g}", places[i]));
    if (v[0] != 0) worst = std::max(worst, T * std::abs(v[2] / v[0]));
  }
  if (printed) claim.note(fmt::format("the condition |grad sigma^2| << |grad L|/n is broken or kept as {:.3g} << 1 says", worst));
  return claim.refinement(density.refinement()).make();
}

class Jastrzebski : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "as the noise n falls, a minimum holds the mass sqrt((2 pi n)^q/det H) e^(-L/n): wide ones win above n* = dL/ln sqrt(det H_B/det H_A)"; }
  [[nodiscard]] std::string source() const override { return "Jastrzebski et al. 2018, Theorem 1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims = boltzmann_claims(subject);
    for (const bool printed : {false, true}) claims.push_back(noise_claim(subject, printed));
    return claims;
  }

private:
  static std::vector<Claim> boltzmann_claims(const Subject& subject) {
    const DensityEvidence& density = subject.density();
    std::vector<Claim> claims;
    const Model& model = density.model();
    ClaimMaker boltzmann("laplace", "int of exp(-(f - L)/n) over the basin / sqrt((2 pi n)^q/det H) -> 1", "density", Relation::equal, subject.judgement);
    boltzmann.assume(model.has_potential() && !model.has_force() && gibbs_on(model, density.level().generator()), "a Boltzmann density exp(-f/T)", "a force, a tilt around a period, noise that is no thermal bath, or absorbing walls");
    if (!boltzmann.applies()) {
      claims.push_back(boltzmann.make());
      return claims;
    }
    std::optional<Setting> setting;
    try {
      setting.emplace(Setting{subject, density.level(), Basins(density.level()), {}, {}});
    } catch (const NotApplicable& reason) {
      claims.push_back(boltzmann.assume(false, reason.hypothesis, reason.detail).make());
      return claims;
    }
    choose_temperatures(*setting);
    for (const auto make : {laplace_claim, steady_claim, crossover_claim}) claims.push_back(make(*setting));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"jastrzebski", "how much mass wide and deep minima hold", [] { return std::make_unique<theorems::Jastrzebski>(); }};
} // namespace
} // namespace driftwell

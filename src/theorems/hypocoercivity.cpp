// Hypocoercivity: the underdamped equation dq = p dt, dp = (-f'(q) - gamma p) dt + sqrt(2 gamma T) dW has noise in p alone, so
//
//   dKL(rho | rho_ss)/dt = -gamma T int rho |d_p log(rho/rho_ss)|^2 dq dp
//
// which vanishes wherever rho/rho_ss does not depend on p, though KL > 0: no c > 0 has dKL/dt <= -c KL, and KL falls as a staircase.
// It falls all the same, at last like exp(-2 lambda t), lambda = -Re of the slowest eigenvalue; of f = omega^2 q^2/2
//
//   lambda = gamma/2 for gamma <= 2 omega,   (gamma - sqrt(gamma^2 - 4 omega^2))/2 above.
//
// Hypotheses: an underdamped equation; for the formula, f quadratic and no drive; for the missing coercivity, a start with momenta
// from Maxwell's law (dissipation 0 at t = 0), or a slowest mode that oscillates.
// Villani, Hypocoercivity, Mem. AMS 202 (2009), section 1.1; Risken, The Fokker-Planck Equation, 1989, section 10.2.
#include "detail/at_time.hpp"
#include "detail/pooled.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

std::vector<Measured> series(const KineticEvidence& kinetic, const std::string& name) {
  std::vector<Measured> result = kinetic.series(name);
  floor_at_largest(result);
  return result;
}

/// Eigenvalues come out of a solver: their rounding is that of the largest part.
Measured eigenvalue(const Measured& part, const KineticEvidence::Mode& mode) {
  const double size = std::hypot(mode.real.value, mode.imaginary.value);
  return {part.value, std::max({part.error, mode.real.error, mode.imaginary.error, 1e-13 * size}), 0};
}

/// A start that does not vanish at a reflecting wall has a jump there, of rho(q, p) beside rho(q, -p).
Hypothesis away_from_walls(const KineticEvidence& kinetic) {
  const double share = kinetic.start_at_walls();
  return {share <= std::numeric_limits<double>::epsilon() ? Hypothesis::State::met : Hypothesis::State::failed, "the start vanishes at the walls, to rounding",
          fmt::format("there it is {:.2g} of its largest value", share)};
}

Claim dissipation_claim(const KineticEvidence& kinetic, const Judgement& judgement) {
  ClaimMaker claim("dissipation", "dKL/dt = -gamma T int rho |d_p log(rho/rho_ss)|^2", "kinetic", Relation::equal, judgement);
  claim.assume(away_from_walls(kinetic));
  if (!claim.applies()) return claim.make();
  const auto rate = series(kinetic, "dissipation"), information = series(kinetic, "fisher_information");
  for (std::size_t i = 0; i < rate.size(); ++i)
    claim.compare(rate[i], -kinetic.friction() * kinetic.temperature() * information[i], at_time(kinetic.times()[i]));
  return claim.make();
}

Claim monotone_claim(const KineticEvidence& kinetic, const Judgement& judgement) {
  ClaimMaker claim("monotone", "KL(t) <= KL(s), s < t", "kinetic", Relation::at_most, judgement);
  const auto kl = series(kinetic, "kl");
  for (std::size_t i = 1; i < kl.size(); ++i)
    claim.compare(kl[i], kl[i - 1], fmt::format("from t = {:.6g} to {:.6g}", kinetic.times()[i - 1], kinetic.times()[i]));
  return claim.make();
}

/// Boole's rule on five equidistant times, and by how much it differs from Simpson's; from Simpson's on three of them where the trapezoidal rule does not yet
/// converge like h^2 (orders from 1.5 to 2.5 pass): steps that long say nothing of the next order.
Measured integral_of(const std::vector<Measured>& rate, std::size_t first, double h) {
  constexpr double boole[5] = {14.0 / 45, 64.0 / 45, 24.0 / 45, 64.0 / 45, 14.0 / 45};
  Measured sum{0, 0, 0};
  for (std::size_t i = 0; i < 5; ++i) sum = sum + h * boole[i] * rate[first + i];
  const auto r = [&](std::size_t i) { return h * rate[first + i].value; };
  const double ends = r(0) + r(4), one = 2 * ends, two = ends + 2 * r(2), four = ends / 2 + r(1) + r(2) + r(3);
  const double simpson_of_three = two + (two - one) / 3, simpson_of_five = four + (four - two) / 3, ratio = (two - one) / (four - two);
  sum.error += std::abs((ratio > 2.8 && ratio < 5.7 ? sum.value : simpson_of_three) - simpson_of_five);
  return sum;
}

/// The series against its rate, over stretches of four equal steps that resolve it.
Claim series_claim(const KineticEvidence& kinetic, const Judgement& judgement) {
  ClaimMaker claim("series", "KL(s) - KL(t) = gamma T int_s^t int rho |d_p log(rho/rho_ss)|^2", "kinetic", Relation::equal, judgement);
  const std::vector<double>& t = kinetic.times();
  const auto kl = series(kinetic, "kl"), information = series(kinetic, "fisher_information");
  std::size_t compared = 0;
  for (std::size_t i = 0; i + 4 < t.size(); i += 4) {
    const double h = (t[i + 4] - t[i]) / 4;
    bool equal = true;
    for (std::size_t j = 1; j < 4; ++j) equal = equal && std::abs(t[i + j] - t[i] - static_cast<double>(j) * h) < 1e-9 * h;
    if (!equal) continue;
    const Measured lost = kinetic.friction() * kinetic.temperature() * integral_of(information, i, h);
    if (lost.error > judgement.precision * kl[0].value / 2) continue; // steps too long for the rule
    claim.compare(kl[i] - kl[i + 4], lost, fmt::format("from t = {:.6g} to {:.6g}", t[i], t[i + 4]));
    ++compared;
  }
  claim.assume(compared > 0, "equal steps between outputs that resolve the rate").scale(kl.empty() ? 0 : kl[0].value);
  return claim.make();
}

/// The least rate of the series is below the last one: no inequality dKL/dt <= -c KL gives the decay that there is.
Claim staircase_claim(const KineticEvidence& kinetic, const Judgement& judgement) {
  ClaimMaker claim("staircase", "min_t |dKL/dt| / KL < 2 lambda: KL stands still where it decays all the same", "kinetic", Relation::above, judgement);
  const auto rate = series(kinetic, "dissipation"), kl = series(kinetic, "kl");
  const auto modes = kinetic.modes(1);
  claim.assume(!modes.empty(), "a slowest mode");
  if (!claim.applies()) return claim.make();
  const bool turns = std::abs(modes[0].imaginary.value) > modes[0].imaginary.error;
  const bool flat = !rate.empty() && std::abs(rate[0].value) <= rate[0].error + judgement.precision * 2 * std::abs(modes[0].real.value) * kl[0].value;
  claim.assume(turns || flat, "momenta that start in Maxwell's law, or a slowest mode that oscillates",
               fmt::format("dKL/dt = {:.3g} at t = 0, Im = {:.3g}", rate.empty() ? 0.0 : rate[0].value, modes[0].imaginary.value));
  if (!claim.applies()) return claim.make();
  std::size_t least = rate.size();
  double share = 0;
  for (std::size_t i = 0; i < rate.size(); ++i) {
    if (!(kl[i].value > 10 * kl[i].error)) continue;
    const double own = -rate[i].value / kl[i].value;
    if (least == rate.size() || own < share) least = i, share = own;
  }
  claim.assume(least < rate.size(), "a KL above its error");
  if (!claim.applies()) return claim.make();
  return claim.compare(-2.0 * modes[0].real, -1.0 * (rate[least] / kl[least]), "2 lambda, beside the least rate, at " + at_time(kinetic.times()[least])).make();
}

/// omega^2 where f is quadratic and nothing drives.
Claim gap_claim(const Subject& subject) {
  ClaimMaker claim("gap", "lambda = gamma/2, or (gamma - sqrt(gamma^2 - 4 omega^2))/2 for gamma > 2 omega", "kinetic", Relation::equal, subject.judgement);
  const KineticEvidence& kinetic = subject.kinetic();
  const Model& model = subject.model();
  const Expression curvature = model.dimension() == 1 ? model.gradient(0).derivative(0) : Expression(0.0);
  claim.assume(model.dimension() == 1 && curvature.is_constant() && curvature.constant() > 0, "f is quadratic, f'' > 0").assume(!model.has_force(), "no drive");
  if (!claim.applies()) return claim.make();
  claim.assume(kinetic.wall_density() < 1e-12, "walls are not felt", fmt::format("there rho_ss is {:.2g} of its largest value", kinetic.wall_density()));
  const auto modes = kinetic.modes(1);
  claim.assume(!modes.empty(), "a slowest mode");
  if (!claim.applies()) return claim.make();
  const double gamma = kinetic.friction(), w2 = curvature.constant(), under = gamma * gamma / 4 - w2;
  claim.compare(-1.0 * eigenvalue(modes[0].real, modes[0]), {under > 0 ? 2 * w2 / (gamma + 2 * std::sqrt(under)) : gamma / 2, 0, 0}, fmt::format("gamma = {:.6g}, omega^2 = {:.6g}", gamma, w2));
  if (under < 0) claim.compare(abs(eigenvalue(modes[0].imaginary, modes[0])), {std::sqrt(-under), 0, 0}, "its imaginary part");
  return claim.make();
}

class Hypocoercivity : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "underdamped: dKL/dt = -gamma T int rho |d_p log(rho/rho_ss)|^2, which can vanish; KL decays as a staircase"; }
  [[nodiscard]] std::string source() const override { return "Villani 2009, section 1.1; Risken 1989, section 10.2"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const KineticEvidence& kinetic = subject.kinetic();
    return {dissipation_claim(kinetic, subject.judgement), monotone_claim(kinetic, subject.judgement), series_claim(kinetic, subject.judgement),
            staircase_claim(kinetic, subject.judgement), gap_claim(subject)};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"hypocoercivity", "underdamped: KL falls as a staircase, at rates that vanish", [] { return std::make_unique<theorems::Hypocoercivity>(); }};
} // namespace
} // namespace driftwell

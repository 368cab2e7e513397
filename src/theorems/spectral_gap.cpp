// Spectral gap: in a chain with slowest eigenvalue lambda_1 (0 left out), and a start with a part along its mode,
//
//   KL(t) -> (1/2) E_ss[|Re sum_i c_i h_i e^{lambda_i t}|^2],   so  -d log KL / dt -> 2 |Re lambda_1|        c_i = l_i . p_0, h_i = r_i / p_ss
//
// the sum over the modes that are as slow; where lambda_1 is complex the slope is that between times that are whole half periods pi / |Im lambda_1|
// apart. With g the gap of the reversible part of the chain (the Poincare constant of rho_ss times T), at all times
//
//   chi^2(t) <= e^{-2 g t} chi^2(0),      |Re lambda_1| >= g,
//
// with equality in detailed balance: a circulation never slows relaxation.
// Bakry, Gentil & Ledoux, Analysis and Geometry of Markov Diffusion Operators, section 4.2; Hwang, Hwang-Ma & Sheu, Ann. Appl. Probab. 15 (2005) 1433, Theorem 1.
#include "detail/affordable.hpp"
#include "detail/chain_hypotheses.hpp"
#include "detail/law_distances.hpp"
#include "detail/reversible_part.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

namespace {

constexpr std::size_t mode_count = 8;
constexpr double latest = 22;         ///< e-foldings of the slowest mode that leave the KL far from rounding
constexpr double same_rate = 1e-3;    ///< relative: modes that decay together, as far as `latest` e-foldings tell; how far apart they are counts as an error
constexpr double no_frequency = 1e-6; ///< relative to the rate
constexpr double hidden_start = 1e-6; ///< share of the start where the modes are not known that is too much

/// The modes as slow as the first one, and times of equal distance at which they are looked at; slopes are taken over `steps` of them.
struct SlowPart {
  Eigenvalue first;
  std::size_t modes = 1;
  double spread = 0; ///< the fastest of them decays so much faster than the first
  double next = std::numeric_limits<double>::infinity(); ///< rate of the first faster one
  bool one_frequency = true, too_slow_a_turn = false;
  double window = 0; ///< over which slopes are taken
  std::size_t steps = 1;
  std::vector<double> times{};

  /// Of all of them together.
  [[nodiscard]] Measured rate() const { return {first.rate.value + spread / 2, first.rate.error + spread / 2, 0}; }
  [[nodiscard]] double separation() const { return std::min(next - first.rate.value - spread, first.rate.value); }
  [[nodiscard]] double step() const { return window / static_cast<double>(steps); }
  /// Of what faster modes change in a step, the sum over all later ones.
  [[nodiscard]] double remainder() const {
    const double ratio = std::exp(-separation() * step());
    return std::max(1.0, ratio / (1 - ratio));
  }
};

SlowPart slow_part(const Level& level) {
  const Eigenmodes& modes = level.modes(std::min(mode_count, level.grid().size() - 2));
  SlowPart s{eigenvalue_of(level, modes, 0)};
  const double rate = s.first.rate.value;
  while (s.modes < modes.values.size() && -modes.values[s.modes].real() <= rate * (1 + same_rate) + s.first.rate.error) {
    s.one_frequency = s.one_frequency && std::abs(std::abs(modes.values[s.modes].imag()) - s.first.frequency) <= same_rate * rate;
    s.spread = std::max(0.0, -modes.values[s.modes].real() - rate);
    ++s.modes;
  }
  if (s.modes < modes.values.size()) s.next = -modes.values[s.modes].real();
  // Windows of whole half periods, steps long enough for faster modes to fall to half.
  const double step = std::max(1 / rate, std::log(2.0) / s.separation());
  s.window = step;
  const double half = M_PI / s.first.frequency;
  s.too_slow_a_turn = s.first.frequency > no_frequency * rate && !(rate * half < 0.75 * latest);
  if (s.first.frequency > no_frequency * rate && !s.too_slow_a_turn) {
    s.window = std::max(1.0, std::floor(2 / (rate * half))) * half;
    s.steps = static_cast<std::size_t>(std::max(1.0, std::round(s.window / step)));
  }
  s.times = {0};
  while (rate > 0 && s.times.size() < 40 && (s.times.back() * rate < latest || s.times.size() < s.steps + 3)) s.times.push_back(static_cast<double>(s.times.size()) * s.step());
  return s;
}

/// l_i . p_0. Where rho_ss is next to nothing the computed l_i is rounding; what starts there is left out and counts as an error.
struct Amplitude {
  std::complex<double> c;
  double error = 0, hidden = 0; ///< hidden: that share of the start
};
Amplitude amplitude_of(const Level& level, const Eigenmodes& modes, std::size_t i) {
  const Eigen::VectorXd start = level.initial(), &p = level.steady().p;
  const double least = 1e-25 * p.maxCoeff();
  Amplitude sum;
  double largest = 0;
  for (Eigen::Index k = 0; k < p.size(); ++k) {
    const std::complex<double> l = modes.left(k, static_cast<Eigen::Index>(i));
    if (p[k] > least) sum.c += l * start[k], largest = std::max(largest, std::abs(l));
    else sum.hidden += start[k];
  }
  sum.error = sum.hidden * largest;
  return sum;
}

std::vector<Hypothesis> slow_hypotheses(const Level& level, const SlowPart& s) {
  using State = Hypothesis::State;
  const Eigenmodes& modes = level.modes(1);
  double amplitude = 0;
  for (std::size_t i = 0; i < s.modes; ++i) amplitude += std::norm(amplitude_of(level, modes, i).c);
  amplitude = std::sqrt(amplitude);
  std::vector<Hypothesis> result = chain_hypotheses(level);
  result.push_back({s.first.rate.value > 0 ? State::met : State::failed, "the chain has a gap", s.first.rate.value > 0 ? "" : fmt::format("the slowest rate is {:.3g}", s.first.rate.value)});
  result.push_back({amplitude > 1e-10 ? State::met : State::failed, "the start has a part along the slowest mode", amplitude > 1e-10 ? "" : fmt::format("|l_1 . p_0| = {:.1e}", amplitude)});
  const bool clear = s.one_frequency && !s.too_slow_a_turn && s.window * s.first.rate.value < 0.75 * latest;
  result.push_back({clear ? State::met : State::open, "the slowest modes turn with one frequency, fast enough to be seen before rounding",
                    clear ? "" : fmt::format("rate {:.3g}, frequency {:.3g}, {} modes as slow", s.first.rate.value, s.first.frequency, s.modes)});
  return result;
}

/// KL and what the propagator leaves open of it: |d KL| <= |dp|_1 max |log p/p_ss|.
Measured late_kl(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  double largest = 0;
  for (Eigen::Index k = 0; k < state.c.size(); ++k)
    if (state.c[k] > 0) largest = std::max(largest, std::abs(state.log_ratio[k]));
  Measured kl = kl_of_cells(level, time);
  kl.error += level.time_errors()[time] * largest;
  return kl;
}

/// Faster modes may turn, too: a difference alone can be small by chance, so the largest of the last few counts.
constexpr std::size_t looked_back = 3;

/// log KL at all the times.
std::vector<Measured> log_series(const Level& late, const SlowPart& s) {
  std::vector<Measured> result;
  for (std::size_t i = 0; i < s.times.size(); ++i) result.push_back(log(late_kl(late, i)));
  return result;
}

/// The slope of log KL over the window that ends at times[i], and how it differs from those up to three steps before, and from later ones by more than
/// their digits: a slope that first falls and then rises stands still in between.
Measured slope_of(const std::vector<Measured>& log_kl, const SlowPart& s, std::size_t i) {
  const auto over_window = [&](std::size_t j) { return (1 / s.window) * (log_kl[j - s.steps] - log_kl[j]); };
  Measured slope = over_window(i);
  double change = 0, later = 0;
  for (std::size_t j = 1; j <= looked_back && i >= s.steps + j; ++j) change = std::max(change, std::abs(slope.value - over_window(i - j).value));
  for (std::size_t j = i + 1; j < s.times.size(); ++j) {
    const Measured other = over_window(j);
    if (std::isfinite(other.error)) later = std::max(later, std::abs(slope.value - other.value) - other.error);
  }
  slope.error += std::max(s.remainder() * change, later);
  return slope;
}

/// KL e^{2 |Re lambda| t} at times[i], and how it differs from those up to three windows before, at the same phase.
Measured prefactor_seen(const Level& late, const SlowPart& s, std::size_t i) {
  const auto at = [&](std::size_t j) { return late_kl(late, j) * exp(2 * s.times[j] * s.first.rate); };
  const double ratio = std::exp(-s.separation() * s.window);
  Measured value = at(i);
  double change = 0;
  for (std::size_t j = 1; j <= looked_back && i >= j * s.steps; ++j) change = std::max(change, std::abs(value.value - at(i - j * s.steps).value));
  value.error += std::max(1.0, ratio / (1 - ratio)) * change;
  return value;
}

/// Late enough for faster modes to have gone, early enough for KL to have digits: the time with the smallest error.
template <class Number> std::size_t clearest(const SlowPart& s, std::size_t first, const Number& number) {
  std::size_t best = first;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = first; i < s.times.size(); ++i)
    if (const Measured m = number(i); m.error < least * std::abs(m.value)) least = m.error / std::abs(m.value), best = i;
  return best;
}

/// The limit of fine grids of values that have errors of their own: the finest one's is added.
Measured over_grids(const DensityEvidence& evidence, const std::function<Measured(const Level&)>& number) {
  Measured result = evidence.measure_one([&](const Level& level) { return number(level).value; });
  result.error += number(evidence.level()).error;
  return result;
}

/// Slow modes of one grid and the density at their times.
struct LateTimes {
  SlowPart slow;
  std::shared_ptr<const DensityEvidence> evidence;
  std::size_t index; ///< of the grid
  std::vector<Measured> log_kl;

  [[nodiscard]] const Level& level() const { return evidence->level(index); }
  [[nodiscard]] std::size_t clearest_slope() const {
    // Two earlier windows at least: of one change alone one cannot tell how fast it falls.
    return clearest(slow, slow.steps + 2, [&](std::size_t j) { return slope(j); });
  }
  [[nodiscard]] Measured slope(std::size_t i) const { return slope_of(log_kl, slow, i); }
};
LateTimes late_times(const DensityEvidence& evidence, std::size_t index) {
  const SlowPart s = slow_part(evidence.level(index));
  const std::shared_ptr<const DensityEvidence> late = evidence.with_times(s.times, 1e-12);
  return {s, late, index, log_series(late->level(index), s)};
}

/// Every grid is looked at after half periods of its own.
Measured slope_limit(const DensityEvidence& evidence, const LateTimes& finest) {
  const Measured fine = finest.slope(finest.clearest_slope());
  double coarse[2] = {std::nan(""), std::nan("")}, own = fine.error;
  for (std::size_t i = 1; i < evidence.levels(); ++i) {
    try {
      const LateTimes late = late_times(evidence, i);
      const Measured slope = late.slope(late.clearest_slope());
      if (!(slope.error < 1e-2 * slope.value)) break; // its modes are not those of the fine one, or come too close
      coarse[i - 1] = slope.value;
      own += slope.error;
    } catch (const Error&) { // a coarse grid may miss what the fine one shows
      break;
    } catch (const DomainError&) {
      break;
    }
  }
  Measured limit = limit_of(fine.value, coarse[0], coarse[1]);
  limit.error += own;
  return limit;
}

/// On the finest grid, where the theorem is exact for the chain.
Claim slope_claim(const Subject& subject, const LateTimes& late, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("late_slope", "-d log KL / dt -> 2 |Re lambda_1|, both of the chain on the grid", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  if (!claim.applies()) return claim.make();
  const SlowPart& s = late.slow;
  const std::size_t i = late.clearest_slope();
  claim.compare(late.slope(i), 2 * s.rate(), fmt::format("t = {:.4g} to {:.4g}", s.times[i - s.steps], s.times[i]));
  return claim.make();
}

Claim limit_claim(const Subject& subject, const LateTimes& late, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("late_slope_limit", "-d log KL / dt -> 2 |Re lambda_1|, both in the limit of fine grids", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  claim.refinement(subject.density().refinement());
  if (!claim.applies()) return claim.make();
  const DensityEvidence& evidence = subject.density();
  Measured rate = over_grids(evidence, [](const Level& level) { return eigenvalue_of(level, level.modes(1), 0).rate; });
  rate.error += late.slow.spread;
  claim.compare(slope_limit(evidence, late), 2 * rate);
  if (late.slow.first.frequency > no_frequency * rate.value) {
    const Measured frequency = evidence.measure_one([](const Level& level) { return eigenvalue_of(level, level.modes(1), 0).frequency; });
    claim.note(fmt::format("lambda_1 = -{:.9g} +- {:.9g} i", rate.value, frequency.value));
  } else claim.note(fmt::format("lambda_1 = -{:.12g}", rate.value));
  return claim.make();
}

/// (1/2) E_ss[(sum_i Re c_i h_i e^{i Im lambda_i t})^2], h_i = r_i / p_ss; l_i with detailed balance, which is right also where p_ss underflows.
Measured prefactor_of(const Level& level, std::size_t count, double t) {
  const Eigenmodes& modes = level.modes(count);
  const Eigen::VectorXd& p = level.steady().p;
  Eigen::VectorXd h = Eigen::VectorXd::Zero(p.size());
  double error = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto column = static_cast<Eigen::Index>(i);
    const Amplitude amplitude = amplitude_of(level, modes, i);
    error += amplitude.error;
    const std::complex<double> c = amplitude.c * std::exp(std::complex<double>(0, modes.values[i].imag() * t));
    if (level.generator().reversible()) h += (c * modes.left.col(column)).real();
    else h += (c * modes.right.col(column)).real().cwiseQuotient(p.cwiseMax(1e-290));
  }
  // Cells this improbable have no share in the sum that digits show, but quotients of rounding errors.
  const double least = 1e-25 * p.maxCoeff();
  double sum = 0;
  for (Eigen::Index k = 0; k < h.size(); ++k)
    if (p[k] > least) sum += p[k] * h[k] * h[k];
  return {sum / 2, std::sqrt(sum) * error + 1e-9 * sum, 0};
}

Claim prefactor_claim(const Subject& subject, const LateTimes& late, const std::vector<Hypothesis>& hypotheses) {
  ClaimMaker claim("prefactor", "KL(t) e^{2 |Re lambda_1| t} -> (1/2) E_ss[(sum Re c_i h_i e^{i Im lambda_i t})^2]", "density", Relation::equal, subject.judgement);
  for (const Hypothesis& h : hypotheses) claim.assume(h);
  const Level& level = subject.density().level();
  const double hidden = amplitude_of(level, level.modes(1), 0).hidden;
  claim.assume(hidden <= hidden_start, "the start lies where the modes have digits", hidden <= hidden_start ? "" : fmt::format("{:.2g} of it lies where rho_ss is below 1e-25 of its largest", hidden));
  if (!claim.applies()) return claim.make();
  const SlowPart& s = late.slow;
  const std::size_t i = clearest(s, s.steps, [&](std::size_t j) { return prefactor_seen(late.level(), s, j); });
  Measured right = prefactor_of(level, s.modes, s.times[i]);
  right.error += 2 * s.spread * s.times[i] * right.value;
  claim.compare(prefactor_seen(late.level(), s, i), right, fmt::format("t = {:.4g}, on the finest grid", s.times[i]));
  return claim.make();
}

/// With what the propagator leaves open: |d chi^2| <= 2 |dp|_1 max |p/p_ss - 1|.
Measured chi_square_at(const Level& level, std::size_t time) {
  Measured value = chi_square(level, time);
  if (!std::isfinite(value.value) || level.time_errors()[time] == 0) return value;
  const DensityState state = level.state(time);
  double largest = 0;
  for (Eigen::Index k = 0; k < state.c.size(); ++k)
    if (state.c[k] > 1e-300) largest = std::max(largest, std::abs(std::expm1(state.log_ratio[k])));
  value.error += 2 * level.time_errors()[time] * largest;
  return value;
}

/// Between times at which chi^2 is known: a start in the tails may have an astronomic one.
Claim chi_square_claim(const Subject& subject, const Measured& gap) {
  ClaimMaker claim("chi_square", "chi^2(t) <= e^{-2 g (t - s)} chi^2(s), g the gap of the reversible part", "density", Relation::at_most, subject.judgement);
  claim.companion(); // of every start, also one without a part along the slowest mode
  const Level& level = subject.density().level();
  for (const Hypothesis& h : chain_hypotheses(level)) claim.assume(h);
  if (!claim.applies()) return claim.make();
  claim.note(fmt::format("g = {:.9g}", gap.value));
  Measured before = chi_square_at(level, 0);
  const auto known = [&](const Measured& m) { return std::isfinite(m.value) && m.error <= subject.judgement.precision / 10 * m.value; };
  std::size_t compared = 0;
  for (std::size_t i = 1; i < level.times().size(); ++i) {
    const Measured now = chi_square_at(level, i);
    const double t = level.times()[i] - level.times()[i - 1], fall = std::exp(-2 * gap.value * t);
    if (known(before) && known(now)) {
      claim.compare(now, {fall * before.value, fall * (before.error + 2 * t * gap.error * before.value), 0}, fmt::format("from t = {:.6g} to {:.6g}", level.times()[i - 1], level.times()[i]));
      ++compared;
    }
    before = now;
  }
  return claim.assume(compared > 0, "chi^2 is known to some digits at two outputs", compared > 0 ? "" : "the start lies far in the tails of rho_ss, or the end is late").make();
}

Claim order_claim(const Subject& subject) {
  ClaimMaker claim("not_slower", "|Re lambda_1| >= gap of the reversible part", "density", Relation::at_least, subject.judgement);
  claim.companion();
  const DensityEvidence& evidence = subject.density();
  for (const Hypothesis& h : chain_hypotheses(evidence.level())) claim.assume(h);
  claim.refinement(evidence.refinement());
  if (!claim.applies()) return claim.make();
  claim.compare(over_grids(evidence, [](const Level& level) { return eigenvalue_of(level, level.modes(1), 0).rate; }), over_grids(evidence, dirichlet_gap));
  return claim.make();
}

class SpectralGap : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "late KL falls like e^{-2 |Re lambda_1| t}; chi^2(t) <= e^{-2 g t} chi^2(0); |Re lambda_1| >= g"; }
  [[nodiscard]] std::string source() const override { return "Bakry, Gentil & Ledoux 2014, section 4.2; Hwang, Hwang-Ma & Sheu 2005, Theorem 1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& whole) const override {
    Subject subject = whole; // on a grid whose chain can be factorised
    subject.density_ = affordable(whole.density());
    const DensityEvidence& evidence = subject.density();
    if (evidence.level().grid().absorbing()) throw NotApplicable{"a steady state", "walls absorb"};
    const Level& level = evidence.level();
    const LateTimes late = late_times(evidence, 0);
    const std::vector<Hypothesis> hypotheses = slow_hypotheses(level, late.slow);
    std::vector<Claim> claims{slope_claim(subject, late, hypotheses), limit_claim(subject, late, hypotheses), prefactor_claim(subject, late, hypotheses), chi_square_claim(subject, dirichlet_gap(level))};
    if (!level.generator().reversible()) claims.push_back(order_claim(subject));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"spectral_gap", "late decay of KL at twice the spectral gap", [] { return std::make_unique<theorems::SpectralGap>(); }};
} // namespace
} // namespace driftwell

// Momentum mu makes SGD hotter: with heavy ball or Nesterov momentum the stationary covariance near a minimum is, to first order in eta,
// that of dx = -grad f dt + sqrt(2 T D) dW with
//
//   T = eta f / (2 (1 - mu)),   H S + S H = 2 T D
//
// and exactly, on a parabola with constant noise of one-step variance s^2 = f D_aa along an eigenvector of H with curvature a,
//
//   heavy ball   S_aa = eta s^2 (1 + mu) / (a (1 - mu)(2 (1 + mu) - eta a))
//   Nesterov     S_aa = eta^2 s^2 (1 - p)/((1 + p)((1 - p)^2 - q^2)),  q = (1 + mu)(1 - eta a), p = -mu (1 - eta a)
//
// the variance of the autoregression x'' = q x' + p x - eta xi (heavy ball: q = 1 + mu - eta a, p = -mu). Of losses that are no parabolas the first
// order is sampled: from three learning rates, H and D those of the minimum below the start (detail/small_rates.hpp).
// Hypotheses: constant learning rate and batch size, independent batches, a minimum with a Hessian > 0 below the start; for the exact forms terms that are
// parabolas, and for what is sampled of them second and fourth moments that stay bounded. Where replicas leave the basin, or the three
// learning rates do not show an order, it is undecided.
// Mandt, Hoffman & Blei, JMLR 18, 2017, section 4.3; Box, Jenkins & Reinsel, Time Series Analysis, section 3.2.4.
#include "detail/moment_stability.hpp"
#include "detail/sgd_window.hpp"
#include "detail/small_rates.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

using Setting = SgdSetting;

bool nesterov(const Setting& s) { return s.sgd.options().nesterov; }

StepRule rule_of(const Setting& s, double learning_rate) {
  const sgd::ProcessOptions& options = s.sgd.options();
  return {learning_rate, sgd::batch_factor(s.sgd.loss().samples(), s.sgd.batch(), options.sampling), options.momentum, options.nesterov};
}

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement, bool parabolas, bool constant_noise = false) {
  return sgd_claim(s, {.momentum = true, .parabolas = parabolas, .constant_noise = constant_noise}, name, statement);
}

/// Variance of x'' = q x' + p x + noise.
double autoregression(double q, double p, double noise) { return (1 - p) * noise / ((1 + p) * ((1 - p) * (1 - p) - q * q)); }

double exact_variance(const Setting& s, double a, double noise) {
  const double z = s.eta * a, mu = s.sgd.options().momentum;
  if (nesterov(s)) return autoregression((1 + mu) * (1 - z), -mu * (1 - z), s.eta * s.eta * noise);
  return s.eta * noise * (1 + mu) / (a * (1 - mu) * (2 * (1 + mu) - z));
}

Claim exact_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "exact", nesterov(s) ? "variance of the autoregression x'' = (1+mu)(1-eta a) x' - mu (1-eta a) x - eta xi" : "variance = eta s^2 (1+mu)/(a (1-mu)(2(1+mu) - eta a))", true, true);
  if (!claim.applies()) return claim.make();
  const VectorXd left = along_modes(s.linear, MomentRecursion(s.linear, rule_of(s, s.eta)).stationary()), D = along_modes(s.linear, s.sgd.noise());
  const double rounding = accumulated_rounding(s.linear, rule_of(s, s.eta));
  for (Index i = 0; i < left.size(); ++i) {
    const double right = exact_variance(s, s.linear.curvatures[i], s.sgd.batch_factor() * D[i]);
    claim.compare({left[i], rounding * left.sum(), 0}, {right, rounding * right, 0}, s.mode(i));
  }
  return claim.make();
}

Claim first_order_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "first_order", "H S + S H = 2 T D, T = eta f/(2 (1 - mu)), as eta -> 0 with S/eta kept", true);
  if (!claim.applies()) return claim.make();
  const double small = std::min(s.eta, (1 - s.sgd.options().momentum) / 16 / s.linear.curvatures.maxCoeff());
  std::vector<VectorXd> values;
  for (int k = 0; k < 6; ++k) values.push_back(along_modes(s.linear, MomentRecursion(s.linear, rule_of(s, small * std::pow(0.5, k))).stationary()) / (small * std::pow(0.5, k)));
  const VectorXd law = along_modes(s.linear, sgd::local_potential(s.linear.hessian, s.sgd.noise(), s.sgd.temperature()).covariance) / s.eta;
  const double rounding = 9 * accumulated_rounding(s.linear, rule_of(s, small / 32)) * law.sum();
  for (Index i = 0; i < law.size(); ++i) {
    std::vector<double> column;
    for (const VectorXd& v : values) column.push_back(v[i]);
    claim.compare(limit_of_halvings(column) + Measured{0, rounding, 0}, {law[i], 1e-14 * law.sum(), 0}, s.mode(i));
  }
  return claim.note(fmt::format("T = {:.8g}", s.sgd.temperature())).make();
}

Claim sampled_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "sampled", "second moments of the replicas are those of the exact recursion in (x, v)", true);
  claim.assume(s.linear.centre.size() <= 16, "at most 16 weights", fmt::format("{} weights", s.linear.centre.size()));
  if (!claim.applies()) return claim.make();
  StepRule rule = rule_of(s, s.eta);
  claim.assume(bounded_moments(s.sgd, s.linear, s.sgd.options(), rule));
  if (!claim.applies()) return claim.make();
  rule.factor = s.sgd.batch_factor();
  const SampledSpread spread = sampled_spread(s.sgd, s.linear, s.sgd.options(), rule, s.subject.judgement, 1);
  for (std::size_t i = 0; i < spread.sampled.size(); ++i) {
    const bool trace = i + 1 == spread.sampled.size();
    if (trace || spread.exact[i].value > 1e-12 * spread.exact.back().value)
      claim.compare(spread.sampled[i], spread.exact[i], trace ? "trace" : s.mode(static_cast<Index>(i)));
  }
  return claim.refinement({"replicas", static_cast<double>(spread.window.replicas), 0.5}).make();
}

/// Losses that are no parabolas: the law as eta -> 0 from three learning rates.
Claim law_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "sampled_law", "second moments of the replicas over eta f, as eta -> 0, solve H S + S H = D/(1 - mu)", false);
  claim.assume(s.linear.parabolas.state == Hypothesis::State::failed, "a loss that is no parabola", "parabolas have closed forms: first_order, sampled");
  // Heavy ball is stable up to 2 (1 + mu), Nesterov up to 2 (1 + mu)/(1 + 2 mu).
  const double mu = s.sgd.options().momentum, stable = 2 * (1 + mu) / (nesterov(s) ? 1 + 2 * mu : 1);
  claim.assume(s.eta * s.stiffest < stable, "learning rate times curvature where momentum is stable", fmt::format("{:.4g} * {:.4g}, at most {:.4g}", s.eta, s.stiffest, stable));
  if (!claim.applies()) return claim.make();
  compare_small_rates(claim, s);
  return claim.make();
}

class MomentumTemperature : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "with momentum mu the cloud of SGD has the temperature T = eta f/(2 (1 - mu)) to first order in eta"; }
  [[nodiscard]] std::string source() const override { return "Mandt, Hoffman & Blei 2017, section 4.3"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const SgdEvidence& sgd = subject.sgd();
    const sgd::ProcessOptions& options = sgd.options();
    if (options.momentum == 0) throw NotApplicable{"momentum", "momentum = 0: see lr_over_batch"};
    std::vector<Claim> claims;
    std::optional<Setting> setting;
    claims.push_back(guarded("first_order", subject.judgement, [&] {
      setting.emplace(sgd_setting(subject));
      return first_order_claim(*setting);
    }));
    if (!setting) return claims;
    claims.push_back(guarded("exact", subject.judgement, [&] { return exact_claim(*setting); }));
    claims.push_back(guarded("sampled", subject.judgement, [&] { return sampled_claim(*setting); }));
    claims.push_back(guarded("sampled_law", subject.judgement, [&] { return law_claim(*setting); }));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"momentum_temperature", "momentum heats the cloud of SGD by 1/(1 - momentum)", [] { return std::make_unique<theorems::MomentumTemperature>(); }};
} // namespace
} // namespace driftwell

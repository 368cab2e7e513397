// SVAG tends to the stochastic differential equation of SGD. Steps of eta/l on the loss w_1 L_1 + w_2 L_2 of two batches, w_1 + w_2 = 1 and
// w_1^2 + w_2^2 = l, have the drift and the noise of dX = -grad f dt + sqrt(eta f D) dW at every l, and l steps are one of SGD: expectations at a
// fixed time tend to those of the equation with an error of order 1/l (weak order 1). On a parabola with constant noise the variance along an
// eigenvector of H with curvature a is
//
//   S_aa(l) = eta f D_aa / (a (2 - eta a/l))  ->  eta f D_aa / (2 a)
//
// and so are the moments at every time. Of any other loss, as l grows: both moments of one step, exact over the data, fall apart from those of the
// equation like l^-2 or faster (local_order; the sum of cubes of the weights, (3l - 1)/2, leaves those of third order O(l^-2)), which with bounded
// derivatives makes weak order 1; and E phi of replicas at one time is that of the equation but for what two doublings of l change (weak; detail/weak_error.hpp).
// Hypotheses: constant learning rate and batch size, no momentum, independent batches; for the closed forms terms that are parabolas with constant
// noise; for local_order at most 16 weights, for weak 64; enough derivatives, which are not tested.
// Li, Malladi & Arora, "On the validity of modeling SGD with stochastic differential equations (SDEs)", NeurIPS 2021, Theorem 4.3.
#include "detail/local_moments.hpp"
#include "detail/sgd_setting.hpp"
#include "detail/sgd_window.hpp"
#include "detail/weak_error.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

using Setting = SgdSetting;

/// l steps of which are one of SGD.
StepRule rule_of(const Setting& s, std::size_t l) {
  const auto [here, there] = s.sgd.task().make.svag_weights(l);
  return {s.eta / static_cast<double>(l), s.sgd.batch_factor() * (here * here + there * there)};
}

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement) {
  return sgd_claim(s, {.svag = true, .constant_noise = true, .stable = 2}, name, statement);
}

Claim weights_claim(const Subject& subject) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim("weights", "the weights of the two batches sum to 1, their squares to l, their cubes to (3l - 1)/2", "sgd", Relation::equal, subject.judgement);
  assume_process(claim, sgd, {.svag = true});
  claim.companion(); // of the weights alone, whatever the process does
  for (std::size_t l = 1; l <= 1024; l *= 2) {
    const auto [here, there] = sgd.task().make.svag_weights(l);
    const auto n = static_cast<double>(l);
    claim.compare({here + there, 1e-15 * n, 0}, {1, 0, 0}, fmt::format("sum, l = {}", l));
    claim.compare({(here * here + there * there) / n, 1e-15, 0}, {1, 0, 0}, fmt::format("squares, l = {}", l));
    claim.compare({2 * (here * here * here + there * there * there) / (3 * n - 1), 1e-15 * n, 0}, {1, 0, 0}, fmt::format("cubes, l = {}", l));
  }
  return claim.make();
}

Claim stationary_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "stationary", "variance = eta f D_aa/(a (2 - eta a/l)) along each eigenvector of H");
  if (!claim.applies()) return claim.make();
  const VectorXd D = along_modes(s.linear, s.sgd.noise());
  for (std::size_t l = 1; l <= 64; l *= 4) {
    const StepRule rule = rule_of(s, l);
    const VectorXd left = along_modes(s.linear, MomentRecursion(s.linear, rule).stationary());
    const double rounding = accumulated_rounding(s.linear, rule);
    for (Index i = 0; i < left.size(); ++i) {
      const double a = s.linear.curvatures[i], right = s.eta * s.sgd.batch_factor() * D[i] / (a * (2 - s.eta * a / static_cast<double>(l)));
      claim.compare({left[i], rounding * left.sum(), 0}, {right, 1e-15 * right, 0}, fmt::format("l = {}, along curvature {:.6g}", l, a));
    }
  }
  return claim.make();
}

/// Moments after the time in which the stiffest mode falls to 1/e, rounded to steps of SGD, from the start of the experiment.
Claim convergence_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "convergence", "mean and second moment tend to those of the equation as l -> infinity");
  if (!claim.applies()) return claim.make();
  const double slowest = 1 / (s.eta * s.linear.curvatures[0]);
  const auto steps = static_cast<std::uint64_t>(std::clamp(std::round(slowest), 1.0, 200.0));
  const VectorXd& x = s.start;
  // From the l at which one step is short beside every mode.
  const double z = s.eta * s.stiffest;
  std::size_t l = 1;
  while (z / static_cast<double>(l) > 1.0 / 8) l *= 2;
  std::vector<double> means, squares;
  for (int k = 0; k < 5; ++k, l *= 2) {
    const sgd::Moments m = sgd::QuadraticMoments(s.linear.hessian, rule_of(s, l).factor * s.linear.noise).sgd(s.eta / static_cast<double>(l), steps * l, x);
    means.push_back(m.mean.dot(x));
    squares.push_back(m.covariance.trace() + m.mean.squaredNorm());
  }
  const sgd::Moments sde = s.sgd.task().make.modified(s.linear.hessian, s.sgd.batch_factor() * s.sgd.noise(), 1, s.eta, s.eta * static_cast<double>(steps), x);
  const double rounding = 1e-14 * static_cast<double>(steps), size = x.squaredNorm();
  claim.compare(limit_of_halvings(means) + Measured{0, 9 * rounding * size, 0}, {sde.mean.dot(x), rounding * size, 0}, fmt::format("E x . x0 after {} steps of SGD", steps));
  claim.compare(limit_of_halvings(squares) + Measured{0, 9 * rounding * (size + squares.back()), 0}, {sde.covariance.trace() + sde.mean.squaredNorm(), rounding * size, 0},
                fmt::format("E |x|^2 after {} steps of SGD", steps));
  return claim.make();
}

Claim sampled_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "sampled", "second moments of the replicas are those of the exact recursion, at l = 1 and beyond");
  claim.assume(s.linear.centre.size() <= 16, "at most 16 weights", fmt::format("{} weights", s.linear.centre.size()));
  if (!claim.applies()) return claim.make();
  const std::size_t own = s.sgd.options().svag;
  for (const std::size_t l : {std::size_t{1}, own > 1 ? own : 4}) {
    sgd::ProcessOptions options = s.sgd.options();
    options.svag = l;
    const SampledSpread spread = sampled_spread(s.sgd, s.linear, options, rule_of(s, l), s.subject.judgement, 2);
    for (std::size_t i = 0; i < spread.sampled.size(); ++i) {
      const bool trace = i + 1 == spread.sampled.size();
      if (trace || spread.exact[i].value > 1e-12 * spread.exact.back().value)
        claim.compare(spread.sampled[i], spread.exact[i], fmt::format("l = {}, {}", l, trace ? "trace" : s.mode(static_cast<Index>(i))));
    }
    claim.refinement({"replicas", static_cast<double>(spread.window.replicas), 0.5});
  }
  return claim.make();
}

/// Moments of single steps at the start and after some steps of gradient descent.
Claim local_claim(const Subject& subject) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim("local_order", "E x and E x x^T of one step differ from those of the equation by O(l^-2)", "sgd", Relation::at_least, subject.judgement);
  assume_process(claim, sgd, {.svag = true});
  claim.assume(few_single_gradients(sgd));
  if (!claim.applies()) return claim.make();
  bool visible = false;
  for (const DescentPlace& at : places_downhill(sgd)) {
    // Steps as short as those of which modified_equations finds the order.
    std::size_t l = 1;
    while (sgd.learning_rate() / static_cast<double>(l) > at.short_step && l < (std::size_t{1} << 20)) l *= 2;
    visible = compare_local_orders(claim, svag_local_errors(sgd, at.weights, sgd.learning_rate(), l, 4), 2, at.name) || visible;
  }
  assume_visible(claim, visible);
  return claim.make();
}

/// E phi as l -> infinity, from three l. With near what the last doubling changed and far the one before, first order makes far = 2 near, and a term c/l^2 makes
///
///   finest - limit = -near - 2 c/l^2,   near - far/2 = 3 c/l^2
///
/// so that the limit is finest to |near| + |near - far/2|, and finest + near to |near - far/2|: with less scatter or less bias, the one that is known better. The bar of the
/// first is sampled itself, so that the scatter of its largest part counts as well.
Measured limit_of_doublings(const Measured& finest, const Measured& middle, const Measured& coarsest) {
  const double near = finest.value - middle.value, far = middle.value - coarsest.value, curved = std::abs(near - far / 2), rounding = 2 * finest.error + middle.error;
  const Measured plain{finest.value, rounding + std::abs(near) + curved, std::hypot(finest.standard_error, middle.standard_error)};
  const Measured further{finest.value + near, rounding + curved, std::hypot(2 * finest.standard_error, middle.standard_error)};
  const auto width = [](const Measured& m) { return m.error + 3 * m.standard_error; };
  return width(further) < width(plain) ? further : plain;
}

/// E phi as l grows beside that of the equation.
Claim weak_claim(const Subject& subject) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim("weak", "E phi of the replicas tends to that of the equation of order 1 as l -> infinity", "sgd", Relation::equal, subject.judgement);
  assume_process(claim, sgd, {.svag = true});
  if (!claim.applies()) return claim.make();
  const WeakComparison weak(sgd);
  const std::size_t l = weak.largest_l();
  const std::vector<Measured> finest = weak.svag(l), middle = weak.svag(l / 2), coarsest = weak.svag(l / 4), sde = weak.equation();
  for (std::size_t i = 0; i < sde.size(); ++i)
    claim.compare(limit_of_doublings(finest[i], middle[i], coarsest[i]), sde[i], fmt::format("{} after {} steps of SGD, l up to {}", WeakComparison::names()[i], weak.steps(), l));
  return claim.scale(1).refinement({"replicas", static_cast<double>(weak.replicas()), 0.5}).make();
}

class Svag : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "SVAG tends to dX = -grad f dt + sqrt(eta f D) dW as l -> infinity: weak order 1 in 1/l"; }
  [[nodiscard]] std::string source() const override { return "Li, Malladi & Arora 2021, Theorem 4.3"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims{weights_claim(subject)};
    std::optional<Setting> setting;
    claims.push_back(guarded("stationary", subject.judgement, [&] {
      setting.emplace(sgd_setting(subject));
      return stationary_claim(*setting);
    }));
    if (!setting || setting->linear.parabolas.state != Hypothesis::State::met || !setting->linear.constant_noise) {
      claims.push_back(guarded("local_order", subject.judgement, [&] { return local_claim(subject); }));
      claims.push_back(guarded("weak", subject.judgement, [&] { return weak_claim(subject); }));
    }
    if (!setting) return claims;
    claims.push_back(guarded("convergence", subject.judgement, [&] { return convergence_claim(*setting); }));
    claims.push_back(guarded("sampled", subject.judgement, [&] { return sampled_claim(*setting); }));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"svag", "SVAG tends to the stochastic differential equation of SGD", [] { return std::make_unique<theorems::Svag>(); }};
} // namespace
} // namespace driftwell

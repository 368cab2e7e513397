// SVAG tends to the stochastic differential equation of SGD. Steps of eta/l on the loss w_1 L_1 + w_2 L_2 of two batches, w_1 + w_2 = 1 and
// w_1^2 + w_2^2 = l, have the drift and the noise of dX = -grad f dt + sqrt(eta f D) dW at every l, and l steps are one of SGD. On a parabola
// with constant noise the variance along an eigenvector of H with curvature a is
//
//   S_aa(l) = eta f D_aa / (a (2 - eta a/l))  ->  eta f D_aa / (2 a)
//
// with an error of order 1/l, and so are the moments at every time (weak order 1 in 1/l).
// Hypotheses: constant learning rate and batch size, no momentum, independent batches, terms that are parabolas with constant noise.
// Li, Malladi & Arora, "On the validity of modeling SGD with stochastic differential equations (SDEs)", NeurIPS 2021, Theorem 4.3.
#include "detail/sgd_window.hpp"
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

struct Setting {
  const Subject& subject;
  const SgdEvidence& sgd;
  LinearSgd linear;
  double eta, factor;

  /// l steps of which are one of SGD.
  [[nodiscard]] StepRule rule(std::size_t l) const {
    const auto [here, there] = sgd.task().make.svag_weights(l);
    return {eta / static_cast<double>(l), factor * (here * here + there * there)};
  }
};

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement) {
  ClaimMaker claim(name, statement, "sgd", Relation::equal, s.subject.judgement);
  assume_plain(claim, s.sgd);
  claim.assume(s.sgd.options().momentum == 0, "no momentum");
  claim.assume(s.factor > 0, "batches smaller than the data");
  claim.assume(s.linear.parabolas);
  claim.assume(s.linear.constant_noise, "gradient noise that does not depend on the weights");
  claim.assume(s.eta * s.linear.curvatures.maxCoeff() < 2, "learning rate times curvature below 2", fmt::format("{:.4g} * {:.4g}", s.eta, s.linear.curvatures.maxCoeff()));
  return claim;
}

Claim weights_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "weights", "the weights of the two batches sum to 1, their squares to l");
  for (std::size_t l = 1; l <= 1024; l *= 2) {
    const auto [here, there] = s.sgd.task().make.svag_weights(l);
    const auto n = static_cast<double>(l);
    claim.compare({here + there, 1e-15 * n, 0}, {1, 0, 0}, fmt::format("sum, l = {}", l));
    claim.compare({(here * here + there * there) / n, 1e-15, 0}, {1, 0, 0}, fmt::format("squares, l = {}", l));
  }
  return claim.make();
}

Claim stationary_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "stationary", "variance = eta f D_aa/(a (2 - eta a/l)) along each eigenvector of H");
  if (!claim.applies()) return claim.make();
  const VectorXd D = along_modes(s.linear, s.sgd.noise());
  for (std::size_t l = 1; l <= 64; l *= 4) {
    const StepRule rule = s.rule(l);
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
  const Index d = s.linear.centre.size();
  VectorXd x = Eigen::Map<const VectorXd>(s.sgd.task().start.data(), d) - s.linear.centre;
  if (x.norm() == 0) x.setOnes();
  // From the l at which one step is short beside every mode.
  const double z = s.eta * s.linear.curvatures.maxCoeff();
  std::size_t l = 1;
  while (z / static_cast<double>(l) > 1.0 / 8) l *= 2;
  std::vector<double> means, squares;
  for (int k = 0; k < 5; ++k, l *= 2) {
    const sgd::Moments m = sgd::QuadraticMoments(s.linear.hessian, s.rule(l).factor * s.linear.noise).sgd(s.eta / static_cast<double>(l), steps * l, x);
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
    const SampledSpread spread = sampled_spread(s.sgd, s.linear, options, s.rule(l), s.subject.judgement, 2);
    for (std::size_t i = 0; i < spread.sampled.size(); ++i) {
      const bool trace = i + 1 == spread.sampled.size();
      if (trace || spread.exact[i].value > 1e-12 * spread.exact.back().value)
        claim.compare(spread.sampled[i], spread.exact[i], fmt::format("l = {}, {}", l, trace ? "trace" : fmt::format("along curvature {:.6g}", s.linear.curvatures[static_cast<Index>(i)])));
    }
    claim.refinement({"replicas", static_cast<double>(spread.window.replicas), 0.5});
  }
  return claim.make();
}

class Svag : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "SVAG tends to dX = -grad f dt + sqrt(eta f D) dW as l -> infinity: variance eta f D_aa/(a (2 - eta a/l))"; }
  [[nodiscard]] std::string source() const override { return "Li, Malladi & Arora 2021, Theorem 4.3"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const SgdEvidence& sgd = subject.sgd();
    std::vector<Claim> claims;
    std::optional<Setting> setting;
    claims.push_back(guarded("stationary", subject.judgement, [&] {
      setting.emplace(Setting{subject, sgd, linear_sgd(sgd), sgd.learning_rate(), sgd.batch_factor()});
      return stationary_claim(*setting);
    }));
    if (!setting) return claims;
    claims.push_back(guarded("weights", subject.judgement, [&] { return weights_claim(*setting); }));
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

// Stochastic modified equations stand for SGD: with t = k eta, C = f D the covariance of one gradient,
//
//   order 1   dX = -grad f dt + sqrt(eta C) dW
//   order 2   dX = -grad(f + (eta/4)|grad f|^2) dt + sqrt(eta C) dW
//
// reproduce expectations E phi(x_k) up to time t with errors O(eta) and O(eta^2). Where the terms are parabolas both sides are known exactly, and
// along an eigenvector of H with curvature a, z = eta a < 1, k steps leave
//
//   order 1   |E x - E X| <= k z^2/2 e^(-(k-1) z) |x_0|
//   order 2   |E x - E X| <= k z^3/(3 (1 - z)) e^(-k (z + z^2/2)) |x_0|
//
// for the decay of a step is 1 - z beside e^-z and e^(-z - z^2/2). Claims: these bounds at the experiment's learning rate; the orders, from halved
// learning rates; and the cloud of replicas beside the equation of order 2. Of any other loss: both moments of one step, exact over the data, fall apart
// from those of the equation like eta^(p+1) or faster (detail/local_moments.hpp), which with bounded derivatives makes the weak order p.
// Hypotheses: constant learning rate and batch size, no momentum, independent batches; for the bounds terms that are parabolas, for second moments
// constant noise; for single steps a loss with three derivatives, at most 16 weights.
// Li, Tai & E, "Stochastic modified equations and dynamics of stochastic gradient algorithms I", JMLR 20, 2019, Theorem 9.
#include "detail/local_moments.hpp"
#include "detail/sgd_setting.hpp"
#include "detail/sgd_window.hpp"
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

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement, Relation relation, bool constant_noise = false) {
  return sgd_claim(s, {.noise = false, .constant_noise = constant_noise, .stable = 1}, name, statement, relation);
}

sgd::Moments equation(const Setting& s, int order, double eta, double t) {
  return s.sgd.task().make.modified(s.linear.hessian, s.sgd.batch_factor() * s.sgd.noise(), order, eta, t, s.start);
}

/// Exact moments of SGD after k steps: the mean whatever the noise, the covariance where it is constant.
sgd::Moments exactly(const Setting& s, double eta, std::uint64_t steps) {
  return sgd::QuadraticMoments(s.linear.hessian, s.sgd.batch_factor() * s.linear.noise).sgd(eta, steps, s.start);
}

/// Steps until the experiment ends, but not beyond where the softest mode has fallen to e^-20.
std::uint64_t steps_of(const Setting& s) { return std::max<std::uint64_t>(1, std::min(s.sgd.task().steps, static_cast<std::uint64_t>(20 / (s.eta * s.linear.curvatures[0])) + 1)); }

/// Of |E x - E X| after k steps.
double bound(const Setting& s, int order, std::uint64_t steps) {
  const VectorXd x = s.linear.modes.transpose() * s.start;
  const auto k = static_cast<double>(steps);
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) {
    const double z = s.eta * s.linear.curvatures[i];
    const double mode = order == 1 ? k * z * z / 2 * std::exp(-(k - 1) * z) : k * z * z * z / (3 * (1 - z)) * std::exp(-k * (z + z * z / 2));
    sum += std::pow(mode * x[i], 2);
  }
  return std::sqrt(sum);
}

Claim bound_claim(const Setting& s, int order) {
  ClaimMaker claim = claim_of(s, fmt::format("mean_order_{}", order), order == 1 ? "|E x - E X| <= k z^2/2 e^(-(k-1) z) |x_0|, z = eta a" : "|E x - E X| <= k z^3/(3(1-z)) e^(-k(z + z^2/2)) |x_0|, z = eta a",
                              Relation::at_most);
  if (!claim.applies()) return claim.make();
  // At the end of the experiment, or where the softest mode has fallen to e^-3: later there is little left of either.
  const std::uint64_t k = std::min(steps_of(s), static_cast<std::uint64_t>(3 / (s.eta * s.linear.curvatures[0])) + 1);
  const double t = s.eta * static_cast<double>(k);
  // Rounding: the k-th power of a number known to half a unit.
  const double rounding = 3e-16 * (static_cast<double>(k) * s.eta * s.stiffest + 4) * s.start.norm();
  claim.compare({(exactly(s, s.eta, k).mean - equation(s, order, s.eta, t).mean).norm(), rounding, 0}, {bound(s, order, k), 0, 0}, fmt::format("k = {}, t = {:.6g}", k, t));
  return claim.make();
}

/// log2 of the ratio of the errors at eta and eta/2, eta from 1/16 of what is stable, at the time where the stiffest mode is 1/e.
std::vector<double> orders(const Setting& s, int order, bool second) {
  std::vector<double> errors;
  for (int k = 4; k <= 9; ++k) {
    const std::uint64_t steps = std::uint64_t{1} << k;
    const double eta = 1 / s.stiffest / static_cast<double>(steps);
    const sgd::Moments a = exactly(s, eta, steps), b = equation(s, order, eta, eta * static_cast<double>(steps));
    if (!second) errors.push_back((a.mean - b.mean).norm());
    else errors.push_back((a.covariance + a.mean * a.mean.transpose() - b.covariance - b.mean * b.mean.transpose()).norm());
  }
  std::vector<double> ratios;
  for (std::size_t i = 0; i + 1 < errors.size(); ++i) ratios.push_back(std::log2(errors[i] / errors[i + 1]));
  return ratios;
}

Claim order_claim(const Setting& s, int order) {
  ClaimMaker claim = claim_of(s, fmt::format("weak_order_{}", order), fmt::format("the error falls like eta^{} or faster at a fixed time", order), Relation::at_least);
  if (!claim.applies()) return claim.make();
  const auto compare = [&](bool second, const char* what) { claim.compare(limit_of_halvings(orders(s, order, second)), {static_cast<double>(order), 0, 0}, what); };
  compare(false, "E x");
  if (s.linear.constant_noise) compare(true, "E x x^T");
  else claim.note("the second moment is not tested: the noise depends on the weights");
  return claim.make();
}

/// Mean along the start and E|x|^2 of the replicas at the end and on the way.
Claim cloud_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "cloud", "E x and E|x|^2 of the replicas depart from the equation of order 2 (in units of x_0 and of E|x|^2) by no more than its exact error", Relation::at_most, true);
  if (!claim.applies()) return claim.make();
  const std::size_t R = std::clamp<std::size_t>(s.sgd.options().replicas, 16, 20'000);
  const auto process = s.sgd.process(with_replicas(s.sgd.options(), R));
  const Index d = s.linear.centre.size();
  const VectorXd from = s.linear.centre + s.start, direction = s.start.normalized();
  process->start(std::vector<double>(from.data(), from.data() + d));
  const double step = 200 + static_cast<double>(s.sgd.batch()) * (8 + 3 * static_cast<double>(d));
  const auto last = std::min<std::uint64_t>(steps_of(s), static_cast<std::uint64_t>(1.5e9 / step / static_cast<double>(R)) + 1);
  const ReplicaNumbers numbers = [&](const sgd::Process& p, std::size_t r, double* out) {
    const VectorXd x = Eigen::Map<const VectorXd>(p.weights(r), d) - s.linear.centre;
    out[0] = x.dot(direction);
    out[1] = x.squaredNorm();
  };
  std::uint64_t done = 0;
  for (const std::uint64_t k : {std::max<std::uint64_t>(1, last / 8), std::max<std::uint64_t>(1, last / 2), last}) {
    if (k <= done) continue;
    const std::vector<Measured> found = window_means(*process, {R, k - done - 1, 1, 1}, 2, numbers);
    done = k;
    const sgd::Moments sde = equation(s, 2, s.eta, s.eta * static_cast<double>(k)), exact = exactly(s, s.eta, k);
    const double x0 = s.start.norm(), second = sde.covariance.trace() + sde.mean.squaredNorm();
    claim.compare(abs((1 / x0) * (found[0] - Measured{sde.mean.dot(direction), 0, 0})), {std::abs((exact.mean - sde.mean).dot(direction)) / x0, 1e-14, 0}, fmt::format("E x, k = {}", k));
    claim.compare(abs((1 / second) * (found[1] - Measured{second, 0, 0})), {std::abs(exact.covariance.trace() + exact.mean.squaredNorm() - second) / second, 1e-14, 0}, fmt::format("E |x|^2, k = {}", k));
  }
  return claim.scale(1).refinement({"replicas", static_cast<double>(R), 0.5}).make();
}

/// Moments of single steps at the start and after some steps of gradient descent, for losses that are no parabolas.
Claim local_claim(const Subject& subject, int order) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim(fmt::format("local_order_{}", order), fmt::format("E x and E x x^T of one step differ by O(eta^{})", order + 1), "sgd", Relation::at_least, subject.judgement);
  assume_process(claim, sgd, {});
  claim.assume(few_single_gradients(sgd));
  if (!claim.applies()) return claim.make();
  bool visible = false;
  for (const DescentPlace& at : places_downhill(sgd))
    visible = compare_local_orders(claim, local_errors(sgd, at.weights, order, at.short_step, 4), order + 1.0, at.name) || visible;
  assume_visible(claim, visible);
  return claim.make();
}

class ModifiedEquations : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "modified equations have weak orders 1 (drift -grad f) and 2 (drift -grad(f + (eta/4)|grad f|^2))"; }
  [[nodiscard]] std::string source() const override { return "Li, Tai & E 2019, Theorem 9"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims;
    std::optional<Setting> setting;
    claims.push_back(guarded("mean_order_1", subject.judgement, [&] {
      setting.emplace(sgd_setting(subject));
      return bound_claim(*setting, 1);
    }));
    if (!setting || setting->linear.parabolas.state != Hypothesis::State::met)
      for (const int order : {1, 2}) claims.push_back(guarded(fmt::format("local_order_{}", order), subject.judgement, [&] { return local_claim(subject, order); }));
    if (!setting) return claims;
    claims.push_back(guarded("mean_order_2", subject.judgement, [&] { return bound_claim(*setting, 2); }));
    for (const int order : {1, 2}) claims.push_back(guarded(fmt::format("weak_order_{}", order), subject.judgement, [&] { return order_claim(*setting, order); }));
    claims.push_back(guarded("cloud", subject.judgement, [&] { return cloud_claim(*setting); }));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"modified_equations", "modified equations have weak orders 1 and 2", [] { return std::make_unique<theorems::ModifiedEquations>(); }};
} // namespace
} // namespace driftwell

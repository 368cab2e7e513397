// The cloud of SGD is as wide as learning rate over batch size says. Near a minimum with Hessian H and gradient noise D, batch factor f
// (1/b with replacement, (N - b)/(b (N - 1)) without) and learning rate eta, the stationary covariance S solves, to first order in eta,
//
//   H S + S H = 2 T D,   T = eta f / 2
//
// and exactly, where the noise is constant and the loss a parabola, variance along an eigenvector of H with curvature a
//
//   S_aa = (eta f D_aa / 2 a) / (1 - eta a / 2)
//
// Hypotheses: constant learning rate and batch size, no momentum, independent batches, gradients that differ at the minimum; for the exact forms, terms that are
// parabolas; for what is sampled of them, second and fourth moments that stay bounded (detail/moment_stability.hpp).
// The linear scaling rule (eta, b) -> (k eta, k b) keeps S to first order only: it breaks where k eta a is no longer small.
// Jastrzebski et al., "Three factors influencing minima in SGD", 2018; Mandt, Hoffman & Blei, JMLR 18, 2017, eq. 13;
// Chaudhari & Soatto, ICLR 2018, section 2 and appendix A (whose factor without replacement has a sign wrong).
#include "detail/batch_enumeration.hpp"
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
using Eigen::MatrixXd;
using Eigen::VectorXd;

using Setting = SgdSetting;

/// 1/b or (N - b)/(b (N - 1)), from the variance of a mean of draws: 1/b (1 + (b - 1) correlation), correlation -1/(N - 1) without replacement.
double factor_of(const SgdEvidence& sgd, double batch) {
  const auto N = static_cast<double>(sgd.loss().samples());
  const double correlation = sgd.options().sampling == sgd::Sampling::with_replacement || N < 2 ? 0 : -1 / (N - 1);
  return (1 + (batch - 1) * correlation) / batch;
}

ClaimMaker claim_of(const Setting& s, const std::string& name, const std::string& statement, bool exact, bool constant_noise = false) {
  return sgd_claim(s, {.parabolas = exact, .constant_noise = constant_noise, .stable = 2}, name, statement);
}

VectorXd variances(const Setting& s, double eta, double factor) { return along_modes(s.linear, MomentRecursion(s.linear, {eta, factor}).stationary()); }

Claim exact_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "exact", "variance = (eta f D_aa/2a)/(1 - eta a/2) along each eigenvector of H", true, true);
  if (!claim.applies()) return claim.make();
  const VectorXd left = variances(s, s.eta, factor_of(s.sgd, static_cast<double>(s.sgd.batch()))), D = along_modes(s.linear, s.sgd.noise());
  const double rounding = accumulated_rounding(s.linear, {s.eta, 1});
  for (Index i = 0; i < left.size(); ++i) {
    const double a = s.linear.curvatures[i], right = s.eta * s.sgd.batch_factor() * D[i] / (2 * a) / (1 - s.eta * a / 2);
    claim.compare({left[i], rounding * left.sum(), 0}, {right, 1e-15 * right, 0}, s.mode(i));
  }
  return claim.make();
}

/// Small enough that halving it leads to the limit in a few terms.
double small_rate(const Setting& s) { return std::min(s.eta, 1.0 / 16 / s.stiffest); }

std::vector<VectorXd> scaled_variances(const Setting& s, double factor) {
  std::vector<VectorXd> values;
  for (int k = 0; k < 6; ++k) {
    const double eta = small_rate(s) * std::pow(0.5, k);
    values.push_back(variances(s, eta, factor) / (eta * factor));
  }
  return values;
}

Measured limit_along(const std::vector<VectorXd>& values, Index i, double rounding) {
  std::vector<double> column;
  for (const VectorXd& v : values) column.push_back(v[i]);
  return limit_of_halvings(column) + Measured{0, 9 * rounding * values.back().sum(), 0}; // weights of the scheme add up to at most 9
}

Claim first_order_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "first_order", "H S + S H = 2 T D as eta -> 0, S/(eta f) kept", true);
  if (!claim.applies()) return claim.make();
  const double factor = factor_of(s.sgd, static_cast<double>(s.sgd.batch()));
  const std::vector<VectorXd> values = scaled_variances(s, factor);
  const VectorXd law = along_modes(s.linear, sgd::local_potential(s.linear.hessian, s.sgd.noise(), s.sgd.temperature()).covariance) / (s.eta * factor);
  const double rounding = accumulated_rounding(s.linear, {small_rate(s) / 32, 1});
  for (Index i = 0; i < law.size(); ++i) claim.compare(limit_along(values, i, rounding), {law[i], 1e-14 * law.sum(), 0}, s.mode(i));
  return claim.make();
}

Claim temperature_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "temperature", "tr(H S)/tr D = T = eta f/2 as eta -> 0, T/eta kept", true);
  if (!claim.applies()) return claim.make();
  const double factor = factor_of(s.sgd, static_cast<double>(s.sgd.batch())), rounding = accumulated_rounding(s.linear, {small_rate(s) / 32, 1});
  std::vector<double> work;
  for (const VectorXd& v : scaled_variances(s, factor)) work.push_back(factor * v.dot(s.linear.curvatures) / s.sgd.noise().trace());
  claim.compare(limit_of_halvings(work) + Measured{0, 9 * rounding * work.back(), 0}, {s.sgd.temperature() / s.eta, 1e-15, 0});
  return claim.note(fmt::format("T = {:.8g}", s.sgd.temperature())).make();
}

Claim scaling_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "linear_scaling", "(k eta, k b) widens the cloud by (f_kb k/f_b)(2 - eta a)/(2 - k eta a): 1 to first order", true, true);
  if (!claim.applies()) return claim.make();
  const auto b = static_cast<double>(s.sgd.batch()), N = static_cast<double>(s.sgd.loss().samples());
  const VectorXd base = variances(s, s.eta, factor_of(s.sgd, b));
  const bool again = s.sgd.options().sampling == sgd::Sampling::with_replacement;
  for (double k = 2; k * s.eta * s.stiffest < 1.9 && (again || k * b < N) && k < 1000; k *= 2) {
    const VectorXd wide = variances(s, k * s.eta, factor_of(s.sgd, k * b));
    const double share = again ? 1 : (N - k * b) / (N - b), rounding = accumulated_rounding(s.linear, {s.eta, 1});
    for (Index i = 0; i < base.size(); ++i) {
      const double a = s.linear.curvatures[i];
      if (base[i] > 1e-3 * base.sum())
        claim.compare({wide[i] / base[i], rounding * 1e3, 0}, {share * (2 - s.eta * a) / (2 - k * s.eta * a), 1e-15, 0}, fmt::format("k = {:g}, {}", k, s.mode(i)));
    }
  }
  const double z = s.eta * s.stiffest;
  return claim.note(fmt::format("10 % off from k = {:.3g} along the stiffest mode, divergence at k = {:.3g}", (2 - (2 - z) / 1.1) / z, 2 / z)).make();
}

Claim ratio_alone_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "ratio_alone", "the cloud depends on learning rate and batch size by eta/b alone", true);
  claim.as_printed();
  const double k = std::floor(std::min(16.0, 1.5 / (s.eta * s.stiffest)));
  claim.assume(k >= 2, "a learning rate that can be doubled");
  if (!claim.applies()) return claim.make();
  const auto b = static_cast<double>(s.sgd.batch());
  const Index last = s.linear.curvatures.size() - 1;
  const double rounding = accumulated_rounding(s.linear, {s.eta, 1});
  const VectorXd base = variances(s, s.eta, 1 / b);
  try {
    const VectorXd wide = variances(s, k * s.eta, 1 / (k * b));
    claim.compare({wide[last], rounding * wide.sum(), 0}, {base[last], rounding * base.sum(), 0}, fmt::format("{:g} (eta, b), {}", k, s.mode(last)));
  } catch (const NotApplicable&) {
    claim.assume(false, "a stationary law at the larger learning rate", "noise that grows with the cloud makes it diverge");
  }
  return claim.note("true to first order in eta only").make();
}

/// Settings to sample: the experiment's, half the learning rate, twice the batch, twice both.
std::vector<std::pair<double, std::size_t>> sampled_settings(const Setting& s) {
  const std::size_t b = s.sgd.batch();
  std::vector<std::pair<double, std::size_t>> settings{{s.eta, b}, {s.eta / 2, b}};
  if (s.sgd.options().sampling != sgd::Sampling::with_replacement && 2 * b >= s.sgd.loss().samples()) return settings;
  settings.emplace_back(s.eta, 2 * b);
  if (2 * s.eta * s.stiffest < 1.5) settings.emplace_back(2 * s.eta, 2 * b);
  return settings;
}

/// Only the experiment's own setting has to have moments.
void compare_sampled(ClaimMaker& claim, const Setting& s, double eta, std::size_t batch, std::size_t shares) {
  sgd::ProcessOptions options = s.sgd.options();
  options.learning_rate = Schedule(eta);
  options.batch_size = Schedule(static_cast<double>(batch));
  const StepRule rule{eta, s.sgd.task().make.batch_factor(s.sgd.loss().samples(), batch, options.sampling)};
  const Hypothesis bounded = bounded_moments(s.sgd, s.linear, options, rule);
  const bool own = eta == s.eta && batch == s.sgd.batch();
  if (own) claim.assume(bounded);
  if (bounded.state != Hypothesis::State::met) {
    if (!own) claim.note(fmt::format("eta = {:g}, b = {} is left out: {}", eta, batch, bounded.detail));
    return;
  }
  const SampledSpread spread = sampled_spread(s.sgd, s.linear, options, rule, s.subject.judgement, shares);
  for (std::size_t i = 0; i < spread.sampled.size(); ++i) {
    const bool trace = i + 1 == spread.sampled.size();
    if (!trace && spread.exact[i].value < 1e-12 * spread.exact.back().value) continue;
    claim.compare(spread.sampled[i], spread.exact[i], fmt::format("eta = {:g}, b = {}, {}", eta, batch, trace ? "trace" : s.mode(static_cast<Index>(i))));
  }
  claim.refinement({"replicas", static_cast<double>(spread.window.replicas), 0.5});
}

Claim sampled_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "sampled", "second moments of the replicas are those of the exact recursion", true);
  claim.assume(s.linear.centre.size() <= 16, "at most 16 weights", fmt::format("{} weights", s.linear.centre.size()));
  if (!claim.applies()) return claim.make();
  const auto settings = sampled_settings(s);
  for (const auto& [eta, batch] : settings)
    if (claim.applies()) compare_sampled(claim, s, eta, batch, settings.size());
  return claim.make();
}

/// Losses that are no parabolas: the law as eta -> 0 from three learning rates.
Claim law_claim(const Setting& s) {
  ClaimMaker claim = claim_of(s, "sampled_law", "second moments of the replicas over eta f, as eta -> 0, solve H S + S H = D", false);
  claim.assume(s.linear.parabolas.state == Hypothesis::State::failed, "a loss that is no parabola", "parabolas have closed forms: first_order, sampled");
  if (!claim.applies()) return claim.make();
  compare_small_rates(claim, s);
  return claim.make();
}

/// Gradients of the first samples at the start of the experiment, as many as can be gone through.
MatrixXd few_gradients(const SgdEvidence& sgd) {
  const sgd::Loss& loss = sgd.loss();
  const std::size_t n = std::min<std::size_t>(loss.samples(), 8);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(static_cast<Index>(n), static_cast<Index>(loss.dimension()));
  const std::vector<std::uint32_t> few = sgd::all_samples(n);
  sgd::Workspace workspace;
  loss.sample_gradients(sgd.task().start.data(), {few, nullptr}, rows.data(), workspace);
  return rows.rowwise() - rows.colwise().mean();
}

Claim factor_claim(const Subject& subject, bool printed) {
  const SgdEvidence& sgd = subject.sgd();
  ClaimMaker claim(printed ? "without_replacement_printed" : "batch_factor",
                   printed ? "E|g_b - g|^2 = (1/b)(1 - b/N)(1 - 1/(N - 1)) tr D" : "E|g_b - g|^2 = f tr D over every batch there is, f = 1/b or (N - b)/(b (N - 1))", "sgd",
                   Relation::equal, subject.judgement);
  assume_plain(claim, sgd);
  claim.companion(); // of the batches alone, whether or not SGD has a stationary law
  if (printed) claim.as_printed().note("Chaudhari & Soatto (A2); the last factor should be 1 + 1/(N - 1)");
  const MatrixXd rows = few_gradients(sgd);
  const auto n = static_cast<std::size_t>(rows.rows());
  const double D = rows.squaredNorm() / static_cast<double>(n);
  claim.assume(n >= 2 && D > 0, "samples whose gradients differ");
  claim.assume(!printed || n >= 3, "at least three samples", fmt::format("{}", n));
  if (!claim.applies()) return claim.make();
  for (const sgd::Sampling sampling : {sgd::Sampling::with_replacement, sgd::Sampling::without_replacement})
    for (std::size_t b = 1; b <= n && batches(n, b, sampling) <= 5000; ++b) {
      if (printed && (sampling == sgd::Sampling::with_replacement || b == n)) continue;
      const auto N = static_cast<double>(n), size = static_cast<double>(b);
      const double factor = printed ? (1 - size / N) * (1 - 1 / (N - 1)) / size : sgd.task().make.batch_factor(n, b, sampling);
      claim.compare({enumerated_spread(rows, b, sampling), 1e-14 * D, 0}, {factor * D, 1e-14 * D, 0},
                    fmt::format("{:g} batches of {} from {}, {}", batches(n, b, sampling), b, n, sampling == sgd::Sampling::with_replacement ? "with replacement" : "without"));
    }
  return claim.make();
}

class LrOverBatch : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "the stationary cloud of SGD has H S + S H = 2 T D with T = eta f/2, f = 1/b or (N - b)/(b (N - 1)), to first order in eta"; }
  [[nodiscard]] std::string source() const override { return "Jastrzebski et al. 2018; Mandt, Hoffman & Blei 2017; Chaudhari & Soatto 2018, appendix A"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims{factor_claim(subject, false), factor_claim(subject, true)};
    std::optional<Setting> setting;
    claims.push_back(guarded("first_order", subject.judgement, [&] {
      setting.emplace(sgd_setting(subject));
      return first_order_claim(*setting);
    }));
    if (!setting) return claims;
    for (const auto& [name, make] : std::initializer_list<std::pair<const char*, Claim (*)(const Setting&)>>{
             {"exact", exact_claim}, {"temperature", temperature_claim}, {"linear_scaling", scaling_claim}, {"ratio_alone", ratio_alone_claim}, {"sampled", sampled_claim}, {"sampled_law", law_claim}})
      claims.push_back(guarded(name, subject.judgement, [&, make = make] { return make(*setting); }));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"lr_over_batch", "the cloud of SGD is as wide as learning rate over batch size", [] { return std::make_unique<theorems::LrOverBatch>(); }};
} // namespace
} // namespace driftwell

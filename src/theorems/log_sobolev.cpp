// Log-Sobolev inequality: with rho the log-Sobolev constant of rho_ss,
//
//   KL(rho | rho_ss) <= I(rho | rho_ss) / (2 rho),        and, as dKL/dt = -T I,        KL(t) <= e^{-2 T rho t} KL(0)
//
// for every drift that leaves rho_ss stationary; I = int rho |grad log(rho/rho_ss)|^2_D. rho is bounded from both sides:
//   below  kappa/T where V is kappa-convex (Bakry-Emery); (kappa/T) e^{-osc U / T} for Phi = V + U (Holley-Stroock), with the best V found;
//          in one dimension a mixture of wells split at the barriers (bounds/line_split), and 1/(2 max B) of the quantiles (Barthe-Roberto)
//   above  the spectral gap over T; I/(2 KL) of any law, in one dimension of the one that makes it least; 2/max b
// On a bounded box every law has such a constant, that of the box. Where the walls are not felt and the tails beyond them are heavier than a
// Gaussian's, the theorem is not about this law. Equality: translated Gaussians.
// Gross, Amer. J. Math. 97 (1975) 1061; Holley & Stroock, J. Stat. Phys. 46 (1987) 1159; Barthe & Roberto, Studia Math. 159 (2003) 481.
#include "detail/log_sobolev_constant.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

void assume_constant(ClaimMaker& claim, const DensityEvidence& evidence, const LogSobolevConstant& constant, const Hypothesis& tails) {
  claim.assume(no_absorbing_walls(evidence.level().grid()));
  claim.assume({constant.bounded() ? Hypothesis::State::met : Hypothesis::State::failed, "the log-Sobolev constant is bounded below",
                constant.bounded() ? fmt::format("rho >= {:.9g}: {}", constant.lower.front().rho.value, constant.lower.front().method) : "no method applies: the drift does not contract, and Phi has no formula or no convex part"});
  claim.assume(tails).refinement(evidence.refinement());
}

Claim fisher_claim(const Subject& subject, const LogSobolevConstant& constant, const Hypothesis& tails) {
  ClaimMaker claim("kl_fisher", "KL <= I / (2 rho)", "density", Relation::at_most, subject.judgement);
  const DensityEvidence& evidence = subject.density();
  assume_constant(claim, evidence, constant, tails);
  if (!claim.applies() || !constant.bounded()) return claim.make();
  const std::vector<Measured> kl = evidence.observable("kl"), fisher = evidence.observable("fisher_information");
  for (std::size_t i = 0; i < kl.size(); ++i) claim.compare(kl[i], fisher[i] / (2 * constant.lower.front().rho), fmt::format("t = {:.6g}", evidence.times()[i]));
  return claim.make();
}

Claim decay_claim(const Subject& subject, const LogSobolevConstant& constant, const Hypothesis& tails) {
  ClaimMaker claim("kl_decay", "KL(t) <= e^{-2 T rho t} KL(0)", "density", Relation::at_most, subject.judgement);
  const DensityEvidence& evidence = subject.density();
  assume_constant(claim, evidence, constant, tails);
  if (!claim.applies() || !constant.bounded()) return claim.make();
  const std::vector<Measured> kl = evidence.observable("kl");
  for (std::size_t i = 1; i < kl.size(); ++i) {
    const double t = evidence.times()[i];
    claim.compare(kl[i], exp(-2 * evidence.model().temperature() * t * constant.lower.front().rho) * kl[0], fmt::format("t = {:.6g}", t));
  }
  return claim.make();
}

Claim sides_claim(const Subject& subject, const LogSobolevConstant& constant, const Hypothesis& tails) {
  ClaimMaker claim("both_sides", "the best lower bound of rho <= the best upper bound", "density", Relation::at_most, subject.judgement);
  assume_constant(claim, subject.density(), constant, tails);
  if (!claim.applies()) return claim.make();
  if (constant.bounded() && !constant.upper.empty()) {
    const ConstantBound &lower = constant.lower.front(), &upper = constant.upper.front();
    claim.compare(lower.rho, upper.rho, lower.method + " beside " + upper.method);
    if (constant.estimate) claim.note(fmt::format("estimate, no bound: rho = {:.6g} +- {:.1g}, the least of all laws looked at", constant.estimate->value, constant.estimate->error));
  }
  return claim.make();
}

class LogSobolev : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "KL <= I / (2 rho) and KL(t) <= e^{-2 T rho t} KL(0), rho the log-Sobolev constant of rho_ss"; }
  [[nodiscard]] std::string source() const override { return "Gross 1975; Bakry & Emery 1985; Holley & Stroock 1987; Barthe & Roberto 2003, Theorem 3"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const DensityEvidence& evidence = subject.density();
    if (evidence.level().grid().absorbing()) throw NotApplicable{"no wall absorbs", ""};
    const Hypothesis tails = light_tails(evidence);
    if (tails.state == Hypothesis::State::failed) throw NotApplicable{tails.text, tails.detail};
    const LogSobolevConstant& constant = log_sobolev_constant(evidence);
    return {fisher_claim(subject, constant, tails), decay_claim(subject, constant, tails), sides_claim(subject, constant, tails)};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"log_sobolev", "KL <= I / (2 rho), with rho bounded from both sides", [] { return std::make_unique<theorems::LogSobolev>(); }};
} // namespace
} // namespace driftwell

// Talagrand's transport inequality T2: with rho the log-Sobolev constant of rho_ss,
//
//   W2(rho, rho_ss)^2 <= (2 / rho) KL(rho | rho_ss)
//
// lengths measured with D^-1 (Otto & Villani: log-Sobolev implies T2 with the same constant). rho as in log_sobolev. W2 is exact in one dimension and has
// the error of regularised transport in two; in any dimension Gelbrich's lower bound of W2 from means and covariances has to obey T2,
// too, and is W2 itself for Gaussians. Equality: translated Gaussians.
// Talagrand, Geom. Funct. Anal. 6 (1996) 587; Otto & Villani, J. Funct. Anal. 173 (2000) 361, Theorem 1.
#include "detail/log_sobolev_constant.hpp"
#include "detail/transport_to_steady.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

namespace driftwell::theorems {

namespace {

ClaimMaker assumed(const std::string& name, const std::string& statement, const Subject& subject, const LogSobolevConstant& constant, const Hypothesis& tails) {
  ClaimMaker claim(name, statement, "density", Relation::at_most, subject.judgement);
  claim.assume(no_absorbing_walls(subject.density().level().grid()));
  claim.assume({constant.bounded() ? Hypothesis::State::met : Hypothesis::State::failed, "the log-Sobolev constant is bounded below",
                constant.bounded() ? fmt::format("rho >= {:.9g}: {}", constant.lower.front().rho.value, constant.lower.front().method) : "no method applies: the drift does not contract, and Phi has no formula or no convex part"});
  claim.assume(tails);
  return claim;
}

/// A side that is not available is a hypothesis that fails.
template <class Compare> Claim compared(ClaimMaker claim, bool bounded, const Compare& compare) {
  if (!claim.applies() || !bounded) return claim.make();
  try {
    compare(claim);
  } catch (const NotApplicable& reason) {
    claim.assume(false, reason.hypothesis, reason.detail);
  }
  return claim.make();
}

class Talagrand : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "W2^2 <= 2 KL / rho, rho the log-Sobolev constant of rho_ss"; }
  [[nodiscard]] std::string source() const override { return "Talagrand 1996; Otto & Villani 2000, Theorem 1"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const DensityEvidence& evidence = subject.density();
    if (evidence.level().grid().absorbing()) throw NotApplicable{"no wall absorbs", ""};
    const NoiseCoordinates y = noise_coordinates(evidence.model());
    const Hypothesis tails = light_tails(evidence);
    if (tails.state == Hypothesis::State::failed) throw NotApplicable{tails.text, tails.detail};
    const LogSobolevConstant& constant = log_sobolev_constant(evidence);
    const std::vector<Measured> kl = evidence.observable("kl");
    const auto right = [&](std::size_t i) { return 2 * kl[i] / constant.lower.front().rho; };
    const auto at = [&](std::size_t i) { return fmt::format("t = {:.6g}", evidence.times()[i]); };
    std::vector<Claim> claims;
    claims.push_back(compared(assumed("t2", "W2^2 <= 2 KL / rho", subject, constant, tails), constant.bounded(), [&](ClaimMaker& claim) {
      const TransportSeries& w2 = transport_to_steady(evidence);
      if (!y.along_axes) claim.note("W2 of x over the root of the largest eigenvalue of D");
      for (std::size_t i = 0; i < w2.times.size(); ++i) claim.compare(w2.weakest * w2.weakest * (w2.distance[i] * w2.distance[i]), right(w2.times[i]), at(w2.times[i]));
    }));
    claims.push_back(compared(assumed("t2_moments", "W_G^2 <= 2 KL / rho, W_G Gelbrich's bound of W2 by means and covariances", subject, constant, tails), constant.bounded(), [&](ClaimMaker& claim) {
      claim.refinement(evidence.refinement());
      const std::vector<Measured> moments = moment_distance(evidence, y);
      for (std::size_t i = 0; i < moments.size(); ++i) claim.compare(moments[i] * moments[i], right(i), at(i));
    }));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"talagrand", "the distance W2 is bounded by the root of KL (T2)", [] { return std::make_unique<theorems::Talagrand>(); }};
} // namespace
} // namespace driftwell

// Monotone divergence: for every Markov semigroup with a stationary law rho_ss, and any start,
//
//   s < t  =>  KL(rho_t | rho_ss) <= KL(rho_s | rho_ss)
//
// by the data-processing inequality: detailed balance, convexity and smoothness are not needed. Hypotheses that a chain on a grid can break:
// rates >= 0, columns of Q that sum to 0, Q rho_ss = 0.
// Chaudhari & Soatto, ICLR 2018, Theorem 5; Cover & Thomas, Elements of Information Theory, section 4.4.
#include "detail/chain_hypotheses.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

/// What the error in time may do to KL: |d KL| <= sum |dp| |log p/p_ss| + (what the largest density ratio makes of it).
double kl_error(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  double largest = 0;
  for (Eigen::Index k = 0; k < state.c.size(); ++k)
    if (state.c[k] > 0) largest = std::max(largest, std::abs(state.log_ratio[k]));
  return level.time_errors()[time] * (1 + largest) + 1e-15 * level.observable("kl")[time];
}

Claim density_claim(const Subject& subject) {
  ClaimMaker claim("kl_density", "KL(t) <= KL(s), s < t, on the grid", "density", Relation::at_most, subject.judgement);
  const Level& level = subject.density().level();
  for (const Hypothesis& h : chain_hypotheses(level)) claim.assume(h);
  if (!claim.applies()) return claim.make();
  const std::vector<double>& kl = level.observable("kl");
  for (std::size_t i = 1; i < kl.size(); ++i)
    claim.compare({kl[i], kl_error(level, i), 0}, {kl[i - 1], kl_error(level, i - 1), 0}, fmt::format("from t = {:.6g} to {:.6g}", level.times()[i - 1], level.times()[i]));
  return claim.make();
}

Claim cloud_claim(const Subject& subject) {
  ClaimMaker claim("kl_cloud", "KL(t) <= KL(s), s < t, of the cloud", "cloud", Relation::at_most, subject.judgement);
  const CloudEvidence& cloud = subject.cloud();
  const std::vector<Measured> kl = cloud.series("kl");
  claim.assume(!kl.empty(), "the divergence of the cloud is measured", kl.empty() ? "observable kl does not apply" : "");
  for (std::size_t i = 1; i < kl.size(); ++i)
    claim.compare(kl[i], kl[i - 1], fmt::format("from t = {:.6g} to {:.6g}", cloud.times()[i - 1], cloud.times()[i]));
  return claim.refinement({"particles", static_cast<double>(cloud.particles()), 0.5}).make();
}

class MonotoneKl : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "KL(rho_t | rho_ss) does not increase, for any drift and noise"; }
  [[nodiscard]] std::string source() const override { return "Chaudhari & Soatto 2018, Theorem 5; Cover & Thomas, section 4.4"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    std::vector<Claim> claims{density_claim(subject)};
    if (subject.cloud_) claims.push_back(cloud_claim(subject));
    return claims;
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"monotone_kl", "KL to the steady state never increases", [] { return std::make_unique<theorems::MonotoneKl>(); }};
} // namespace
} // namespace driftwell

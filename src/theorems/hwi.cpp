// HWI: where rho_ss = exp(-V)/Z with Hess V >= K, K of any sign, on a convex domain,
//
//   KL <= W2 sqrt(I) - (K / 2) W2^2
//
// between KL (H), the distance W2 to rho_ss and the Fisher information I, lengths measured with D^-1; T V is the potential of rho_ss in the
// coordinates of the noise. K is a rigorous lower bound from interval branch and bound; it may be negative, so potentials with barriers count. Equality:
// translated Gaussians.
// Otto & Villani, J. Funct. Anal. 173 (2000) 361, Theorem 3.
#include "detail/curvature.hpp"
#include "detail/transport_to_steady.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

namespace {

/// W sqrt(I) - K W^2 / 2 at the largest W2 that the distance leaves possible: it grows with W up to sqrt(I) / K, which W2 never exceeds.
Measured right_side(const TransportSeries& w2, std::size_t i, const Measured& fisher, double K) {
  const double root = std::sqrt(fisher.value);
  double w = w2.strongest * w2.distance[i].value;
  if (K > 0 && w2.strongest > 1) w = std::min(w, root / K);
  const double dw = w2.strongest * w2.distance[i].error, dr = fisher.error / std::max(2 * root, std::sqrt(fisher.error) + 1e-300);
  return {w * root - K / 2 * w * w, std::abs(root - K * w) * dw + std::abs(K) / 2 * dw * dw + (w + dw) * dr, 0};
}

class Hwi : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "KL <= W2 sqrt(I) - (K/2) W2^2, Hess V >= K, rho_ss = exp(-V)/Z"; }
  [[nodiscard]] std::string source() const override { return "Otto & Villani 2000, Theorem 3"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const DensityEvidence& evidence = subject.density();
    const Level& level = evidence.level();
    ClaimMaker claim("hwi", statement(), "density", Relation::at_most, subject.judgement);
    claim.assume(no_absorbing_walls(level.grid())).refinement(evidence.refinement());
    if (!claim.applies()) return {claim.make()};
    const bounds::Enclosure kappa = potential_curvature(level);
    const bool known = kappa.smooth && kappa.defined && std::isfinite(kappa.lower);
    const double K = kappa.lower / evidence.model().temperature();
    claim.assume({known ? Hypothesis::State::met : Hypothesis::State::open, "Hess V >= K in the box", known ? fmt::format("K = {:.9g}, least at {}", K, place_in(evidence.model(), kappa.point)) : "V may have a corner"});
    const TransportSeries& w2 = transport_to_steady(evidence);
    const std::vector<Measured> kl = evidence.observable("kl"), fisher = evidence.observable("fisher_information");
    for (std::size_t i = 0; i < w2.times.size(); ++i) {
      const std::size_t t = w2.times[i];
      claim.compare(kl[t], right_side(w2, i, fisher[t], K), fmt::format("t = {:.6g}", evidence.times()[t]));
    }
    return {claim.make()};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"hwi", "KL between W2 and the Fisher information", [] { return std::make_unique<theorems::Hwi>(); }};
} // namespace
} // namespace driftwell

// Bakry-Emery: where the drift, in the coordinates of the noise, contracts at a rate kappa > 0 everywhere in a convex box with reflecting walls,
//
//   KL(t) <= e^{-2 kappa t} KL(0),      W2(t) <= e^{-kappa t} W2(0),      KL(t) <= (T / (2 kappa)) I(t)
//
// D = I: kappa = min Hess Phi (units 1/time: the drift is -grad Phi). dKL/dt = -T I, so the third makes the first. W2 and I measure lengths with
// D^-1. A circulation does not enter dKL/dt; for KL it is enough that the potential of rho_ss is kappa-convex, while W2 needs the whole
// drift to contract. Where rho_ss has no formula the whole drift serves both: its curvature bounds the log-Sobolev constant of the
// invariant law with or without detailed balance. kappa is a rigorous lower bound from interval branch and bound. Equality: translated Gaussians.
// Bakry & Emery, Seminaire de Probabilites XIX (1985) 177; Bakry, Gentil & Ledoux 2014, Theorems 5.5.2 and 5.7.1; von Renesse & Sturm, CPAM 58 (2005) 923.
#include "detail/curvature.hpp"
#include "detail/transport_to_steady.hpp"
#include "driftwell/theorems/theorem.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace driftwell::theorems {

namespace {

/// The larger of the bounds that count for entropies, with what it is a bound of.
struct EntropyCurvature {
  bounds::Enclosure kappa;
  std::string of;
};

EntropyCurvature entropy_curvature(const Level& level) {
  EntropyCurvature drift{drift_curvature(level), "the drift contracts at a rate kappa > 0 everywhere in the box"};
  if (!gibbs(level) && !level.generator().reversible()) return drift;
  EntropyCurvature potential{potential_curvature(level), level.model().identity_diffusion() ? "Hess Phi >= kappa > 0 in the box" : "Hess Phi >= kappa > 0 in the box, in the metric of D"};
  return potential.kappa.lower >= drift.kappa.lower ? potential : drift;
}

Claim entropy_claim(const Subject& subject, const EntropyCurvature& curvature) {
  ClaimMaker claim("kl_decay", "KL(t) <= e^{-2 kappa t} KL(0)", "density", Relation::at_most, subject.judgement);
  const DensityEvidence& evidence = subject.density();
  claim.assume(no_absorbing_walls(evidence.level().grid())).assume(positive(curvature.kappa, curvature.of, evidence.model())).refinement(evidence.refinement());
  if (!claim.applies()) return claim.make();
  const std::vector<Measured> kl = evidence.observable("kl");
  for (std::size_t i = 1; i < kl.size(); ++i) {
    const double t = evidence.times()[i];
    claim.compare(kl[i], std::exp(-2 * curvature.kappa.lower * t) * kl[0], fmt::format("t = {:.6g}", t));
  }
  return claim.make();
}

Claim fisher_claim(const Subject& subject, const EntropyCurvature& curvature) {
  ClaimMaker claim("kl_fisher", "KL <= (T / (2 kappa)) I", "density", Relation::at_most, subject.judgement);
  const DensityEvidence& evidence = subject.density();
  claim.assume(no_absorbing_walls(evidence.level().grid())).assume(positive(curvature.kappa, curvature.of, evidence.model())).refinement(evidence.refinement());
  if (!claim.applies()) return claim.make();
  const std::vector<Measured> kl = evidence.observable("kl"), fisher = evidence.observable("fisher_information");
  for (std::size_t i = 0; i < kl.size(); ++i)
    claim.compare(kl[i], evidence.model().temperature() / (2 * curvature.kappa.lower) * fisher[i], fmt::format("t = {:.6g}", evidence.times()[i]));
  return claim.make();
}

Claim transport_claim(const Subject& subject) {
  const DensityEvidence& evidence = subject.density();
  const bounds::Enclosure& kappa = drift_curvature(evidence.level());
  ClaimMaker claim("w2_decay", "W2(t) <= e^{-kappa t} W2(0)", "density", Relation::at_most, subject.judgement);
  claim.assume(no_absorbing_walls(evidence.level().grid())).assume(positive(kappa, "the drift contracts at a rate kappa > 0 everywhere in the box", evidence.model()));
  if (!claim.applies()) return claim.make();
  if (evidence.level().grid().dimension() > 2) return claim.assume(false, "W2 can be computed", "in one and two dimensions").make();
  const TransportSeries& w2 = transport_to_steady(evidence);
  if (!noise_coordinates(evidence.model()).along_axes) claim.note("W2 of x: the right side is enlarged by the root of the condition of D");
  for (std::size_t i = 1; i < w2.times.size(); ++i) {
    const double t = evidence.times()[w2.times[i]];
    claim.compare(w2.distance[i], w2.strongest / w2.weakest * std::exp(-kappa.lower * t) * w2.distance[0], fmt::format("t = {:.6g}", t));
  }
  return claim.make();
}

class BakryEmery : public Theorem {
public:
  [[nodiscard]] std::string statement() const override { return "a drift that contracts at a rate kappa > 0 gives KL(t) <= e^{-2 kappa t} KL(0), W2(t) <= e^{-kappa t} W2(0), KL <= T I / (2 kappa)"; }
  [[nodiscard]] std::string source() const override { return "Bakry & Emery 1985; Bakry, Gentil & Ledoux 2014, Theorem 5.7.1; von Renesse & Sturm 2005"; }
  [[nodiscard]] std::vector<Claim> certify(const Subject& subject) const override {
    const EntropyCurvature curvature = entropy_curvature(subject.density().level());
    return {entropy_claim(subject, curvature), fisher_claim(subject, curvature), transport_claim(subject)};
  }
};

} // namespace

} // namespace driftwell::theorems

namespace driftwell {
namespace {
const TheoremCatalogue::Entry entry{"bakry_emery", "exponential decay of KL and W2 under a convex potential", [] { return std::make_unique<theorems::BakryEmery>(); }};
} // namespace
} // namespace driftwell

#pragma once
// One step of SGD beside its modified equation over the same time eta, for any loss, from the same place w: what the weak order rests on. With
// D' = x - w, C = f D the covariance of one gradient,
//
//   SGD        E D' = -eta g,   E D' D'^T = eta^2 (g g^T + C)                exactly, over the data
//   equation   dm/dt = E b(x),  dP/dt = E b (x - m)^T + its transpose + eta C(m)   over N(m, P), by a cubature of third degree
//
// An equation of weak order p agrees in both moments up to O(eta^{p+1}). P ~ eta^2, so what the cubature leaves is O(eta^5).
// Milstein & Tretyakov, Stochastic Numerics for Mathematical Physics, 2004, theorem 2.2.1; Li, Tai & E, JMLR 20, 2019, lemma 5.
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/sgd_evidence.hpp"

#include <Eigen/Core>

#include <string>
#include <vector>

namespace driftwell::theorems {

/// Norms of the differences of E D' and E D' D'^T at eta, eta/2, eta/4, ..., and what rounding leaves open of them.
struct LocalErrors {
  std::vector<Measured> mean, second;
};

/// From w, with the equation of weak order 1 or 2 as the engine makes it; SGD from single gradients, the spread of a batch by theory of sampling.
[[nodiscard]] LocalErrors local_errors(const SgdEvidence& sgd, const Eigen::VectorXd& w, int order, double eta, std::size_t halvings);

/// The same of one step of SVAG, from w: l = `first`, 2 `first`, 4 `first`, ..., beside the equation of order 1 over the time eta/l. Noise of the size sqrt(eta/l), not
/// eta, is in the step, so that weak order 1 in 1/l asks for differences O(l^-2) of both moments; those of third order are O(l^-2) by themselves.
[[nodiscard]] LocalErrors svag_local_errors(const SgdEvidence& sgd, const Eigen::VectorXd& w, double eta, std::size_t first, std::size_t doublings);

/// Order at which the errors fall as steps are halved.
[[nodiscard]] Measured local_order(const std::vector<Measured>& errors);

/// Compares the order of both moments with `order`. Of errors only those before the first that rounding hides count; a moment of which fewer than three are left
/// agrees with that of the equation as far as can be seen, and has no order: it is named in a note. True where one had.
bool compare_local_orders(ClaimMaker& claim, const LocalErrors& errors, double order, const std::string& place);
/// Where none had.
void assume_visible(ClaimMaker& claim, bool visible);

/// That the moments can be afforded: at most 16 weights, and 40,000 numbers in the single gradients.
[[nodiscard]] Hypothesis few_single_gradients(const SgdEvidence& sgd);

/// Where they are looked at: the start, and 16 short steps of gradient descent from there. Short beside the curvature along the gradient: 1/16 of its inverse.
struct DescentPlace {
  const char* name;
  Eigen::VectorXd weights;
  double short_step;
};
[[nodiscard]] std::vector<DescentPlace> places_downhill(const SgdEvidence& sgd);

} // namespace driftwell::theorems

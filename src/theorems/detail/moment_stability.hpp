#pragma once
// Do second and fourth moments of SGD on terms that are parabolas stay bounded? The noise grows with the weights, so that they may not where the mean does; and
// without a fourth moment the standard error of a sampled second one means nothing. What decides is x' = A_b x, A_b = 1 - eta H_b with the Hessian of a batch drawn
// anew every step (with momentum: of x and v), the part of the step that is linear in x:
//
//   rho_2  spectral radius of P -> E A_b P A_b^T                     exactly (MomentRecursion::growth)
//   rho_4  growth a step of E|x|^4, x a product of A_b                by particles that are drawn again in proportion to |A_b u|^4/|u|^4 after every step: the mean of
//          these ratios tends to rho_4 (power iteration on the law of directions), and none of them is far from the others
//
// Moments stay bounded where rho < 1 (Goldie, Ann. Appl. Prob. 1 (1991) 126). Del Moral, Feynman-Kac Formulae, 2004, section 12.4.
#include "driftwell/theorems/claim.hpp"
#include "linear_sgd.hpp"

namespace driftwell::theorems {

/// log rho_4 and the standard error of it. At most 16 weights.
[[nodiscard]] Measured log_fourth_growth(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options);

/// rho_2 < 1 and, by three standard errors, rho_4 < 1. `rule`: the steps that `options` make. Batches that are too large to draw in about a second are replaced by smaller
/// ones, whose rho_4 is larger (a mean of b draws is a mean of means of fewer, and E|x|^4 is convex in every A_b): open where that is not below 1.
[[nodiscard]] Hypothesis bounded_moments(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options, const StepRule& rule);

} // namespace driftwell::theorems

#pragma once
// The law that makes I / (2 KL) least: rho = min I / (2 KL) is the log-Sobolev constant, and any law is a bound of it from above.
//
//   with g = sqrt(rho/rho_ss), int g^2 rho_ss = 1:   -L g = rho g log g      (Euler and Lagrange; L the backward operator)
//
// Rothaus, J. Funct. Anal. 42 (1981) 102: on a bounded interval such a g exists, or rho is the spectral gap over T, which laws near rho_ss come close to.
#include "driftwell/theorems/density_evidence.hpp"

#include <Eigen/Core>

namespace driftwell::theorems {

/// I / (2 KL) of probabilities of cells.
[[nodiscard]] double fisher_ratio(const Level& level, const Eigen::VectorXd& p);

/// By descent from tilted laws, (-L + a + rho log^- g) g <- (a + rho log^+ g) g, a chosen so that the ratio falls. A minimum, which need not be the least of all: an
/// estimate of rho, a bound from above. On a line that is no ring. Throws NumericalFailure.
[[nodiscard]] Eigen::VectorXd worst_law(const Level& level);

} // namespace driftwell::theorems

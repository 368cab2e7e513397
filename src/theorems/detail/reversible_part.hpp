#pragma once
// The chain that has the same steady state and the mean of forward and backward flows: what is left when the circulation stops.
#include "driftwell/theorems/density_evidence.hpp"

namespace driftwell::theorems {

/// Q_rev = (Q + P Q^T P^-1) / 2, P = diag(p_ss): in detailed balance with p_ss, and with the same Dirichlet form E(g, g) = -<g, Q^T g>_ss, so
/// that Poincare and log-Sobolev constants and the Fisher information are those of Q. For a conservative chain.
[[nodiscard]] Generator reversible_part(const Generator& generator, const SteadyState& steady);

/// lambda = min E(g, g) / Var_ss(g): the slowest rate of the reversible part; T times the Poincare constant of rho_ss. The error is the
/// residual of the eigenfunction in L2(1/p_ss), which bounds it. Throws NumericalFailure.
[[nodiscard]] Measured dirichlet_gap(const Level& level);

/// lambda_i of the chain, -Re first: the error is the residual in L2(1/p_ss), times the condition of the eigenvalue without detailed balance.
struct Eigenvalue {
  Measured rate;       ///< -Re lambda
  double frequency;    ///< |Im lambda|
};
[[nodiscard]] Eigenvalue eigenvalue_of(const Level& level, const Eigenmodes& modes, std::size_t i);

} // namespace driftwell::theorems

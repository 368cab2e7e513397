#pragma once
// Transition-path theory between two sets A and B (E & Vanden-Eijnden 2006; Metzner, Schuette & Vanden-Eijnden 2009), with or
// without detailed balance.
#include "driftwell/stationary/region.hpp"
#include "driftwell/stationary/steady_state.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

/// q+ solves Q^T q+ = 0 outside the sets, 0 on A, 1 on B: the chance to reach B before A. q- solves the same for the
/// reversed chain, 1 on A, 0 on B: the chance to have come from A rather than B. It is had as u = p q- from Q u = 0, so that
/// no reversed rate is formed. Along a link k -> l reactive paths flow with p_k q-_k q_kl q+_l; the net flow splits as
///   f_kl - f_lk = J_kl (q-_k q+_l + q-_l q+_k) / 2   +   S_kl (q-_k q+_l - q-_l q+_k)
///   J = p_k q_kl - p_l q_lk,   S = (p_k q_kl + p_l q_lk) / 2
/// into an irreversible part, q- q+ J_ss in the limit, and a reversible one, T rho D (q- grad q+ - q+ grad q-).
struct TransitionPaths {
  Eigen::VectorXd forward, backward;  ///< q+, q- at the centres
  Eigen::VectorXd density;            ///< rho q+ q-: per volume, sums to probability_reactive
  std::vector<Eigen::VectorXd> reversible, irreversible; ///< reactive current per unit area at the centres, one vector an axis
  double rate = 0;                    ///< nu: transitions from A to B per unit time
  double rate_from = 0;               ///< k_AB = nu / P(last in A); 1 / k_AB: mean time from entering A (out of B) to B
  double rate_to = 0;                 ///< k_BA = nu / P(last in B)
  double probability_reactive = 0;    ///< sum p q+ q-
  double duration = 0;                ///< mean time from the last exit of A to the entrance into B
  double imbalance = 0;               ///< |flow out of A - flow into B| / nu: rounding
  double error = 0;                   ///< of iterations: neither committor is farther off anywhere
};

/// `iteratively`: in memory proportional to the cells. The flow into B is then made of small differences of committors, and nu is taken
/// from all links, the net flow of each times the difference of q+ along it, which is off by the error of q relative to 1. Throws
/// NumericalFailure: absorbing walls, an empty set, sets that touch or overlap, one set cannot be reached.
[[nodiscard]] TransitionPaths transition_paths(const Generator& generator, const SteadyState& steady, const Region& from, const Region& to, bool iteratively = false);

} // namespace driftwell

#pragma once
// The steady state from the model's own expressions, the generator left out:
//
//   log rho_ss = int A . dx / T + constant            where A = D^-1 (b - T div D) is a gradient: along a path of edges
//   rho_ss ~ e^-V(x) [int_x^L e^V/D dy + e^V(L) int_0^x e^V/D dy],  V = -int_0^x A dy / T      on a circle with a tilt
//   rho_ss ~ exp(-f/T)                                 by construction, with a circulation over a Gibbs state
//
// (Risken, The Fokker-Planck Equation, 1989, sections 5.2, 6.4, 11.2.)
#include "drift_form.hpp"

#include <string>

namespace driftwell::theorems {

struct Prediction {
  Eigen::VectorXd log_p;  ///< of the probabilities of cells, normalised: density at the centre times volume
  double rounding = 0;    ///< of log_p
  std::string how;
};

/// Throws NotApplicable where none of the three applies.
[[nodiscard]] Prediction predicted_steady(const Level& level, const Model& model, const DriftForm& form, bool gradient);
/// sum_k |p_k - q_k| / 2 of the level's steady state and a prediction.
[[nodiscard]] double total_variation(const Level& level, const Prediction& prediction);
/// The same equation read in another way. Throws std::invalid_argument where that reading has no closed form.
[[nodiscard]] Model with_interpretation(const Model& model, Interpretation interpretation);

} // namespace driftwell::theorems

#pragma once
// rho_ss = exp(-Phi/T) / Z on the grid: the steady state, or with absorbing walls the quasi-stationary law (the law of
// the survivors, which decays as a whole at decay_rate).
#include "driftwell/generator/generator.hpp"

#include <Eigen/Core>

#include <complex>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace driftwell {

struct SteadyState {
  Eigen::VectorXd p;                  ///< probabilities of cells, sum 1, all >= 0
  Eigen::VectorXd log_p;              ///< finite also where p underflows
  Eigen::VectorXd implicit_potential; ///< Phi = -T log rho_ss + constant
  double log_partition = 0;           ///< log Z with that constant; -T log Z is the steady free energy
  double decay_rate = 0;              ///< 0 for a steady state
  double residual = 0;                ///< |Q p + decay_rate p|_1 / | |Q| p |_1
  std::string method{};               ///< how it was found: a SteadyMethod's name
};

/// Ways to the steady state:
///   closed_form      exp(-phi), where detailed balance or a stream function give it
///   state_reduction  elimination without subtractions: every entry accurate relative to itself (state_reduction.hpp)
///   direct           inverse iteration with a sparse LU factor: entries accurate relative to the largest
///   iterative        multilevel aggregation (aggregation.hpp), of survivors inverse iteration: memory proportional to the cells, entries as with `direct`
///   automatic        the first of closed_form and state_reduction that applies
enum class SteadyMethod { automatic, closed_form, state_reduction, direct, iterative };
[[nodiscard]] const char* name_of(SteadyMethod method);

/// Phi's constant: Phi = f when `loss` (f at the centres) is given, else the minimum of Phi (between the centres) is 0. With
/// absorbing walls only automatic, state_reduction and iterative. Throws NumericalFailure, also where the method does not apply.
[[nodiscard]] SteadyState steady_state(const Generator& generator, const Eigen::VectorXd* loss = nullptr, SteadyMethod method = SteadyMethod::automatic);

/// Steady probability current per unit area at the cell centres, one vector an axis: the mean over the two faces.
[[nodiscard]] std::vector<Eigen::VectorXd> steady_current(const Generator& generator, const SteadyState& steady);

/// sum over edges of (flow k->l) log(p_k Q_lk / (p_l Q_kl)) = beta E[j^T D^-1 j] + O(h^2); 0 with detailed balance. With a full
/// matrix D: beta E[j^T D^-1 j] from the currents at the centres.
[[nodiscard]] double entropy_production(const Generator& generator, const SteadyState& steady);

} // namespace driftwell

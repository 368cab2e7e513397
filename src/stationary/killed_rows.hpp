#pragma once
// A Markov chain with killing, by rows: the operator A = diag(s + kappa) - R of functions of the state.
#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <cstdint>
#include <vector>

namespace driftwell {

/// (A x)_k = kappa_k x_k + sum_l rate_kl (x_k - x_l): row k holds the rates out of state k, in no given order.
struct KilledRows {
  std::vector<std::int64_t> start; ///< of each row; one more than there are states
  std::vector<std::int32_t> column;
  std::vector<double> rate;
  Eigen::VectorXd killing;

  [[nodiscard]] Eigen::Index size() const { return killing.size(); }
  /// s + kappa.
  [[nodiscard]] Eigen::VectorXd exits() const {
    Eigen::VectorXd total = killing;
    for (Eigen::Index k = 0; k < size(); ++k)
      for (std::int64_t at = start[static_cast<std::size_t>(k)]; at < start[static_cast<std::size_t>(k) + 1]; ++at) total[k] += rate[static_cast<std::size_t>(at)];
    return total;
  }
};

/// From rates(l, k), rate from k to l, as StateReduction takes them; `killing` may be empty.
[[nodiscard]] KilledRows killed_rows(const Eigen::SparseMatrix<double>& rates, const Eigen::VectorXd& killing);

/// The chain run backwards under weights w: rate_kl' = w_l rate_lk / w_k, exits as they are, so that killing' = exits - sum_l rate_kl', which is
/// what flows into k from outside the chain where w is stationary (and rounding about 0 elsewhere; below 0 it is set to 0).
[[nodiscard]] KilledRows reversed(const KilledRows& rows, const Eigen::VectorXd& log_weight);

} // namespace driftwell

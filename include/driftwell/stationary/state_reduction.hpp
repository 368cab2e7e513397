#pragma once
// Elimination of the states of a Markov chain without a single subtraction (Grassmann, Taksar, Heyman 1985; O'Cinneide
// 1993): steady laws and first-passage quantities with entrywise relative accuracy, however small or metastable.
#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <memory>
#include <vector>

namespace driftwell {

/// State k leaves to l at rate q_kl >= 0 and out of the chain at rate kappa_k >= 0. Eliminating k leaves the chain watched
/// on the other states:
///   s_k = sum_l q_kl + kappa_k,   q_ij += q_ik q_kj / s_k,   kappa_i += q_ik kappa_k / s_k        (l, i, j still there)
/// The diagonal is never formed as a difference, so relative errors only add up: about n times the machine's precision
/// in every entry, independent of how far rates and results are apart. The order of elimination is given (nested
/// dissection keeps the fill of a grid small); states are eliminated in blocks, as dense fronts. Fronts hold doubles, or
/// long doubles where a product would leave the range of doubles; right sides and results are long doubles, whose
/// range (1e-4932) covers barriers of 11 000 temperatures.
class StateReduction {
public:
  using Vector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

  /// rates(l, k), l != k: rate from k to l; its diagonal is ignored. killing: empty, or one rate a state. ranks[k]: place
  /// of state k in the order of elimination. Throws NumericalFailure: a rate that is negative or not finite.
  StateReduction(const Eigen::SparseMatrix<double>& rates, const Eigen::VectorXd& killing, const std::vector<int>& ranks);
  ~StateReduction();
  StateReduction(StateReduction&&) noexcept;
  StateReduction& operator=(StateReduction&&) noexcept;

  /// p with sum_k p_k q_kl = p_l sum_j q_lj and sum 1, for a chain without killing. States that are left for ever have
  /// exactly 0. Throws NumericalFailure where several parts of the chain exchange nothing.
  [[nodiscard]] Vector stationary() const;

  /// x >= 0 with (sum_l q_kl + kappa_k) x_k = b_k + sum_l q_kl x_l, b >= 0: what is collected at rate b until killed, from
  /// each state. Throws NumericalFailure where some state is never killed.
  [[nodiscard]] Vector collected(const Vector& b) const;

  /// y >= 0 with (sum_k q_lk + kappa_l) y_l = c_l + sum_k y_k q_kl, c >= 0: time spent in each state by what is fed in at
  /// rate c. Throws NumericalFailure where some state is never killed.
  [[nodiscard]] Vector occupied(const Vector& c) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace driftwell

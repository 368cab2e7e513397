#pragma once
// Moments of a cloud.
#include "driftwell/estimators/estimate.hpp"

#include <vector>

namespace driftwell::estimators {

/// Mean and covariance in d variables of n independent samples.
///   mean m_i, standard error sqrt(S_ii / n)
///   covariance S_ij = sum (x_i - m_i)(x_j - m_j) / (n - 1), variance of its error
///     (mu_iijj - S_ij^2) / n + (S_ii S_jj + S_ij^2) / (n (n - 1)),  mu_iijj the joint fourth central moment
///   (exact with the true moments; Kendall and Stuart, vol. 1, ch. 10 and 13), never below 0.
struct Moments {
  std::size_t count = 0;
  std::vector<Estimate> mean;       ///< d
  std::vector<Estimate> covariance; ///< d x d, row by row, symmetric
};

/// Sums for Moments over any number of calls: memory d (2 d + 1), cost n d^2 / 2. Samples of all calls count as independent.
/// The bits of the result depend on how the samples are spread over calls, not on threads.
class MomentAccumulator {
public:
  explicit MomentAccumulator(std::size_t dimension); ///< std::invalid_argument for 0
  /// n samples. NumericalFailure for one that is not finite; std::invalid_argument for another number of columns.
  void add(Columns columns, std::size_t n);
  void merge(const MomentAccumulator& other);
  [[nodiscard]] std::size_t count() const { return count_; }
  /// NumericalFailure for fewer than 2 samples, or when the sums overflow.
  [[nodiscard]] Moments result() const;

private:
  void add_block(Columns columns, std::size_t first, std::size_t n);
  void move_origin(std::span<const double> shift); ///< to origin - shift: every sample grows by shift

  std::size_t dimension_, count_ = 0;
  std::vector<double> origin_;     ///< sums are of y = x - origin, near the first samples, so that little cancels
  std::vector<double> first_;      ///< sum y_i
  std::vector<double> products_;   ///< sum y_i y_j
  std::vector<double> skew_;       ///< sum y_i^2 y_j
  std::vector<double> fourth_;     ///< sum y_i^2 y_j^2
};

[[nodiscard]] Moments moments(Columns columns, std::size_t n);

/// Central moments m_r = (1/n) sum (x - mean)^r, r = 2 .. order, of one variable and its shape. Errors by the influence function:
///   m_r: (x - mean)^r - m_r - r m_(r-1) (x - mean);
///   skewness g = m_3 / m_2^(3/2): z^3 - 3 z - g - (3/2) g (z^2 - 1);
///   kurtosis k = m_4 / m_2^2: z^4 - k - 4 g z - 2 k (z^2 - 1),  z = (x - mean) / sqrt(m_2)  (Hampel et al. 1986).
/// Biases are O(1/n) and not removed.
struct CentralMoments {
  Estimate mean;
  std::vector<Estimate> moment; ///< moment[r] for r = 0 .. order; 0 and 1 are exactly 1 and 0
  Estimate skewness;
  Estimate excess_kurtosis;     ///< k - 3
};

/// std::invalid_argument unless 4 <= order <= 8. NumericalFailure for n < 2, values that are not finite or all equal.
[[nodiscard]] CentralMoments central_moments(std::span<const double> values, std::size_t order = 4);

} // namespace driftwell::estimators

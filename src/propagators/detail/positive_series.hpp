#pragma once
// exp(tQ) p as a sum of non-negative terms, with every cell accurate relative to itself.
#include "driftwell/generator/stencil.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell {

/// exp(tQ) v = sum_k w_k B^k v, w_k = e^-tau tau^k / k!, tau = t rate, B = I + Q / rate >= 0 (Jensen 1953). Nothing is
/// subtracted, so nothing cancels: a cell 40 decades below its neighbours has as many digits as they.
///
/// Left terms are never dropped: where p falls fast (a cell swept empty by the drift) they carry the cell. On the right
/// the sum ends when, in every cell, what is left out is below `eps` of the cell, by a rigorous bound: from B v <= r v
/// follows B^m v <= r^m v entry by entry, because B >= 0, with r = max (B v)_k / v_k (Collatz-Wielandt).
class PositiveSeries {
public:
  /// Longest tau of one sum: e^-tau then stays far from underflow.
  static constexpr double longest = 512;
  /// State vectors carry this factor, so that probabilities down to 1e-308 lie far above underflow.
  static constexpr int exponent = 512;
  /// Cells below this probability are carried along without a promise.
  static constexpr double faintest = 1e-300;

  explicit PositiveSeries(const Stencil& Q);

  /// Products a unit of time needs at least.
  [[nodiscard]] double rate() const { return rate_; }
  /// Column i: exp(spans[i] Q) state; spans increasing, rate() times the last at most `longest`.
  void advance(const Eigen::VectorXd& state, const std::vector<double>& spans, double eps, Eigen::MatrixXd& columns);

  [[nodiscard]] std::size_t products() const { return products_; }
  /// Bound of the relative error of any cell by what was cut off in the last advance().
  [[nodiscard]] double truncation() const { return truncation_; }

private:
  [[nodiscard]] double growth(const Eigen::VectorXd& before, const Eigen::VectorXd& after) const;

  const Stencil& Q_;
  double rate_, row_sum_, truncation_ = 0;
  std::size_t products_ = 0;
  Eigen::VectorXd here_, next_;
};

} // namespace driftwell

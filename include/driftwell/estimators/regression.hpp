#pragma once
// A straight line through measured points with error bars.
#include "driftwell/estimators/estimate.hpp"

#include <vector>

namespace driftwell::estimators {

struct Line {
  Estimate slope, intercept;
  double r_squared = 0;   ///< 1 - sum w (y - line)^2 / sum w (y - weighted mean)^2, w = 1/error^2; NaN where y is the same everywhere
  double chi_squared = 0; ///< sum of squared residuals in units of the errors
  std::size_t points = 0, degrees = 0; ///< degrees = points - 2, of chi_squared
  [[nodiscard]] double at(double x) const { return intercept.value + slope.value * x; }
};

/// Weighted least squares y = intercept + slope x with weights 1/error^2 (Bevington & Robinson, ch. 6). The errors of slope and intercept are
/// those that the given errors imply: they do not grow where the points do not lie on a line (chi_squared says so).
/// std::invalid_argument for spans of different length; NumericalFailure for fewer than 2 different x, numbers that are not finite, or
/// errors that are not positive.
[[nodiscard]] Line weighted_line(std::span<const double> x, std::span<const Estimate> y);

/// Mean with weights 1/error^2, and its error 1/sqrt(sum of weights). Throws as weighted_line; one point is enough.
[[nodiscard]] Estimate weighted_mean(std::span<const Estimate> y);

} // namespace driftwell::estimators

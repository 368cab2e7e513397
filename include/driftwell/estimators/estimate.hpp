#pragma once
// What every estimator takes and gives. Samples are structures of arrays: one array of n numbers a variable, particle by
// particle. Particles are independent of each other unless a header says otherwise; numbers of one particle need not be.
// Caller's mistakes (shapes, options) throw std::invalid_argument; clouds that do not determine the answer (not finite, too
// few, all equal) throw NumericalFailure. All results have the same bits for every number of threads.
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace driftwell::estimators {

/// A number and the standard deviation of its sampling error.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double standard_error = std::numeric_limits<double>::quiet_NaN();
};

/// One array a variable, all of the same length n, which is passed beside it.
using Columns = std::span<const double* const>;

/// NumericalFailure naming the particle, the variable and the value unless all n numbers of all columns are finite.
void require_finite(Columns columns, std::size_t n, std::string_view quantity);

/// The same for one array.
void require_finite(std::span<const double> values, std::string_view quantity);

/// Particles first .. last-1 of block b when n particles are cut into `blocks` nearly equal consecutive blocks.
struct BlockRange {
  std::size_t first, last;
};
[[nodiscard]] constexpr BlockRange block_range(std::size_t n, std::size_t blocks, std::size_t b) {
  return {n / blocks * b + n % blocks * b / blocks, n / blocks * (b + 1) + n % blocks * (b + 1) / blocks};
}

/// Mean of values and its standard error s / sqrt(n), s^2 the unbiased variance. NumericalFailure for n < 2 or values
/// that are not finite.
[[nodiscard]] Estimate mean_of(std::span<const double> values, std::string_view quantity);

} // namespace driftwell::estimators

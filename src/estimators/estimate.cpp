#include "driftwell/estimators/estimate.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

namespace driftwell::estimators {

void require_finite(Columns columns, std::size_t n, std::string_view quantity) {
  for (std::size_t a = 0; a < columns.size(); ++a)
    for (std::size_t i = 0; i < n; ++i)
      if (!std::isfinite(columns[a][i]))
        throw NumericalFailure(fmt::format("{}: coordinate {} of particle {} is {}", quantity, a + 1, i, columns[a][i]));
}

void require_finite(std::span<const double> values, std::string_view quantity) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) throw NumericalFailure(fmt::format("{}: the value of particle {} is {}", quantity, i, values[i]));
}

Estimate mean_of(std::span<const double> values, std::string_view quantity) {
  const std::size_t n = values.size();
  if (n < 2) throw NumericalFailure(fmt::format("{}: a standard error needs 2 particles, found {}", quantity, n));
  require_finite(values, quantity);
  // About the first value, so that a large common offset costs no digits.
  const double origin = values[0], count = static_cast<double>(n);
  const double shift = deterministic_sum(n, [&](std::size_t i) { return values[i] - origin; }) / count;
  const double mean = origin + shift;
  const double squares = deterministic_sum(n, [&](std::size_t i) { return (values[i] - mean) * (values[i] - mean); });
  const Estimate result{mean, std::sqrt(squares / (count - 1) / count)};
  if (!std::isfinite(result.standard_error)) throw NumericalFailure(fmt::format("{}: the variance of {} values overflows", quantity, n));
  return result;
}

} // namespace driftwell::estimators

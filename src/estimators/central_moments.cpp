#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/estimators/moments.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell::estimators {
namespace {

/// Standard error of an average of influences.
template <class Influence> double error_of(std::size_t n, const Influence& influence) {
  const double squares = deterministic_sum(n, [&](std::size_t i) { return influence(i) * influence(i); });
  return std::sqrt(squares) / static_cast<double>(n);
}

} // namespace

CentralMoments central_moments(std::span<const double> values, std::size_t order) {
  constexpr std::size_t most = 8;
  if (order < 4 || order > most) throw std::invalid_argument(fmt::format("central moments of order 4 to {}, not {}", most, order));
  const std::size_t n = values.size();
  CentralMoments result;
  result.mean = mean_of(values, "central moments");
  const double mean = result.mean.value, sigma = result.mean.standard_error * std::sqrt(static_cast<double>(n - 1));
  if (!(sigma > 0)) throw NumericalFailure(fmt::format("central moments: all {} values are {}: no scale", n, values[0]));
  // z = (x - mean) / sigma, so that high powers stay in range. sigma^2 = m_2 (divisor n).
  const auto z = [&](std::size_t i) { return (values[i] - mean) / sigma; };
  const auto sums = deterministic_sums<most + 1>(n, [&](std::size_t i) {
    std::array<double, most + 1> powers{1.0};
    for (std::size_t r = 1; r <= most; ++r) powers[r] = powers[r - 1] * z(i);
    return powers;
  });
  std::array<double, most + 1> m{};
  for (std::size_t r = 0; r <= most; ++r) m[r] = sums[r] / static_cast<double>(n);
  result.moment = {{1, 0}, {0, 0}};
  for (std::size_t r = 2; r <= order; ++r) {
    const double power = std::pow(sigma, static_cast<double>(r));
    const double error = error_of(n, [&](std::size_t i) {
      double zr = z(i);
      for (std::size_t s = 1; s < r; ++s) zr *= z(i);
      return zr - m[r] - static_cast<double>(r) * m[r - 1] * z(i);
    });
    result.moment.push_back({m[r] * power, error * power});
  }
  const double g = m[3], k = m[4];
  result.skewness = {g, error_of(n, [&](std::size_t i) {
                       const double t = z(i);
                       return t * t * t - 3 * t - g - 1.5 * g * (t * t - 1);
                     })};
  result.excess_kurtosis = {k - 3, error_of(n, [&](std::size_t i) {
                              const double t = z(i), tt = t * t;
                              return tt * tt - k - 4 * g * t - 2 * k * (tt - 1);
                            })};
  return result;
}

} // namespace driftwell::estimators

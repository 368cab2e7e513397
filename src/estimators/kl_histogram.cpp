#include "driftwell/core/error.hpp"
#include "driftwell/estimators/divergence.hpp"

#include <boost/math/special_functions/digamma.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

using boost::math::digamma;

/// E[n_k G(n_k)] = lambda log lambda to all powers of 1/lambda for a Poisson count.
double grassberger(double count, bool odd) {
  return digamma(count) + (odd ? -0.5 : 0.5) * (digamma((count + 1) / 2) - digamma(count / 2));
}

double log_total(std::span<const double> logs) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::size_t k = 0; k < logs.size(); ++k) {
    if (std::isnan(logs[k]) || logs[k] == std::numeric_limits<double>::infinity())
      throw NumericalFailure(fmt::format("kl: log probability of cell {} is {}", k, logs[k]));
    largest = std::max(largest, logs[k]);
  }
  if (std::isinf(largest)) throw NumericalFailure("kl: no cell has a probability above 0");
  for (const double l : logs) sum += std::exp(l - largest);
  return largest + std::log(sum);
}

} // namespace

HistogramDivergence kl_histogram(const Histogram& cloud, std::span<const double> log_probabilities, BiasCorrection correction) {
  const auto& counts = cloud.counts();
  if (log_probabilities.size() != counts.size())
    throw std::invalid_argument(fmt::format("kl: {} probabilities for {} cells", log_probabilities.size(), counts.size()));
  if (cloud.inside() == 0) throw NumericalFailure("kl: no particle is on the grid");
  const double n = static_cast<double>(cloud.inside()), normal = log_total(log_probabilities);
  HistogramDivergence result;
  result.outside = cloud.outside();
  double plain = 0, squares = 0, better = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] == 0) continue;
    const double log_q = log_probabilities[k] - normal, count = static_cast<double>(counts[k]), p = count / n;
    if (std::isinf(log_q)) throw NumericalFailure(fmt::format("kl: {} particles in cell {}, whose probability is 0: KL is infinite", counts[k], k));
    const double ratio = std::log(p) - log_q;
    ++result.occupied;
    plain += p * ratio;
    squares += p * ratio * ratio;
    better += p * (grassberger(count, counts[k] % 2 == 1) - std::log(count));
  }
  const double cells = static_cast<double>(result.occupied) - 1;
  if (correction == BiasCorrection::miller_madow) result.correction = -cells / (2 * n);
  if (correction == BiasCorrection::grassberger) result.correction = better;
  result.kl = {plain + result.correction, std::sqrt(std::max(0.0, squares - plain * plain) / n + cells / (2 * n * n))};
  return result;
}

} // namespace driftwell::estimators

#include "driftwell/estimators/autocorrelation.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/simd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

enum Quantity : std::size_t { pairs, early, late, products, quantities };

DRIFTWELL_MULTIVERSION double product_sum(const double* x, const double* y, std::size_t n) {
  double lane[8] = {}, total = 0;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t l = 0; l < 8; ++l) lane[l] += x[i + l] * y[i + l];
  for (std::size_t l = 0; i < n; ++i, ++l) lane[l] += x[i] * y[i];
  for (const double sum : lane) total += sum;
  return total;
}

double covariance(std::span<const double> sums, std::size_t lag) {
  const double* s = sums.data() + lag * quantities;
  return s[products] / s[pairs] - s[early] / s[pairs] * (s[late] / s[pairs]);
}

/// C(0 .. lags), C(l)/C(0), mean, tau at a fixed window.
std::vector<double> curves(std::span<const double> sums, std::size_t lags, std::size_t window) {
  std::vector<double> out(2 * (lags + 1) + 2);
  for (std::size_t l = 0; l <= lags; ++l) out[l] = covariance(sums, l);
  double tau = 0.5;
  for (std::size_t l = 0; l <= lags; ++l) {
    out[lags + 1 + l] = out[l] / out[0];
    if (l > 0 && l <= window) tau += out[l] / out[0];
  }
  out[2 * lags + 2] = sums[early] / sums[pairs];
  out[2 * lags + 3] = tau;
  return out;
}

} // namespace

AutocorrelationAccumulator::AutocorrelationAccumulator(std::size_t series, std::size_t lags, std::size_t blocks)
    : series_(series), lags_(lags), ring_((lags + 1) * series),
      sums_(blocks ? blocks : std::clamp<std::size_t>(series, 2, 32), (lags + 1) * quantities) {
  if (series < 2 || sums_.blocks() > series) throw std::invalid_argument("an autocorrelation needs at least 2 series and no more blocks than series");
  ring_sums_.resize((lags + 1) * sums_.blocks());
}

void AutocorrelationAccumulator::add(std::span<const double> values) {
  if (values.size() != series_) throw std::invalid_argument(fmt::format("autocorrelation of {} series got {} values", series_, values.size()));
  require_finite(values, fmt::format("autocorrelation, call {}", times_ + 1));
  if (times_ == 0) reference_ = mean_of(values, "autocorrelation").value;
  const std::size_t slots = lags_ + 1, blocks = sums_.blocks(), now = times_ % slots;
  for (std::size_t i = 0; i < series_; ++i) ring_[now * series_ + i] = values[i] - reference_;
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto [first, last] = block_range(series_, blocks, b);
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += ring_[now * series_ + i];
    ring_sums_[now * blocks + b] = sum;
  }
  const std::size_t reach = std::min(times_, lags_);
#pragma omp parallel for schedule(static) if (series_ * reach > 10'000)
  for (std::size_t l = 0; l <= reach; ++l) {
    const std::size_t then = (times_ - l) % slots;
    for (std::size_t b = 0; b < blocks; ++b) {
      const auto [first, last] = block_range(series_, blocks, b);
      double* s = sums_.of(b).data() + l * quantities;
      s[pairs] += static_cast<double>(last - first);
      s[early] += ring_sums_[then * blocks + b];
      s[late] += ring_sums_[now * blocks + b];
      s[products] += product_sum(&ring_[then * series_ + first], &ring_[now * series_ + first], last - first);
    }
  }
  ++times_;
}

void AutocorrelationAccumulator::keep(State& state) {
  state(times_);
  state(reference_);
  state(ring_);
  state(ring_sums_);
  sums_.keep(state);
}

Autocorrelation AutocorrelationAccumulator::result() const {
  if (times_ < lags_ + 2) throw NumericalFailure(fmt::format("autocorrelation: {} times are too few for lag {}", times_, lags_));
  const std::vector<double> total = sums_.total();
  const double variance = covariance(total, 0);
  if (!(variance > 0) || !std::isfinite(variance)) throw NumericalFailure(fmt::format("autocorrelation: the variance of the series is {}", variance));
  Autocorrelation result;
  double absolute = 0.5;
  while (result.window < lags_ && !result.window_found) {
    absolute += std::abs(covariance(total, ++result.window)) / variance;
    result.window_found = static_cast<double>(result.window) >= 8 * absolute;
  }
  const Resampled all = jackknife(sums_, [&](std::span<const double> sums) { return curves(sums, lags_, result.window); });
  const auto estimate = [&](std::size_t m) { return Estimate{all.value[m], all.standard_error[m]}; };
  for (std::size_t l = 0; l <= lags_; ++l) {
    result.covariance.push_back(estimate(l));
    result.normalised.push_back(estimate(lags_ + 1 + l));
  }
  result.mean = estimate(2 * lags_ + 2);
  result.mean.value += reference_;
  result.integrated_time = estimate(2 * lags_ + 3);
  return result;
}

} // namespace driftwell::estimators

#include "driftwell/estimators/white_noise_test.hpp"

#include "driftwell/core/error.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <fmt/format.h>
#include <unsupported/Eigen/FFT>

#include <algorithm>
#include <complex>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

constexpr double quantile_99 = 2.5758293035489004; // of the normal law, both sides

struct Band {
  double lower, upper;
};

Band band(double degrees) {
  const boost::math::chi_squared law(degrees);
  return {quantile(law, 0.005) / degrees, quantile(law, 0.995) / degrees};
}

void judge(OutsideBand& result) {
  if (result.outside == 0) return;
  const boost::math::binomial law(static_cast<double>(result.all), 0.01);
  result.chance = cdf(complement(law, static_cast<double>(result.outside) - 1));
}

/// Sums over groups in their order.
struct Totals {
  std::vector<double> power, squares;
};

Totals totals_of(const std::vector<std::vector<double>>& periodograms, const std::vector<std::vector<double>>& squares) {
  Totals all{std::vector<double>(periodograms[0].size()), std::vector<double>(periodograms[0].size())};
  for (std::size_t g = 0; g < periodograms.size(); ++g)
    for (std::size_t j = 0; j < all.power.size(); ++j) {
      all.power[j] += periodograms[g][j];
      all.squares[j] += squares[g][j];
    }
  return all;
}

} // namespace

WhiteNoiseTest::WhiteNoiseTest(std::size_t groups, std::size_t variables, std::size_t segment)
    : groups_(groups), variables_(variables), segment_(segment), last_(groups * variables), buffer_(groups * variables * segment),
      periodograms_(groups, std::vector<double>(segment + 1)), squares_(groups, std::vector<double>(segment + 1)) {
  if (groups == 0 || variables == 0 || segment < 8) throw std::invalid_argument("a test for white noise needs a group, a variable and segments of 8 samples");
}

void WhiteNoiseTest::add(std::span<const double> values) {
  if (values.size() != last_.size()) throw std::invalid_argument(fmt::format("white noise: {} series got {} values", last_.size(), values.size()));
  require_finite(values, fmt::format("white noise, call {}", ++calls_));
  if (calls_ > 1) {
    for (std::size_t i = 0; i < values.size(); ++i) buffer_[i * segment_ + filled_] = values[i] - last_[i];
    if (++filled_ == segment_) transform();
  }
  std::copy(values.begin(), values.end(), last_.begin());
}

void WhiteNoiseTest::transform() {
  const std::size_t padded = 2 * segment_;
#pragma omp parallel for schedule(static) if (last_.size() * segment_ > 10'000)
  for (std::size_t g = 0; g < groups_; ++g) { // one thread a group: its sums have one order
    Eigen::FFT<double> fft;
    std::vector<double> y(padded), mean(segment_ + 1);
    std::vector<std::complex<double>> coefficients(padded);
    for (std::size_t v = 0; v < variables_; ++v) {
      std::copy_n(buffer_.data() + (g * variables_ + v) * segment_, segment_, y.begin());
      fft.fwd(coefficients.data(), y.data(), static_cast<Eigen::Index>(padded));
      for (std::size_t j = 0; j <= segment_; ++j) mean[j] += std::norm(coefficients[j]) / static_cast<double>(variables_);
    }
    for (std::size_t j = 0; j <= segment_; ++j) {
      periodograms_[g][j] += mean[j];
      squares_[g][j] += mean[j] * mean[j];
    }
  }
  filled_ = 0;
  ++done_;
}

void WhiteNoiseTest::keep(State& state) {
  for (std::size_t* n : {&filled_, &calls_, &done_}) state(*n);
  state(last_);
  state(buffer_);
  for (auto* groups : {&periodograms_, &squares_})
    for (auto& group : *groups) state(group);
}

WhiteNoise WhiteNoiseTest::result() const {
  if (done_ == 0) throw NumericalFailure(fmt::format("white noise: no segment of {} increments is full", segment_));
  WhiteNoise result;
  result.segments = groups_ * done_;
  const double n = static_cast<double>(result.segments), L = static_cast<double>(segment_);
  const Totals all = totals_of(periodograms_, squares_);
  const std::size_t half = segment_ / 2;
  const auto alone = [&](std::size_t j) { return 2 * j == segment_; }; // f and -f are one
  double scatter = 0, level = 0;
  std::size_t counted = 0;
  for (std::size_t j = 1; j <= half; ++j) {
    const double mean = all.power[2 * j] / n, variance = n > 1 ? std::max(0.0, (all.squares[2 * j] / n - mean * mean) * n / (n - 1)) : std::nan("");
    result.frequency.push_back(static_cast<double>(j) / L);
    result.power.push_back({mean / L, std::sqrt(variance / n) / L});
    level += (alone(j) ? 1 : 2) * mean / L / (L - 1);
    if (alone(j) || !(n > 1) || !(mean > 0)) continue;
    scatter += variance / (mean * mean - variance / n);
    ++counted;
  }
  if (!(level > 0) || !std::isfinite(level)) throw NumericalFailure(fmt::format("white noise: the total power of the increments is {}", level));
  result.white_level = level;
  if (counted > 0 && scatter > 0) result.effective_variables = std::clamp(static_cast<double>(counted) / scatter, 1.0, static_cast<double>(variables_));
  const double degrees = 2 * n * result.effective_variables;
  const Band whole = band(degrees), last = band(degrees / 2);
  result.band_lower = whole.lower, result.band_upper = whole.upper;
  result.last_lower = last.lower, result.last_upper = last.upper;
  for (std::size_t j = 1; j <= half; ++j) {
    const Band& limits = alone(j) ? last : whole;
    const double power = result.power[j - 1].value;
    if (power < limits.lower * level || power > limits.upper * level) ++result.spectrum.outside;
    if (power > result.peak_power) result.peak_power = power, result.peak_frequency = result.frequency[j - 1];
  }
  result.spectrum.all = half;
  judge(result.spectrum);
  // Correlations: the transform back of the padded powers is the sum over t of y_t y_(t+l), without wrapping around.
  const auto correlations = [&](const std::vector<double>& power) {
    Eigen::FFT<double> fft;
    std::vector<std::complex<double>> both(2 * segment_), sums(2 * segment_);
    for (std::size_t j = 0; j <= segment_; ++j) both[j] = both[(2 * segment_ - j) % (2 * segment_)] = power[j];
    fft.inv(sums.data(), both.data(), static_cast<Eigen::Index>(both.size()));
    std::vector<double> c(half + 1);
    for (std::size_t l = 0; l <= half; ++l) c[l] = sums[l].real() / (L - static_cast<double>(l)) / (sums[0].real() / L);
    return c;
  };
  const std::vector<double> c = correlations(all.power);
  std::vector<double> squared(half + 1);
  for (std::size_t g = 0; g < groups_ && groups_ > 1; ++g) { // jackknife over groups
    std::vector<double> rest = all.power;
    for (std::size_t j = 0; j < rest.size(); ++j) rest[j] -= periodograms_[g][j];
    const std::vector<double> without = correlations(rest);
    for (std::size_t l = 0; l <= half; ++l) squared[l] += (without[l] - c[l]) * (without[l] - c[l]);
  }
  for (std::size_t l = 0; l <= half; ++l) {
    const double G = static_cast<double>(groups_);
    result.autocorrelation.push_back({c[l], groups_ > 1 ? std::sqrt(squared[l] * (G - 1) / G) : std::nan("")});
    result.autocorrelation_band.push_back(l == 0 ? 0.0 : quantile_99 / std::sqrt(n * result.effective_variables * (L - static_cast<double>(l))));
    if (l > 0 && std::abs(c[l]) > result.autocorrelation_band[l]) ++result.correlation.outside;
  }
  result.correlation.all = half;
  judge(result.correlation);
  return result;
}

} // namespace driftwell::estimators

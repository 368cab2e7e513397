#include "driftwell/estimators/power_spectrum.hpp"

#include "driftwell/core/error.hpp"

#include <Eigen/Dense>
#include <boost/math/distributions/chi_squared.hpp>
#include <fmt/format.h>
#include <unsupported/Eigen/FFT>

#include <algorithm>
#include <complex>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

/// Frequencies first .. last (indices of S) about the largest power where S is above half of it, at least three if there are.
struct Window {
  std::size_t first, last;
};

Window about_the_peak(const std::vector<double>& S) {
  const auto top = static_cast<std::size_t>(std::max_element(S.begin(), S.end()) - S.begin());
  Window w{top, top};
  while (w.first > 0 && S[w.first - 1] > S[top] / 2) --w.first;
  while (w.last + 1 < S.size() && S[w.last + 1] > S[top] / 2) ++w.last;
  if (w.last - w.first < 2 && w.first > 0) --w.first;
  if (w.last - w.first < 2 && w.last + 1 < S.size()) ++w.last;
  return w;
}

/// Least squares of 1/S = a + b u + c u^2 with weights S^2, u = index less the middle of the window: (index, power) of the vertex,
/// or of the largest power where the parabola has no minimum inside the window.
std::array<double, 2> vertex(const std::vector<double>& S, const Window& w) {
  const double middle = static_cast<double>(w.first + w.last) / 2, half = std::max(1.0, static_cast<double>(w.last - w.first) / 2);
  const auto rows = static_cast<Eigen::Index>(w.last - w.first + 1);
  Eigen::MatrixXd A(rows, 3);
  for (Eigen::Index r = 0; r < rows; ++r) {
    const std::size_t j = w.first + static_cast<std::size_t>(r);
    const double u = (static_cast<double>(j) - middle) / half;
    A.row(r) << S[j], S[j] * u, S[j] * u * u;
  }
  const Eigen::Vector3d fit = A.colPivHouseholderQr().solve(Eigen::VectorXd::Ones(rows));
  const double u = -fit[1] / (2 * fit[2]), least = fit[0] + u * fit[1] / 2;
  if (rows >= 3 && fit[2] > 0 && std::abs(u) <= 1 && least > 0) return {middle + half * u, 1 / least};
  const auto top = std::max_element(S.begin() + static_cast<std::ptrdiff_t>(w.first), S.begin() + static_cast<std::ptrdiff_t>(w.last) + 1);
  return {static_cast<double>(top - S.begin()), *top};
}

std::array<double, 2> band(double degrees) {
  const boost::math::chi_squared law(degrees);
  return {quantile(law, 0.005) / degrees, quantile(law, 0.995) / degrees};
}

} // namespace

PowerSpectrumAccumulator::PowerSpectrumAccumulator(std::size_t series, std::size_t segment, double dt, SpectrumOf of)
    : series_(series), segment_(segment), dt_(dt), of_(of), last_(of == SpectrumOf::increments ? series : 0), buffer_(series * segment),
      sums_(std::clamp<std::size_t>(series, 2, 32), segment / 2 + 1) {
  if (series < 2 || segment < 8 || !(dt > 0) || !std::isfinite(dt)) throw std::invalid_argument("a power spectrum needs 2 series, segments of 8 samples and dt > 0");
}

void PowerSpectrumAccumulator::add(std::span<const double> values) {
  if (values.size() != series_) throw std::invalid_argument(fmt::format("power spectrum of {} series got {} values", series_, values.size()));
  require_finite(values, fmt::format("power spectrum, call {}", ++calls_));
  const bool increments = of_ == SpectrumOf::increments;
  if (!increments || calls_ > 1) {
    for (std::size_t i = 0; i < series_; ++i) buffer_[i * segment_ + filled_] = increments ? values[i] - last_[i] : values[i];
    if (++filled_ == segment_) transform();
  }
  if (increments) std::copy(values.begin(), values.end(), last_.begin());
}

void PowerSpectrumAccumulator::transform() {
  const std::size_t blocks = sums_.blocks(), half = segment_ / 2;
#pragma omp parallel for schedule(static) if (series_ * segment_ > 10'000)
  for (std::size_t b = 0; b < blocks; ++b) { // one thread a block: its sums have one order
    Eigen::FFT<double> fft;
    std::vector<std::complex<double>> coefficients(segment_);
    const auto [first, last] = block_range(series_, blocks, b);
    const auto sums = sums_.of(b);
    for (std::size_t i = first; i < last; ++i) {
      double* y = buffer_.data() + i * segment_;
      double mean = 0;
      for (std::size_t t = 0; t < segment_; ++t) mean += y[t] / static_cast<double>(segment_);
      for (std::size_t t = 0; t < segment_; ++t) y[t] -= mean;
      fft.fwd(coefficients.data(), y, static_cast<Eigen::Index>(segment_));
      for (std::size_t j = 1; j <= half; ++j) sums[j - 1] += std::norm(coefficients[j]);
      sums[half] += 1;
    }
  }
  filled_ = 0;
}

PowerSpectrum PowerSpectrumAccumulator::result() const {
  const std::size_t half = segment_ / 2;
  const std::vector<double> total = sums_.total();
  if (total[half] == 0) throw NumericalFailure(fmt::format("power spectrum: no segment of {} samples is full", segment_));
  const auto powers = [&](std::span<const double> sums) {
    std::vector<double> S(half);
    for (std::size_t j = 0; j < half; ++j) S[j] = sums[j] / sums[half] * dt_ / static_cast<double>(segment_);
    return S;
  };
  const std::vector<double> S = powers(total);
  const auto weight = [&](std::size_t j) { return j + 1 == half && segment_ % 2 == 0 ? 1.0 : 2.0; }; // w and -w
  PowerSpectrum result;
  for (std::size_t j = 0; j < half; ++j) result.white_level += weight(j) * S[j] / static_cast<double>(segment_ - 1);
  if (!(result.white_level > 0) || !std::isfinite(result.white_level)) throw NumericalFailure(fmt::format("power spectrum: the total power is {}", result.white_level));
  const Window window = about_the_peak(S);
  const Resampled all = jackknife(sums_, [&](std::span<const double> sums) {
    std::vector<double> out = powers(sums);
    const auto [place, power] = vertex(out, window);
    out.insert(out.end(), {place, power});
    return out;
  });
  const double unit = 2 * 3.14159265358979323846 / (static_cast<double>(segment_) * dt_);
  result.segments = static_cast<std::size_t>(total[half]);
  const auto whole = band(2 * total[half]), last = band(total[half]);
  result.band_lower = whole[0], result.band_upper = whole[1];
  result.last_lower = last[0], result.last_upper = last[1];
  for (std::size_t j = 0; j < half; ++j) {
    result.frequency.push_back(unit * static_cast<double>(j + 1));
    result.power.push_back({S[j], all.standard_error[j]});
    const auto& limits = weight(j) == 1.0 ? last : whole;
    if (S[j] < limits[0] * result.white_level || S[j] > limits[1] * result.white_level) ++result.outside;
  }
  result.peak = {{unit * (all.value[half] + 1), unit * all.standard_error[half]}, {all.value[half + 1], all.standard_error[half + 1]}};
  return result;
}

} // namespace driftwell::estimators

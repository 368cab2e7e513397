#pragma once
// Power spectra of a cloud's time series or of their increments, with the band of white noise.
#include "driftwell/estimators/resampling.hpp"

#include <vector>

namespace driftwell::estimators {

struct SpectrumPeak {
  Estimate frequency;   ///< angular
  Estimate power;
};

/// Averaged periodogram, one-sided in frequency but not doubled.
struct PowerSpectrum {
  std::vector<double> frequency;   ///< angular, w_j = 2 pi j / (L dt), j = 1 .. L/2; 0 is left out (the mean)
  std::vector<Estimate> power;     ///< S(w) = (dt / L) |sum_t y_t e^(-i w t dt)|^2 averaged; white noise of variance s^2: s^2 dt
  double white_level = 0;          ///< level of white noise with the same total power: the mean power over all frequencies, w and -w
  /// 99 % of the powers of white noise lie between white_level times these: chi^2 quantiles with 2K degrees of freedom over 2K
  /// (K at the last frequency when L is even), K the number of segments averaged. Each frequency on its own.
  double band_lower = 0, band_upper = 0;
  double last_lower = 0, last_upper = 0; ///< for the last frequency
  std::size_t outside = 0;         ///< frequencies outside the band; about 1 in 100 for white noise
  std::size_t segments = 0;        ///< K
  /// Vertex of the parabola fitted to 1/S (weights S^2) over the frequencies about the largest power where S is above half of it:
  /// exact for a Lorentzian line. Errors by the jackknife over blocks, with these frequencies.
  SpectrumPeak peak;
};

/// What is transformed.
enum class SpectrumOf { values, increments };

/// Streams n series sampled at equal times; every L samples (L + 1 values for increments) make a segment, transformed and added
/// up; segments do not overlap, and have their mean taken off. A rectangular window keeps white noise exactly white.
/// Memory n L, whatever the number of times. FFT: Eigen's (kissfft), which is free of the GPL that FFTW would bring, and
/// fast enough: the transform costs about as much a sample as drawing one normal number.
/// Errors: jackknife over blocks of series (32 at most), which must be independent.
class PowerSpectrumAccumulator {
public:
  /// std::invalid_argument unless series >= 2, segment >= 8 and dt > 0.
  PowerSpectrumAccumulator(std::size_t series, std::size_t segment, double dt, SpectrumOf of = SpectrumOf::increments);
  /// One value a series. NumericalFailure naming the series unless all are finite.
  void add(std::span<const double> values);
  /// NumericalFailure before the first segment is full, or when nothing varies.
  [[nodiscard]] PowerSpectrum result() const;

private:
  void transform();

  std::size_t series_, segment_, filled_ = 0, calls_ = 0;
  double dt_;
  SpectrumOf of_;
  std::vector<double> last_, buffer_; ///< buffer: series x segment
  BlockSums sums_;                    ///< |FFT|^2 at j = 1 .. L/2, and the number of segments
};

} // namespace driftwell::estimators

#pragma once
// Time series of a cloud in a steady state: autocorrelation and its time.
#include "driftwell/estimators/resampling.hpp"

#include <vector>

namespace driftwell::estimators {

struct Autocorrelation {
  std::vector<Estimate> covariance; ///< C(l) = E (y(t) - mean)(y(t+l) - mean), l = 0 .. lags
  std::vector<Estimate> normalised; ///< C(l) / C(0); exactly 1 at l = 0
  /// Integrated time tau = 1/2 + sum_l C(l)/C(0) up to the window W, the least lag >= 5 tau (Sokal 1997), in samples; the error by
  /// the jackknife over blocks at this fixed W. The mean of N samples has the variance 2 tau C(0) / N.
  Estimate integrated_time;
  std::size_t window = 0;
  bool window_found = false;        ///< false: no lag was long enough; tau is then too small
  Estimate mean;
};

/// Streams series y_i(t), i < n, sampled at equal times, one call a time. Series are cut into blocks, which are the unit of the
/// standard errors: series of different blocks must be independent. The sums are of products about a fixed reference (the
/// mean of the first call), so nothing is lost for large means.
/// Memory n (lags + 1) for the last values and blocks x lags for the sums, whatever the number of times; a call costs n lags.
/// Errors: jackknife over blocks of all particles, with the mean recomputed. The estimate of C has the small bias
/// -2 tau C(0) / N.
class AutocorrelationAccumulator {
public:
  /// std::invalid_argument unless 2 <= series, and 2 <= blocks <= series (0: at most 32).
  AutocorrelationAccumulator(std::size_t series, std::size_t lags, std::size_t blocks = 0);
  /// One value a series. NumericalFailure naming series and call unless all are finite.
  void add(std::span<const double> values);
  [[nodiscard]] std::size_t times() const { return times_; }
  /// NumericalFailure for fewer than lags + 2 times, or when nothing varies.
  [[nodiscard]] Autocorrelation result() const;

private:
  std::size_t series_, lags_, times_ = 0;
  double reference_ = 0;
  std::vector<double> ring_; ///< (lags + 1) x series: the last values less the reference
  BlockSums sums_;           ///< a lag: pairs, sum of early, sum of late, sum of products
};

} // namespace driftwell::estimators

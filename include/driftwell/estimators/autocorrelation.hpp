#pragma once
// Time series of a cloud in a steady state: autocorrelation and its time.
#include "driftwell/estimators/resampling.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace driftwell::estimators {

struct Autocorrelation {
  std::vector<Estimate> covariance; ///< C(l) = E (y(t) - mean)(y(t+l) - mean), l = 0 .. lags
  std::vector<Estimate> normalised; ///< C(l) / C(0); exactly 1 at l = 0
  /// Integrated time tau = 1/2 + sum_(1..W) C(l)/C(0), in samples; the error by the jackknife over blocks at fixed W. The mean of N
  /// samples has the variance 2 tau C(0) / N. Window W: the least lag >= 8 (1/2 + sum_(1..W) |C(l)/C(0)|) (Sokal 1997 with the
  /// absolute value, so that an oscillation does not end the sum while it is still large).
  Estimate integrated_time;
  std::size_t window = 0;
  bool window_found = false;        ///< false: no lag was long enough; tau is then too small
  Estimate mean;
};

/// Streams series y_i(t), i < n, sampled at equal times, one call a time. Series are cut into blocks, which are the unit of the
/// standard errors: series of different blocks must be independent. The sums are of products about a fixed reference (the
/// mean of the first call), so nothing is lost for large means. C(l) = mean of y(t) y(t+l) less the product of the means of
/// both factors; its bias is about -2 tau C(0) / N, N the number of samples. Memory n (lags + 1) + 4 blocks lags, whatever the
/// number of times; a call costs n lags.
class AutocorrelationAccumulator {
public:
  /// std::invalid_argument unless 2 <= series, and 2 <= blocks <= series (0: at most 32).
  AutocorrelationAccumulator(std::size_t series, std::size_t lags, std::size_t blocks = 0);
  /// One value a series. NumericalFailure naming series and call unless all are finite.
  void add(std::span<const double> values);
  [[nodiscard]] std::size_t times() const { return times_; }
  /// NumericalFailure for fewer than lags + 2 times, or when nothing varies.
  [[nodiscard]] Autocorrelation result() const;
  /// All that changes, by name: state(name, member) saves it, or loads it into an accumulator of the same shape.
  template <class State> void keep(State& state, const std::string& name) {
    state(name + "/times", times_);
    state(name + "/reference", reference_);
    state(name + "/ring", ring_);
    state(name + "/ring_sums", ring_sums_);
    sums_.keep(state, name + "/sums");
  }

private:
  std::size_t series_, lags_, times_ = 0;
  double reference_ = 0;
  std::vector<double> ring_;      ///< (lags + 1) x series: the last values less the reference
  std::vector<double> ring_sums_; ///< (lags + 1) x blocks: their sums
  BlockSums sums_;           ///< a lag: pairs, sum of early, sum of late, sum of products
};

} // namespace driftwell::estimators

#pragma once
// Are the increments of a trajectory in many variables white noise? Spectrum and autocorrelation, averaged over the variables, with the
// bands in which white noise would keep them (the test for closed orbits of Chaudhari & Soatto 2018, section 4).
#include "driftwell/estimators/estimate.hpp"

#include <string>
#include <vector>

namespace driftwell::estimators {

/// Share of the numbers outside of a band of 99 %, each number on its own, and how likely that many or more are for white noise
/// (binomial, the numbers taken for independent).
struct OutsideBand {
  std::size_t outside = 0, all = 0;
  double chance = 1;
};

struct WhiteNoise {
  std::vector<double> frequency;   ///< cycles a sample, j / L for j = 1 .. L/2
  std::vector<Estimate> power;     ///< |sum_t y_t e^(-2 pi i j t / L)|^2 / L, averaged over variables, groups and segments; white noise: its variance
  double white_level = 0;          ///< mean over all frequencies, f and -f
  double band_lower = 0, band_upper = 0; ///< 99 % of the powers of white noise, times white_level; chi^2 with 2 n K degrees
  double last_lower = 0, last_upper = 0; ///< at L/2 where L is even: n K degrees
  OutsideBand spectrum;
  std::vector<Estimate> autocorrelation; ///< lags 0 .. L/2: sum y_t y_(t+l) / (L - l) over sum y_t^2 / L, both averaged; the mean counts as 0
  std::vector<double> autocorrelation_band; ///< 99 % of those of white noise lie within plus or minus this; 0 at lag 0
  OutsideBand correlation;               ///< of lags 1 .. L/2
  double peak_frequency = 0, peak_power = 0; ///< of the largest power
  std::size_t segments = 0;              ///< n: groups times segments of each
  /// K: independent variables that would scatter like the average of those there are; (tr C)^2 / tr C^2 for white noise of covariance C.
  /// Measured from the scatter of the n averaged periodograms, 1 where n = 1: variables are not independent (all see the same batch).
  double effective_variables = 1;
};

/// Streams G groups (independent replicas) of V variables; every L increments make a segment, one padded transform a variable gives
/// powers and correlations. Memory G V L. Same bits for any number of threads.
class WhiteNoiseTest {
public:
  /// std::invalid_argument unless groups, variables >= 1 and segment >= 8.
  WhiteNoiseTest(std::size_t groups, std::size_t variables, std::size_t segment);
  /// Values of all variables of the first group, then of the second, ... NumericalFailure unless all are finite.
  void add(std::span<const double> values);
  /// NumericalFailure before the first segment is full, or when nothing moves.
  [[nodiscard]] WhiteNoise result() const;
  /// All that changes, by name: state(name, member) saves it, or loads it into a test of the same shape.
  template <class State> void keep(State& state, const std::string& name) {
    for (auto [member, place] : {std::pair{"/filled", &filled_}, {"/calls", &calls_}, {"/done", &done_}}) state(name + member, *place);
    state(name + "/last", last_);
    state(name + "/buffer", buffer_);
    state(name + "/periodograms", periodograms_);
    state(name + "/squares", squares_);
  }

private:
  void transform();

  std::size_t groups_, variables_, segment_, filled_ = 0, calls_ = 0, done_ = 0;
  std::vector<double> last_, buffer_;           ///< buffer: (group, variable) x segment
  std::vector<std::vector<double>> periodograms_; ///< a group: sums over its segments of the averaged |F_j|^2 (padded), j = 0 .. L
  std::vector<std::vector<double>> squares_;      ///< and of their squares
};

} // namespace driftwell::estimators

#pragma once
// Time series of [langevin]: expressions of the first particles, sampled every so many steps. Told from them: the autocorrelation and its integrated
// time, spectrum and autocorrelation of the increments beside the bands of white noise, rotation in a plane. Everything is streamed: memory is
// particles times lags and segment, whatever the number of steps.
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/ensemble/walls.hpp"
#include "driftwell/estimators/autocorrelation.hpp"
#include "driftwell/estimators/white_noise_test.hpp"
#include "driftwell/estimators/winding.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/record/result_file.hpp"
#include "checkpoints.hpp"
#include "time_steps.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::run {

class LangevinSeries {
public:
  /// `names`: of the rows of the ensemble. Throws InvalidExperiment where steps are unequal, samples too few, walls absorb, or the plane has a
  /// periodic axis.
  LangevinSeries(const input::Spec& spec, const std::vector<std::string>& names, const TimeSteps& steps, const Walls& walls);

  static constexpr std::uint64_t never = ~std::uint64_t{0};
  /// The next number of steps made, >= `step`, after which it wants to look; or never.
  [[nodiscard]] std::uint64_t next(std::uint64_t step) const;
  /// Throws NumericalFailure where an expression has no finite value.
  void look(const Ensemble& ensemble);

  void declare(record::Group& group) const;
  /// After the last step. Reasons why there is no result go to the warnings.
  void write(record::Group& group, std::vector<std::string>& warnings);
  void json(nlohmann::ordered_json& json) const;
  [[nodiscard]] std::string words() const;

  /// All sums so far, to a checkpoint or back.
  void keep(SectionState& state);

private:
  void write_autocorrelation(record::Group& group, std::vector<std::string>& warnings);
  void write_spectrum(record::Group& group, std::vector<std::string>& warnings);
  void write_rotation(record::Group& group, std::vector<std::string>& warnings);

  const input::LangevinSeriesSpec& spec_;
  std::vector<std::string> names_;     ///< of the expressions
  std::size_t particles_, lags_, segment_;
  std::uint64_t every_, first_ = 0;    ///< in steps
  double interval_ = 0;                ///< time between two samples
  std::size_t samples_ = 0;            ///< there will be
  expression::Tape tape_;              ///< the expressions, then the plane
  std::vector<double> values_;         ///< output by output
  std::vector<estimators::AutocorrelationAccumulator> correlations_;
  std::vector<estimators::WhiteNoiseTest> spectra_;
  std::optional<estimators::WindingAccumulator> winding_;
  std::vector<std::optional<estimators::Autocorrelation>> autocorrelation_;
  std::vector<std::optional<estimators::WhiteNoise>> white_;
  std::optional<estimators::WindingAccumulator::Result> rotation_;
};

/// Bytes that time series of a model in d variables keep, roughly.
[[nodiscard]] double series_bytes(const input::LangevinSeriesSpec& spec, std::size_t d);

} // namespace driftwell::run

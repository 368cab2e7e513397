#pragma once
// The test for white noise as datasets: one series after the other, each with power and autocorrelation of its increments beside the bands.
#include "driftwell/estimators/white_noise_test.hpp"
#include "driftwell/record/result_file.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace driftwell::run {

struct WhiteNoiseColumns {
  std::vector<double> power, power_error, lower, upper, correlation, correlation_error, correlation_band;

  void append(const estimators::WhiteNoise& white);
  /// NaN for a series of which there is no result; `length`: increments in a segment.
  void append_none(std::size_t length);
};

/// increment_spectrum and increment_autocorrelation with `prefix` before their names, over `series` (its dimensions, if any), `frequency` and
/// `lag`; "of" as the words behind "power of the increments".
void declare_white_noise(record::Group& group, const std::string& prefix, std::vector<std::string> series, const std::string& lag, const std::string& of);
void write_white_noise(record::Group& group, const std::string& prefix, const WhiteNoiseColumns& columns);

/// segments, numbers outside of the bands with their chances, largest and lowest power over that of white noise.
[[nodiscard]] nlohmann::ordered_json white_noise_json(const estimators::WhiteNoise& white);
/// Three lines for a person.
[[nodiscard]] std::string white_noise_words(const estimators::WhiteNoise& white);

} // namespace driftwell::run

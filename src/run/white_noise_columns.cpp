#include "white_noise_columns.hpp"

#include <fmt/format.h>

#include <limits>

namespace driftwell::run {

namespace {

using estimators::Estimate;
using estimators::WhiteNoise;

void append_to(std::vector<double>& values, std::vector<double>& errors, const std::vector<Estimate>& estimates) {
  for (const Estimate& e : estimates) values.push_back(e.value), errors.push_back(e.standard_error);
}

/// The last frequency of an even length has half the degrees of freedom.
bool half_degrees(const WhiteNoise& white, std::size_t j) { return j + 1 == white.frequency.size() && white.frequency[j] == 0.5; }

} // namespace

void WhiteNoiseColumns::append(const WhiteNoise& white) {
  append_to(power, power_error, white.power);
  append_to(correlation, correlation_error, white.autocorrelation);
  for (std::size_t j = 0; j < white.frequency.size(); ++j) {
    const bool half = half_degrees(white, j);
    lower.push_back((half ? white.last_lower : white.band_lower) * white.white_level);
    upper.push_back((half ? white.last_upper : white.band_upper) * white.white_level);
  }
  correlation_band.insert(correlation_band.end(), white.autocorrelation_band.begin(), white.autocorrelation_band.end());
}

void WhiteNoiseColumns::append_none(std::size_t length) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (auto* column : {&power, &power_error, &lower, &upper}) column->insert(column->end(), length / 2, none);
  for (auto* column : {&correlation, &correlation_error, &correlation_band}) column->insert(column->end(), length / 2 + 1, none);
}

void declare_white_noise(record::Group& group, const std::string& prefix, std::vector<std::string> series, const std::string& lag, const std::string& of) {
  std::vector<std::string> over_lags = series;
  series.emplace_back("frequency");
  over_lags.push_back(lag);
  const auto one = [&](const std::string& name, const std::vector<std::string>& dimensions, const std::string& words) {
    group.variable(prefix + name, dimensions, {{"long_name", words}});
  };
  one("increment_spectrum", series, "power of the increments" + of);
  one("increment_spectrum_stderr", series, "standard error of " + prefix + "increment_spectrum");
  one("increment_spectrum_lower", series, "99 % of the powers of white noise lie above this and below " + prefix + "increment_spectrum_upper");
  one("increment_spectrum_upper", series, "upper limit of the band of white noise");
  one("increment_autocorrelation", over_lags, "autocorrelation of the increments" + of);
  one("increment_autocorrelation_stderr", over_lags, "standard error of " + prefix + "increment_autocorrelation");
  one("increment_autocorrelation_band", over_lags, "99 % of the autocorrelations of white noise lie within plus or minus this");
}

void write_white_noise(record::Group& group, const std::string& prefix, const WhiteNoiseColumns& columns) {
  group.write(prefix + "increment_spectrum", columns.power);
  group.write(prefix + "increment_spectrum_stderr", columns.power_error);
  group.write(prefix + "increment_spectrum_lower", columns.lower);
  group.write(prefix + "increment_spectrum_upper", columns.upper);
  group.write(prefix + "increment_autocorrelation", columns.correlation);
  group.write(prefix + "increment_autocorrelation_stderr", columns.correlation_error);
  group.write(prefix + "increment_autocorrelation_band", columns.correlation_band);
}

nlohmann::ordered_json white_noise_json(const WhiteNoise& white) {
  return {{"segments", white.segments},
          {"frequencies", white.spectrum.all},
          {"outside", white.spectrum.outside},
          {"chance", white.spectrum.chance},
          {"autocorrelation_outside", white.correlation.outside},
          {"autocorrelation_chance", white.correlation.chance},
          {"peak_frequency", white.peak_frequency},
          {"peak_over_white", white.peak_power / white.white_level},
          {"lowest_over_white", white.power.front().value / white.white_level}};
}

std::string white_noise_words(const WhiteNoise& white) {
  std::string text = fmt::format("  {:<20} {} of {} frequencies outside the 99 % band of white noise (chance {:.2g})\n", "increments", white.spectrum.outside, white.spectrum.all, white.spectrum.chance);
  text += fmt::format("  {:<20} {} of {} lags outside the band (chance {:.2g})\n", "autocorrelation", white.correlation.outside, white.correlation.all, white.correlation.chance);
  return text + fmt::format("  {:<20} {:.3g} of white noise at the lowest frequency, at most {:.3g} at {:.4g} cycles a sample\n", "power", white.power.front().value / white.white_level,
                            white.peak_power / white.white_level, white.peak_frequency);
}

} // namespace driftwell::run

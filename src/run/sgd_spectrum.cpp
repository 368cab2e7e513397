#include "sgd_spectrum.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using estimators::Estimate;
using estimators::WhiteNoise;

constexpr double most_numbers = 1e7; // kept of the increments of all weights

/// All weights, or so many of them, evenly, that their increments fit in memory.
std::vector<std::size_t> chosen(std::size_t d, std::size_t replicas, std::size_t length) {
  const double room = most_numbers / (static_cast<double>(replicas) * static_cast<double>(length));
  const std::size_t count = std::min(d, std::max<std::size_t>(1, static_cast<std::size_t>(room)));
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < count; ++i) indices.push_back(i * d / count);
  return indices;
}

void split(const std::vector<Estimate>& estimates, std::vector<double>& values, std::vector<double>& errors) {
  for (const Estimate& e : estimates) {
    values.push_back(e.value);
    errors.push_back(e.standard_error);
  }
}

/// Limits of the band at every frequency: the last one of an even length has half the degrees of freedom.
std::vector<double> limits(const WhiteNoise& white, bool upper, std::size_t length) {
  std::vector<double> all(white.frequency.size(), (upper ? white.band_upper : white.band_lower) * white.white_level);
  if (length % 2 == 0) all.back() = (upper ? white.last_upper : white.last_lower) * white.white_level;
  return all;
}

} // namespace

SgdSpectrum::SgdSpectrum(const input::Spec& spec, const sgd::Loss& loss, SgdDirections& directions)
    : spec_(*spec.sgd), directions_(directions), every_(static_cast<std::uint64_t>(spec_.spectrum_every.value)), length_(static_cast<std::size_t>(spec_.spectrum_length.value)),
      replicas_(static_cast<std::size_t>(spec_.replicas.value)), weights_(chosen(loss.dimension(), replicas_, length_)), all_(replicas_, weights_.size(), length_),
      along_(directions.count(), estimators::WhiteNoiseTest(replicas_, 1, length_)) {
  const std::uint64_t steps = static_cast<std::uint64_t>(spec_.steps.value) - directions.first_step(), samples = steps / every_;
  if (samples < length_ + 1)
    throw invalid(spec_.spectrum_length.origin, fmt::format("the stationary part has {} samples, {} steps apart, for segments of {} increments", samples, every_, length_),
                  {fmt::format("at most {} here; or more steps, an earlier stationary_from, or a smaller spectrum_every", samples > 0 ? samples - 1 : 0), {}, {}});
  if (replicas_ < 2) return;
  values_.assign(directions.count(), estimators::AutocorrelationAccumulator(replicas_, length_ / 2));
}

std::uint64_t SgdSpectrum::next(std::uint64_t step) const {
  const std::uint64_t first = directions_.first_step();
  return step <= first ? first : first + (step - first + every_ - 1) / every_ * every_;
}

void SgdSpectrum::look(const sgd::Process& process) {
  const Eigen::MatrixXd& U = directions_.at(process);
  const auto d = static_cast<Eigen::Index>(process.dimension()), R = static_cast<Eigen::Index>(replicas_);
  std::vector<double> values(replicas_ * weights_.size());
  for (std::size_t r = 0; r < replicas_; ++r)
    for (std::size_t k = 0; k < weights_.size(); ++k) values[r * weights_.size() + k] = process.weights(r)[weights_[k]];
  all_.add(values);
  const Eigen::MatrixXd Y = Eigen::Map<const Eigen::MatrixXd>(process.weights(0), d, R).transpose() * U; // replica, direction
  for (std::size_t k = 0; k < along_.size(); ++k) {
    const std::span<const double> y(Y.col(static_cast<Eigen::Index>(k)).data(), replicas_);
    along_[k].add(y);
    if (!values_.empty()) values_[k].add(y);
  }
  if (replicas_ > 1 && Y.cols() > 1) sweep_area(Y.leftCols(2), process.time());
}

void SgdSpectrum::keep(SectionState& state) {
  all_.keep(state, "spectrum");
  state("spectrum_along", along_);
  state("spectrum_values", values_);
  state("areas", areas_);
  state("area_last", last_);
  state("area_centre", centre_);
  state("area_first_time", first_time_);
  state("area_last_time", last_time_);
}

/// About the mean of the first places: a shift changes the sum by what does not grow with time.
void SgdSpectrum::sweep_area(const Eigen::MatrixXd& Y, double time) {
  if (areas_.empty()) {
    areas_.assign(replicas_, 0.0);
    first_time_ = time;
    centre_ = Y.colwise().mean();
  }
  const Eigen::MatrixXd now = Y.rowwise() - centre_.row(0);
  for (Eigen::Index r = 0; r < last_.rows(); ++r) areas_[static_cast<std::size_t>(r)] += (last_(r, 0) * now(r, 1) - last_(r, 1) * now(r, 0)) / 2;
  last_ = now;
  last_time_ = time;
}

void SgdSpectrum::declare(record::Group& group) const {
  std::vector<double> frequency, lag;
  for (std::size_t j = 1; j <= length_ / 2; ++j) frequency.push_back(static_cast<double>(j) / static_cast<double>(length_));
  for (std::size_t l = 0; l <= length_ / 2; ++l) lag.push_back(static_cast<double>(l));
  group.dimension("frequency", frequency, {{"long_name", fmt::format("cycles a sample; samples are {} steps apart", every_)}});
  group.dimension("lag", lag, {{"long_name", std::string("samples")}});
  const auto pair = [&](const std::string& name, const std::vector<std::string>& dimensions, const std::string& words) {
    group.variable(name, dimensions, {{"long_name", words}});
    group.variable(name + "_stderr", dimensions, {{"long_name", "standard error of " + name}});
  };
  pair("increment_spectrum", {"frequency"}, "power of the increments of the weights, averaged over them");
  group.variable("increment_spectrum_lower", {"frequency"}, {{"long_name", std::string("99 % of the powers of white noise lie above this and below increment_spectrum_upper")}});
  group.variable("increment_spectrum_upper", {"frequency"}, {{"long_name", std::string("upper limit of the band of white noise")}});
  pair("increment_autocorrelation", {"lag"}, "autocorrelation of the increments of the weights, averaged over them");
  group.variable("increment_autocorrelation_band", {"lag"}, {{"long_name", std::string("99 % of the autocorrelations of white noise lie within plus or minus this")}});
  pair("direction_increment_spectrum", {"direction", "frequency"}, "power of the increments along the direction");
  pair("direction_increment_autocorrelation", {"direction", "lag"}, "autocorrelation of the increments along the direction");
  if (!values_.empty()) pair("direction_autocorrelation", {"direction", "lag"}, "autocorrelation of the weights along the direction");
}

void SgdSpectrum::write_weights(record::Group& group) const {
  std::vector<double> power, power_error, correlation, correlation_error;
  split(white_->power, power, power_error);
  split(white_->autocorrelation, correlation, correlation_error);
  group.write("increment_spectrum", power);
  group.write("increment_spectrum_stderr", power_error);
  group.write("increment_spectrum_lower", limits(*white_, false, length_));
  group.write("increment_spectrum_upper", limits(*white_, true, length_));
  group.write("increment_autocorrelation", correlation);
  group.write("increment_autocorrelation_stderr", correlation_error);
  group.write("increment_autocorrelation_band", white_->autocorrelation_band);
  group.attribute("spectrum_every", static_cast<std::int64_t>(every_));
  group.attribute("spectrum_segments", static_cast<std::int64_t>(white_->segments));
  group.attribute("spectrum_weights", static_cast<std::int64_t>(weights_.size()));
  group.attribute("spectrum_effective_weights", white_->effective_variables);
  group.attribute("spectrum_white_level", white_->white_level);
  group.attribute("spectrum_outside", static_cast<std::int64_t>(white_->spectrum.outside));
  group.attribute("spectrum_chance", white_->spectrum.chance);
  group.attribute("autocorrelation_outside", static_cast<std::int64_t>(white_->correlation.outside));
  group.attribute("autocorrelation_chance", white_->correlation.chance);
  group.attribute("spectrum_peak_frequency", white_->peak_frequency);
  group.attribute("spectrum_peak_power", white_->peak_power);
  if (!area_) return;
  group.attribute("area_rate", area_->value);
  group.attribute("area_rate_stderr", area_->standard_error);
}

void SgdSpectrum::write_directions(record::Group& group, std::vector<std::string>& warnings) {
  std::vector<double> power, power_error, correlation, correlation_error, values, values_error;
  const std::vector<Estimate> none_power(length_ / 2), none_lags(length_ / 2 + 1);
  for (std::size_t k = 0; k < along_.size(); ++k) {
    try {
      const WhiteNoise white = along_[k].result();
      split(white.power, power, power_error);
      split(white.autocorrelation, correlation, correlation_error);
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("direction {}: {}", k + 1, failure.what()));
      split(none_power, power, power_error);
      split(none_lags, correlation, correlation_error);
    }
    if (values_.empty()) continue;
    try {
      split(values_[k].result().normalised, values, values_error);
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("direction {}: {}", k + 1, failure.what()));
      split(none_lags, values, values_error);
    }
  }
  group.write("direction_increment_spectrum", power);
  group.write("direction_increment_spectrum_stderr", power_error);
  group.write("direction_increment_autocorrelation", correlation);
  group.write("direction_increment_autocorrelation_stderr", correlation_error);
  if (values_.empty()) return;
  group.write("direction_autocorrelation", values);
  group.write("direction_autocorrelation_stderr", values_error);
}

void SgdSpectrum::write(record::Group& group, const sgd::Process&, std::vector<std::string>& warnings) {
  try {
    white_ = all_.result();
  } catch (const NumericalFailure& failure) {
    warnings.push_back(fmt::format("no spectrum: {}", failure.what()));
    return;
  }
  if (last_time_ > first_time_) {
    std::vector<double> rates = areas_;
    for (double& area : rates) area /= last_time_ - first_time_;
    area_ = sgd::estimate(rates);
  }
  write_weights(group);
  write_directions(group, warnings);
}

void SgdSpectrum::json(nlohmann::ordered_json& json) const {
  if (!white_) return;
  json["spectrum"] = {{"segments", white_->segments},
                      {"frequencies", white_->spectrum.all},
                      {"outside", white_->spectrum.outside},
                      {"chance", white_->spectrum.chance},
                      {"autocorrelation_outside", white_->correlation.outside},
                      {"autocorrelation_chance", white_->correlation.chance},
                      {"effective_weights", white_->effective_variables},
                      {"peak_frequency", white_->peak_frequency},
                      {"peak_over_white", white_->peak_power / white_->white_level},
                      {"lowest_over_white", white_->power.front().value / white_->white_level}};
  if (area_) json["area_rate"] = {{"value", area_->value}, {"standard_error", area_->standard_error}};
}

std::string SgdSpectrum::words() const {
  if (!white_) return {};
  std::string text = fmt::format("  {:<20} {} of {} frequencies outside the 99 % band of white noise (chance {:.2g})\n", "increments", white_->spectrum.outside, white_->spectrum.all, white_->spectrum.chance);
  text += fmt::format("  {:<20} {} of {} lags outside the band (chance {:.2g})\n", "autocorrelation", white_->correlation.outside, white_->correlation.all, white_->correlation.chance);
  text += fmt::format("  {:<20} {:.3g} of white noise at the lowest frequency, at most {:.3g} at {:.4g} cycles a sample\n", "power", white_->power.front().value / white_->white_level,
                      white_->peak_power / white_->white_level, white_->peak_frequency);
  if (area_) text += fmt::format("  {:<20} {:<14.6g} +- {:.1e}: area swept per time along directions 1 and 2, 0 in detailed balance\n", "rotation", area_->value, area_->standard_error);
  return text;
}

} // namespace driftwell::run

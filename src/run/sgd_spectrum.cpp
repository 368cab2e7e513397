#include "sgd_spectrum.hpp"

#include "driftwell/core/error.hpp"
#include "white_noise_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using estimators::Estimate;

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
  declare_white_noise(group, "", {}, "lag", " of the weights, averaged over them");
  declare_white_noise(group, "direction_", {"direction"}, "lag", " along the direction");
  if (!values_.empty()) pair("direction_autocorrelation", {"direction", "lag"}, "autocorrelation of the weights along the direction");
}

void SgdSpectrum::write_weights(record::Group& group) const {
  WhiteNoiseColumns columns;
  columns.append(*white_);
  write_white_noise(group, "", columns);
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
  WhiteNoiseColumns columns;
  std::vector<double> values, values_error;
  const std::vector<Estimate> none(length_ / 2 + 1);
  for (std::size_t k = 0; k < along_.size(); ++k) {
    try {
      columns.append(along_[k].result());
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("direction {}: {}", k + 1, failure.what()));
      columns.append_none(length_);
    }
    if (values_.empty()) continue;
    try {
      split(values_[k].result().normalised, values, values_error);
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("direction {}: {}", k + 1, failure.what()));
      split(none, values, values_error);
    }
  }
  write_white_noise(group, "direction_", columns);
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
  json["spectrum"] = white_noise_json(*white_);
  json["spectrum"]["effective_weights"] = white_->effective_variables;
  if (area_) json["area_rate"] = {{"value", area_->value}, {"standard_error", area_->standard_error}};
}

std::string SgdSpectrum::words() const {
  if (!white_) return {};
  std::string text = white_noise_words(*white_);
  if (area_) text += fmt::format("  {:<20} {:<14.6g} +- {:.1e}: area swept per time along directions 1 and 2, 0 in detailed balance\n", "rotation", area_->value, area_->standard_error);
  return text;
}

} // namespace driftwell::run

#include "langevin_series.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/build.hpp"
#include "white_noise_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using estimators::Estimate;

std::vector<std::string> names_of(const input::Spec& spec) {
  std::vector<std::string> names;
  for (const input::Text& text : spec.langevin->series->of.empty() ? spec.model.variables : spec.langevin->series->of) names.push_back(text.value);
  return names;
}

std::vector<Expression> formulas(const input::Spec& spec) {
  const input::LangevinSeriesSpec& series = *spec.langevin->series;
  const std::size_t d = spec.model.variables.size();
  constexpr std::size_t most_by_default = 10;
  if (series.of.empty() && d > most_by_default)
    throw invalid(series.origin, fmt::format("'series' needs 'of': there are {} variables", d), {fmt::format("of = [...], the expressions that are followed; all variables up to {}", most_by_default), {}, {}});
  std::vector<Expression> all;
  for (std::size_t i = 0; series.of.empty() && i < d; ++i) all.push_back(Expression::variable(i));
  const bool momenta = spec.model.friction.has_value();
  for (const auto* list : {&series.of, &series.plane})
    for (const input::Text& text : *list) all.push_back(build_expression(spec, text, momenta));
  return all;
}

void append(std::vector<double>& values, std::vector<double>& errors, const Estimate& e) {
  values.push_back(e.value);
  errors.push_back(e.standard_error);
}

} // namespace

LangevinSeries::LangevinSeries(const input::Spec& spec, const std::vector<std::string>& names, const TimeSteps& steps, const Walls& walls)
    : spec_(*spec.langevin->series), names_(names_of(spec)), particles_(static_cast<std::size_t>(std::min(spec_.particles.value, spec.langevin->particles.value))),
      lags_(static_cast<std::size_t>(spec_.lags.value)), segment_(static_cast<std::size_t>(spec_.segment.value)), every_(static_cast<std::uint64_t>(spec_.every.value)) {
  const std::vector<Expression> all = formulas(spec);
  if (walls.absorbing())
    throw invalid(spec_.origin, "'series' follows particles to the end, and a wall absorbs them", {"reflecting or periodic walls, or no 'series'", {}, {}});
  for (std::size_t k = names_.size(); k < all.size(); ++k)
    for (std::size_t a = 0; a < walls.axes.size(); ++a)
      if (walls.axes[a].low == WallKind::periodic && all[k].depends_on(a))
        throw invalid(spec_.plane[k - names_.size()].origin, fmt::format("rotation cannot be told across the periodic axis {}", names[a]), {"expressions without it", {}, {}});
  const std::vector<double>& at = spec.time.at;
  if (spec_.from.value >= at.back())
    throw invalid(spec_.from.origin, fmt::format("the first sample, at {:g}, is not before the end of the run, {:g}", spec_.from.value, at.back()), {"a smaller 'from'", {}, {}});
  // Steps are equal from the interval on in which sampling begins.
  const auto output = static_cast<std::size_t>(std::upper_bound(at.begin(), at.end(), spec_.from.value) - at.begin());
  const Clock clock = steps.clock(output);
  for (std::size_t i = output; i < at.size(); ++i)
    if (std::abs(steps.clock(i).dt - clock.dt) > 1e-9 * clock.dt)
      throw invalid(spec_.origin, fmt::format("'series' needs equal steps, and they change from {:g} to {:g} at t = {:g}", clock.dt, steps.clock(i).dt, at[i - 1]),
                    {"outputs at equal distances (spacing = \"linear\"), or distances that are multiples of dt", {}, {}});
  first_ = static_cast<std::uint64_t>(std::max(0.0, std::ceil((spec_.from.value - clock.start) / clock.dt - 1e-6)));
  interval_ = static_cast<double>(every_) * clock.dt;
  samples_ = static_cast<std::size_t>((steps.total() - first_) / every_ + 1);
  const auto enough = [&](std::size_t needed, const input::Setting<std::int64_t>& key, const char* what) {
    if (samples_ < needed)
      throw invalid(key.origin, fmt::format("there are {} samples of the series, {} steps apart: too few for {}", samples_, every_, what),
                    {fmt::format("at least {} samples: a later end, an earlier 'from', a smaller 'every', or fewer", needed), {}, {}});
  };
  if (lags_ > 0) enough(lags_ + 2, spec_.lags, "so many lags");
  if (segment_ > 0) enough(segment_ + 1, spec_.segment, "a segment");
  if (!spec_.plane.empty()) enough(2, spec_.every, "rotation");
  tape_ = expression::Tape(all, names.size());
  values_.resize(all.size() * particles_);
  if (lags_ > 0) correlations_.assign(names_.size(), estimators::AutocorrelationAccumulator(particles_, lags_));
  if (segment_ > 0) spectra_.assign(names_.size(), estimators::WhiteNoiseTest(particles_, 1, segment_));
  if (!spec_.plane.empty()) winding_.emplace(particles_, std::array{spec_.centre[0], spec_.centre[1]});
}

std::uint64_t LangevinSeries::next(std::uint64_t step) const {
  return step <= first_ ? first_ : first_ + (step - first_ + every_ - 1) / every_ * every_;
}

double series_bytes(const input::LangevinSeriesSpec& spec, std::size_t d) {
  const double each = static_cast<double>(spec.lags.value + 1) + 3 * static_cast<double>(spec.segment.value);
  return 8 * static_cast<double>(spec.particles.value) * (each * static_cast<double>(spec.of.empty() ? d : spec.of.size()) + 8);
}

void LangevinSeries::look(const Ensemble& ensemble) {
  expression::Tape::Workspace space(tape_);
  std::vector<const double*> in(ensemble.rows());
  std::vector<double*> out(tape_.outputs());
  for (std::size_t from = 0; from < particles_; from += expression::Tape::strip) {
    const std::size_t n = std::min(expression::Tape::strip, particles_ - from);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = ensemble.row(i).data() + from;
    for (std::size_t o = 0; o < out.size(); ++o) out[o] = values_.data() + o * particles_ + from;
    tape_.evaluate(in, out, n, space);
  }
  const auto of = [&](std::size_t k) { return std::span<const double>(values_).subspan(k * particles_, particles_); };
  for (std::size_t k = 0; k < names_.size(); ++k) {
    if (!correlations_.empty()) correlations_[k].add(of(k));
    if (!spectra_.empty()) spectra_[k].add(of(k));
  }
  if (winding_) winding_->add(of(names_.size()).data(), of(names_.size() + 1).data(), interval_);
}

void LangevinSeries::keep(SectionState& state) {
  state("series/correlations", correlations_);
  state("series/spectra", spectra_);
  if (winding_) winding_->keep(state, "series/winding");
}

void LangevinSeries::declare(record::Group& group) const {
  group.dimension("series", names_, {{"long_name", std::string("expression that is followed")}});
  const auto pair = [&](const std::string& name, const std::vector<std::string>& dimensions, const std::string& words) {
    group.variable(name, dimensions, {{"long_name", words}});
    group.variable(name + "_stderr", dimensions, {{"long_name", "standard error of " + name}});
  };
  if (lags_ > 0) {
    std::vector<double> lag;
    for (std::size_t l = 0; l <= lags_; ++l) lag.push_back(static_cast<double>(l) * interval_);
    group.dimension("lag", lag, {{"long_name", std::string("time between two values")}});
    pair("autocorrelation", {"series", "lag"}, "C(lag) / C(0)");
    pair("series_mean", {"series"}, "mean over particles and samples");
    pair("series_variance", {"series"}, "C(0)");
    pair("integrated_time", {"series"}, "sum of C(lag) / C(0) over lags of both signs, half of it: the variance of a mean over a time t is 2 C(0) integrated_time / t");
  }
  if (segment_ > 0) {
    std::vector<double> frequency, lag;
    for (std::size_t j = 1; j <= segment_ / 2; ++j) frequency.push_back(static_cast<double>(j) / (static_cast<double>(segment_) * interval_));
    for (std::size_t l = 0; l <= segment_ / 2; ++l) lag.push_back(static_cast<double>(l) * interval_);
    group.dimension("frequency", frequency, {{"long_name", std::string("cycles per unit time")}});
    group.dimension("increment_lag", lag, {{"long_name", std::string("time between two increments")}});
    declare_white_noise(group, "", {"series"}, "increment_lag", "");
    for (const char* name : {"spectrum_outside", "spectrum_chance", "spectrum_white_level"}) group.variable(name, {"series"}, {});
  }
  group.attribute("series_every", static_cast<std::int64_t>(every_));
  group.attribute("series_interval", interval_);
  group.attribute("series_samples", static_cast<std::int64_t>(samples_));
  group.attribute("series_particles", static_cast<std::int64_t>(particles_));
}

void LangevinSeries::write(record::Group& group, std::vector<std::string>& warnings) {
  if (lags_ > 0) write_autocorrelation(group, warnings);
  if (segment_ > 0) write_spectrum(group, warnings);
  if (winding_) write_rotation(group, warnings);
}

void LangevinSeries::write_autocorrelation(record::Group& group, std::vector<std::string>& warnings) {
  std::vector<double> c, c_error, mean, mean_error, variance, variance_error, time, time_error;
  const Estimate none;
  for (std::size_t k = 0; k < names_.size(); ++k) {
    autocorrelation_.emplace_back();
    try {
      estimators::Autocorrelation result = correlations_[k].result();
      result.integrated_time.value *= interval_;
      result.integrated_time.standard_error *= interval_;
      if (!result.window_found)
        warnings.push_back(fmt::format("series {}: the integrated time of autocorrelation needs longer lags than {:g}: it is too small", names_[k], static_cast<double>(lags_) * interval_));
      autocorrelation_.back() = std::move(result);
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("series {}: {}", names_[k], failure.what()));
    }
    const auto& result = autocorrelation_.back();
    for (std::size_t l = 0; l <= lags_; ++l) append(c, c_error, result ? result->normalised[l] : none);
    append(mean, mean_error, result ? result->mean : none);
    append(variance, variance_error, result ? result->covariance[0] : none);
    append(time, time_error, result ? result->integrated_time : none);
  }
  const auto write = [&](const std::string& name, const std::vector<double>& values, const std::vector<double>& errors) {
    group.write(name, values);
    group.write(name + "_stderr", errors);
  };
  write("autocorrelation", c, c_error);
  write("series_mean", mean, mean_error);
  write("series_variance", variance, variance_error);
  write("integrated_time", time, time_error);
}

void LangevinSeries::write_spectrum(record::Group& group, std::vector<std::string>& warnings) {
  WhiteNoiseColumns columns;
  std::vector<double> outside, chance, level;
  for (std::size_t k = 0; k < names_.size(); ++k) {
    white_.emplace_back();
    try {
      white_.back() = spectra_[k].result();
      columns.append(*white_.back());
    } catch (const NumericalFailure& failure) {
      warnings.push_back(fmt::format("series {}: {}", names_[k], failure.what()));
      columns.append_none(segment_);
    }
    const auto& white = white_.back();
    outside.push_back(white ? static_cast<double>(white->spectrum.outside) : std::nan(""));
    chance.push_back(white ? white->spectrum.chance : std::nan(""));
    level.push_back(white ? white->white_level : std::nan(""));
  }
  write_white_noise(group, "", columns);
  group.write("spectrum_outside", outside);
  group.write("spectrum_chance", chance);
  group.write("spectrum_white_level", level);
}

void LangevinSeries::write_rotation(record::Group& group, std::vector<std::string>& warnings) {
  try {
    rotation_ = winding_->result();
  } catch (const NumericalFailure& failure) {
    warnings.emplace_back(failure.what());
    return;
  }
  const auto pair = [&](const std::string& name, const Estimate& e) {
    group.attribute(name, e.value);
    group.attribute(name + "_stderr", e.standard_error);
  };
  pair("angular_velocity", rotation_->angular_velocity);
  pair("area_rate", rotation_->area_rate);
  pair("winding", rotation_->winding);
  pair("winding_variance", rotation_->winding_variance);
}

void LangevinSeries::json(nlohmann::ordered_json& json) const {
  const auto estimate = [](const Estimate& e) { return nlohmann::ordered_json{{"value", e.value}, {"standard_error", e.standard_error}}; };
  for (std::size_t k = 0; k < names_.size(); ++k) {
    nlohmann::ordered_json one = nlohmann::ordered_json::object();
    if (k < autocorrelation_.size() && autocorrelation_[k]) one["integrated_time"] = estimate(autocorrelation_[k]->integrated_time);
    if (k < white_.size() && white_[k]) one["spectrum"] = white_noise_json(*white_[k]);
    json["series"][names_[k]] = one;
  }
  if (!rotation_) return;
  json["angular_velocity"] = estimate(rotation_->angular_velocity);
  json["area_rate"] = estimate(rotation_->area_rate);
  json["winding"] = estimate(rotation_->winding);
}

std::string LangevinSeries::words() const {
  std::string text;
  for (std::size_t k = 0; k < names_.size(); ++k) {
    if (k < autocorrelation_.size() && autocorrelation_[k])
      text += fmt::format("  series {}\n  {:<20} {:.6g} +- {:.1e}\n", names_[k], "integrated time", autocorrelation_[k]->integrated_time.value, autocorrelation_[k]->integrated_time.standard_error);
    if (k < white_.size() && white_[k]) text += white_noise_words(*white_[k]);
  }
  if (rotation_)
    text += fmt::format("  {:<20} {:.6g} +- {:.1e} a unit time, area {:.6g} +- {:.1e}\n", "rotation", rotation_->angular_velocity.value, rotation_->angular_velocity.standard_error,
                        rotation_->area_rate.value, rotation_->area_rate.standard_error);
  return text;
}

} // namespace driftwell::run

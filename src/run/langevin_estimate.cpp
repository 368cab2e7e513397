// [langevin] with method = "multilevel" or "extrapolation": the mean of one expression at the end, to a requested error.
#include "langevin.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/build.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

/// The fields of all levels as columns.
struct Columns {
  std::vector<double> level, dt, particles, mean, variance, cost;
  explicit Columns(const std::vector<MeanLevel>& levels) {
    for (std::size_t l = 0; l < levels.size(); ++l) {
      level.push_back(static_cast<double>(l));
      dt.push_back(levels[l].dt);
      particles.push_back(static_cast<double>(levels[l].particles));
      mean.push_back(levels[l].mean);
      variance.push_back(levels[l].variance);
      cost.push_back(levels[l].cost);
    }
  }
};

double steps_taken(const MeanEstimate& estimate) {
  double sum = 0;
  for (const MeanLevel& level : estimate.levels) sum += level.cost * static_cast<double>(level.particles);
  return sum;
}

} // namespace

MeanProblem LangevinSection::mean_problem() const {
  const std::uint64_t seed = static_cast<std::uint64_t>(spec_.langevin->seed.value);
  return {.dynamics = *dynamics_, .stepper = *stepper_, .f = f_, .end = spec_.time.at.back(), .dt = spec_.langevin->dt.value,
          .start = [this, seed](Ensemble& ensemble) { initial_->fill(ensemble, schedule_.value(0), seed); }, .seed = seed, .walls = walls_};
}

void LangevinSection::prepare_estimate() {
  const input::LangevinSpec& langevin = *spec_.langevin;
  if (!langevin.estimate && !model_.has_potential())
    throw invalid(langevin.method.origin, "the model has no potential whose mean could be estimated", {"estimate = \"...\", an expression", "", {}});
  f_ = langevin.estimate ? build_expression(spec_, *langevin.estimate, model_.underdamped()) : model_.potential();
  try {
    check_mean(mean_problem(), method());
  } catch (const std::invalid_argument& error) {
    throw invalid(langevin.method.origin, fmt::format("method = \"{}\" cannot do this: {}", langevin.method.value, error.what()), {"another method or stepper", "", {}});
  }
}

void LangevinSection::compute_estimate(record::Group& group) {
  progress_.phase(fmt::format("{}, {}", spec_.langevin->method.value, stepper_name_));
  const auto start = std::chrono::steady_clock::now();
  MeanOptions options{.pilot = static_cast<std::uint64_t>(spec_.langevin->particles.value), .taken = restore_samples()};
  options.keep = [this](const std::vector<double>& taken) {
    if (checkpoint_due()) save_samples(taken);
  };
  estimate_ = estimate_mean(mean_problem(), method(), spec_.langevin->standard_error->value, options);
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_estimate(group);
}

void LangevinSection::write_estimate(record::Group& group) const {
  const Columns columns(estimate_->levels);
  group.dimension("level", columns.level, {{"long_name", std::string("level: steps of dt 2^-level")}});
  const auto write = [&](const char* name, const char* words, const std::vector<double>& values) {
    group.variable(name, {"level"}, {{"long_name", std::string(words)}});
    group.write(name, values);
  };
  const bool coupled = estimate_->coupled;
  write("dt", "step in time", columns.dt);
  write("particles", "number of particles", columns.particles);
  write("mean", coupled ? "mean of the expression on level 0, of its change from the level below on others" : "mean of the expression", columns.mean);
  write("variance", "variance of what 'mean' is the mean of", columns.variance);
  write("cost", "steps a particle", columns.cost);
  group.attribute("equation", model_.description());
  group.attribute("stepper", stepper_name_);
  group.attribute("method", spec_.langevin->method.value);
  group.attribute("expression", spec_.langevin->estimate ? spec_.langevin->estimate->value : std::string("potential"));
  group.attribute("seed", spec_.langevin->seed.value);
  group.attribute("time", spec_.time.at.back());
  group.attribute("estimate", estimate_->value);
  group.attribute("estimate_stderr", estimate_->standard_error);
  group.attribute("estimate_bias", estimate_->bias);
  group.attribute("coupled", std::int64_t{coupled});
  group.attribute("particle_steps", steps_taken(*estimate_));
}

Section::Outlook LangevinSection::check_estimate() const {
  // How many particles it takes is known after the first look at the variances.
  return {100e6, 0, {{"method", spec_.langevin->method.value}, {"standard_error", spec_.langevin->standard_error->value}, {"stepper", stepper_name_}},
          fmt::format("  {} to a standard error of {:g} with {}\n", spec_.langevin->method.value, spec_.langevin->standard_error->value, stepper_name_)};
}

nlohmann::ordered_json LangevinSection::estimate_json() const {
  nlohmann::ordered_json json{{"stepper", stepper_name_}, {"method", spec_.langevin->method.value}};
  if (estimate_) {
    const Columns columns(estimate_->levels);
    json["estimate"] = estimate_->value;
    json["estimate_stderr"] = estimate_->standard_error;
    json["estimate_bias"] = estimate_->bias;
    json["coupled"] = estimate_->coupled;
    json["levels"] = {{"dt", columns.dt}, {"particles", columns.particles}, {"mean", columns.mean}, {"variance", columns.variance}, {"cost", columns.cost}};
    json["particle_steps"] = steps_taken(*estimate_);
  }
  json["loop_seconds"] = seconds_;
  json["warnings"] = warnings_;
  return json;
}

std::string LangevinSection::estimate_words(int verbosity) const {
  if (!estimate_) return {};
  std::string text = fmt::format("langevin at t = {:g}, {} with {}\n  {:<20} {}\n  {:<20} {:.1e}\n", spec_.time.at.back(), spec_.langevin->method.value, stepper_name_, "mean",
                                 with_error(estimate_->value, estimate_->standard_error), "error left in dt", estimate_->bias);
  if (verbosity < 2) return text;
  text += fmt::format("  {:>5} {:>10} {:>12} {:>14} {:>10}\n", "level", "dt", "particles", "mean", "variance");
  for (std::size_t l = 0; l < estimate_->levels.size(); ++l) {
    const MeanLevel& level = estimate_->levels[l];
    text += fmt::format("  {:>5} {:>10.4g} {:>12} {:>14.6g} {:>10.3g}\n", l, level.dt, level.particles, level.mean, level.variance);
  }
  return text + fmt::format("  {:.3g} particle-steps in {:.3g} s\n", steps_taken(*estimate_), seconds_);
}

} // namespace driftwell::run

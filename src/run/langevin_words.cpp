// Section [langevin] in words and numbers: before the run (`check`) and after it.
#include "langevin.hpp"

#include <fmt/format.h>

#include <array>

namespace driftwell::run {

namespace {
constexpr double seconds_a_number = 4e-9; ///< a particle, step and dimension on one core, roughly
}

Section::Outlook LangevinSection::check() const {
  LangevinSection section({spec_, &model_, progress_}, nullptr);
  if (density_) section.prepare_dynamics(); // the initial law is looked at there, too
  else section.prepare();
  if (estimates()) return section.check_estimate();
  const double particles = static_cast<double>(spec_.langevin->particles.value), rows = static_cast<double>(names_.size());
  const double steps = static_cast<double>(section.steps_.total()), seconds = particles * steps * rows * seconds_a_number;
  const double series = spec_.langevin->series ? series_bytes(*spec_.langevin->series, spec_.model.variables.size()) : 0;
  const double bytes = 8 * particles * (rows + 2) + series + 100e6;
  return {bytes, seconds, {{"particles", spec_.langevin->particles.value}, {"steps", section.steps_.total()}, {"stepper", section.stepper_name_}},
          fmt::format("  {} particles, {} steps with {}\n  about {:.2g} MB and {:.2g} s on one core\n", spec_.langevin->particles.value, section.steps_.total(),
                      section.stepper_name_, bytes / 1e6, seconds)};
}

nlohmann::ordered_json LangevinSection::json() const {
  if (estimates()) return estimate_json();
  nlohmann::ordered_json json;
  json["stepper"] = stepper_name_;
  json["particles"] = spec_.langevin->particles.value;
  json["steps"] = steps_.total();
  json["outputs"] = outputs_done_;
  json["loop_seconds"] = seconds_;
  for (const auto& [name, rows] : series_) {
    if (rows.empty() || rows.back().size() != 1) continue;
    json[name] = rows.back()[0].value; // null where there is none
    json[name + "_stderr"] = rows.back()[0].standard_error;
  }
  if (passage_ && !not_yet_passed_.empty()) {
    json["passages"] = passed_;
    json["passages_censored"] = static_cast<std::size_t>(spec_.langevin->particles.value) - passed_;
    json["not_yet_passed"] = not_yet_passed_.back().value;
    json["not_yet_passed_stderr"] = not_yet_passed_.back().standard_error;
  }
  if (passage_times_) {
    json["mean_passage_time"] = passage_times_->mean.value;
    json["mean_passage_time_stderr"] = passage_times_->mean.standard_error;
    json["restricted_mean_passage_time"] = passage_times_->restricted_mean.value;
    json["restricted_mean_passage_time_stderr"] = passage_times_->restricted_mean.standard_error;
  }
  if (sampled_) sampled_->json(json);
  json["warnings"] = warnings_;
  return json;
}

std::string LangevinSection::words(int verbosity) const {
  if (estimates()) return estimate_words(verbosity);
  if (outputs_done_ == 0) return {};
  constexpr std::array names{"kl", "kl_histogram", "free_energy", "mean_potential", "mean_loss", "entropy", "wasserstein_2", "sliced_wasserstein_2", "mass"};
  std::string text = fmt::format("langevin at t = {:g}\n", spec_.time.at[outputs_done_ - 1]);
  for (const char* name : names) {
    const auto it = series_.find(name);
    if (it == series_.end() || it->second.empty()) continue;
    const estimators::Estimate& e = it->second.back()[0];
    text += fmt::format("  {:<20} {}\n", name, with_error(e.value, e.standard_error));
  }
  if (passage_times_) text += fmt::format("  {:<20} {}\n", "mean_passage_time", with_error(passage_times_->mean.value, passage_times_->mean.standard_error));
  if (sampled_) text += sampled_->words();
  if (verbosity < 2) return text;
  const double updates = static_cast<double>(spec_.langevin->particles.value) * static_cast<double>(steps_.at(outputs_done_ - 1));
  return text + fmt::format("  {}: {} particles, {} steps, {:.3g} particle-steps a second\n", stepper_name_, spec_.langevin->particles.value,
                            steps_.at(outputs_done_ - 1), updates / std::max(seconds_, 1e-9));
}

} // namespace driftwell::run

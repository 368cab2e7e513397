// Checkpoints of section [langevin]: the particles, the step they are at, and all frames written so far, which a resumed run
// writes into its new result file first.
#include "langevin.hpp"

#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

std::vector<double> copy_of(std::span<const double> values) { return {values.begin(), values.end()}; }

} // namespace

void LangevinSection::save(const Ensemble& ensemble) {
  SectionState state;
  state.arrays["particles"] = copy_of(ensemble.data());
  state.arrays["death_time"] = copy_of(ensemble.death_time());
  if (passage_) state.arrays["passage_time"] = copy_of(passage_->times());
  state("step", step_);
  state("outputs_done", outputs_done_);
  state("seconds", seconds_);
  state("frame", frames_);
  if (sampled_) sampled_->keep(state);
  for (const auto& [index, counts] : counts_) state.arrays[fmt::format("counts/{}", index)] = counts;
  checkpoints_->save(name(), state);
}

void LangevinSection::save_samples(std::vector<double> taken) {
  SectionState state;
  state("samples", taken);
  checkpoints_->save(name(), state);
}

std::vector<double> LangevinSection::restore_samples() {
  std::vector<double> taken;
  if (auto state = checkpoints_ ? checkpoints_->saved(name(), warnings_) : std::nullopt) (*state)("samples", taken);
  return taken;
}

bool LangevinSection::restore(record::Group& group, Ensemble& ensemble) {
  auto state = checkpoints_ ? checkpoints_->saved(name(), warnings_) : std::nullopt;
  if (state) {
    (*state)("step", step_);
    (*state)("outputs_done", outputs_done_);
    (*state)("seconds", seconds_);
    (*state)("frame", frames_);
    group.write_frames(frames_);
  }
  if (checkpoints_) group.keep_frames(&frames_);
  if (!state) return false;
  std::ranges::copy(state->arrays.at("particles"), ensemble.data().begin());
  if (const auto& death = state->arrays.at("death_time"); !death.empty()) {
    ensemble.make_mortal();
    std::ranges::copy(death, ensemble.death_time().begin());
  }
  if (sampled_) sampled_->keep(*state);
  if (passage_) std::ranges::copy(state->arrays.at("passage_time"), passage_->times().begin());
  for (const auto& [key, counts] : state->arrays)
    if (key.starts_with("counts/")) counts_[std::stoul(key.substr(7))] = counts;
  // Steps of the interval in which the run stopped.
  if (outputs_done_ < spec_.time.at.size())
    integrator_ = std::make_unique<Integrator>(integrator(steps_.clock(std::max<std::size_t>(outputs_done_, 1))));
  const auto frame = [&](const std::string& name, std::size_t index) -> const std::vector<double>& { return frames_.at({name, index}); };
  for (const auto& [name, observable] : observables_)
    for (std::size_t i = 0; i < outputs_done_; ++i) {
      const auto &value = frame(name, i), &error = frame(name + "_stderr", i);
      std::vector<estimators::Estimate>& row = series_[name].emplace_back(value.size());
      for (std::size_t c = 0; c < value.size(); ++c) row[c] = {value[c], error[c]};
    }
  if (passage_)
    for (std::size_t i = 0; i < outputs_done_; ++i) not_yet_passed_.push_back({frame("not_yet_passed", i)[0], frame("not_yet_passed_stderr", i)[0]});
  return true;
}

} // namespace driftwell::run

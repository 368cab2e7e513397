// Checkpoints of section [langevin]: the particles, the step they are at, and all frames written so far, which a resumed run
// writes into its new result file first.
#include "langevin.hpp"

#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace driftwell::run {

namespace {

/// What makes two runs the same: all values in force. The file's words and the number of threads do not count.
std::string identity_of(const input::Spec& spec) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(input::resolved_json(spec));
  json.erase("title");
  json.erase("output");
  json["langevin"].erase("checkpoint_seconds");
  return json.dump();
}

std::vector<double> copy_of(std::span<const double> values) { return {values.begin(), values.end()}; }

} // namespace

void LangevinSection::write_frame(record::Group& group, const std::string& name, std::size_t index, std::span<const double> frame) {
  group.write_frame(name, index, frame);
  frames_[fmt::format("{}/{}", name, index)] = copy_of(frame);
}

void LangevinSection::save(const Ensemble& ensemble) {
  record::Checkpoint checkpoint{identity_of(spec_), {}};
  checkpoint.arrays["particles"] = copy_of(ensemble.data());
  checkpoint.arrays["death_time"] = copy_of(ensemble.death_time());
  if (sampled_) checkpoint.arrays["series"] = sampled_->state();
  if (passage_) checkpoint.arrays["passage_time"] = copy_of(passage_->times());
  checkpoint.arrays["at"] = {static_cast<double>(step_), static_cast<double>(outputs_done_), seconds_};
  for (const auto& [key, frame] : frames_) checkpoint.arrays["frame/" + key] = frame;
  for (const auto& [index, counts] : counts_) checkpoint.arrays[fmt::format("counts/{}", index)] = counts;
  checkpoints_.save(checkpoint);
  saved_ = std::chrono::steady_clock::now();
}

bool LangevinSection::checkpoint_due() const {
  const double every = spec_.langevin->checkpoint_seconds.value;
  const bool due = every > 0 && std::chrono::duration<double>(std::chrono::steady_clock::now() - saved_).count() > every;
  return due || interrupt_signal.load(std::memory_order_relaxed) != 0;
}

std::optional<record::Checkpoint> LangevinSection::latest_checkpoint() {
  if (!resume_) return std::nullopt;
  std::string note;
  auto checkpoint = checkpoints_.latest(identity_of(spec_), note);
  if (!note.empty()) warnings_.push_back("resumed from the older checkpoint: " + note);
  if (!checkpoint) warnings_.emplace_back("there is no checkpoint to resume from: the run began anew");
  return checkpoint;
}

void LangevinSection::save_samples(const std::vector<double>& taken) {
  checkpoints_.save({identity_of(spec_), {{"samples", taken}}});
  saved_ = std::chrono::steady_clock::now();
}

std::vector<double> LangevinSection::restore_samples() {
  const auto checkpoint = latest_checkpoint();
  return checkpoint ? checkpoint->arrays.at("samples") : std::vector<double>{};
}

bool LangevinSection::restore(record::Group& group, Ensemble& ensemble) {
  const auto checkpoint = latest_checkpoint();
  if (!checkpoint) return false;
  const std::vector<double>& at = checkpoint->arrays.at("at");
  step_ = static_cast<std::uint64_t>(at[0]);
  outputs_done_ = static_cast<std::size_t>(at[1]);
  seconds_ = at[2];
  std::ranges::copy(checkpoint->arrays.at("particles"), ensemble.data().begin());
  if (const auto& death = checkpoint->arrays.at("death_time"); !death.empty()) {
    ensemble.make_mortal();
    std::ranges::copy(death, ensemble.death_time().begin());
  }
  if (sampled_) sampled_->restore(checkpoint->arrays.at("series"));
  if (passage_) std::ranges::copy(checkpoint->arrays.at("passage_time"), passage_->times().begin());
  // Steps of the interval in which the run stopped.
  if (outputs_done_ < spec_.time.at.size())
    integrator_ = std::make_unique<Integrator>(integrator(steps_.clock(std::max<std::size_t>(outputs_done_, 1))));
  // Coordinates first: they lengthen the group.
  for (const char* coordinate : {"time", "snapshot_time"})
    for (std::size_t i = 0; checkpoint->arrays.contains(fmt::format("frame/{}/{}", coordinate, i)); ++i)
      write_frame(group, coordinate, i, checkpoint->arrays.at(fmt::format("frame/{}/{}", coordinate, i)));
  for (const auto& [key, values] : checkpoint->arrays) {
    const std::size_t slash = key.rfind('/');
    if (key.starts_with("counts/")) counts_[std::stoul(key.substr(slash + 1))] = values;
    if (!key.starts_with("frame/")) continue;
    const std::string name = key.substr(6, slash - 6);
    if (name != "time" && name != "snapshot_time") write_frame(group, name, std::stoul(key.substr(slash + 1)), values);
  }
  for (const auto& [name, observable] : observables_)
    for (std::size_t i = 0; i < outputs_done_; ++i) {
      const auto &value = frames_.at(fmt::format("{}/{}", name, i)), &error = frames_.at(fmt::format("{}_stderr/{}", name, i));
      std::vector<estimators::Estimate>& row = series_[name].emplace_back(value.size());
      for (std::size_t c = 0; c < value.size(); ++c) row[c] = {value[c], error[c]};
    }
  if (passage_)
    for (std::size_t i = 0; i < outputs_done_; ++i)
      not_yet_passed_.push_back({frames_.at(fmt::format("not_yet_passed/{}", i))[0], frames_.at(fmt::format("not_yet_passed_stderr/{}", i))[0]});
  return true;
}

} // namespace driftwell::run

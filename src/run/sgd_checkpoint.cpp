// Checkpoints of section [sgd]: the replicas, the step they are at, sums over the stationary part, what the probes have seen, and all frames written
// so far, which a resumed run writes into its new result file first. Batches are a function of (seed, replica, step) and need nothing.
#include "sgd.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <bit>

namespace driftwell::run {

namespace {

/// Of the numbers of a data set (FNV-1a): a file may have changed since.
std::string fingerprint(const sgd::Dataset& data) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const auto* values : {&data.inputs, &data.targets})
    for (const double x : *values) hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3ULL;
  return fmt::format("{} samples of {} numbers, {:016x}", data.samples, data.features, hash);
}

void keep(SectionState& state, const std::string& name, sgd::Estimate& e) {
  state(name, e.value);
  state(name + "_stderr", e.standard_error);
}

} // namespace

/// All but the process, both ways.
void SgdSection::keep(SectionState& state) {
  state("outputs_done", outputs_done_);
  state("snapshots_done", snapshots_done_);
  state("last_time", last_.time);
  run::keep(state, "last_loss", last_.loss);
  run::keep(state, "last_gradient_squared", last_.gradient_squared);
  run::keep(state, "last_variance", last_.variance);
  run::keep(state, "last_accuracy", last_.accuracy);
  state("stationary_count", stationary_.count);
  state("stationary_loss", stationary_.loss);
  state("stationary_drift_work", stationary_.drift_work);
  state("stationary_batch_squared", stationary_.batch_squared);
  state("stationary_squares", stationary_.squares);
  state("stationary_covariance", stationary_.covariance);
  state("frame", frames_);
  probes_.keep(state);
}

void SgdSection::save() {
  SectionState state;
  sgd::Process::State process = process_->state();
  std::string data = problem_->data ? fingerprint(*problem_->data) : "none";
  state.texts["data"] = data;
  state.arrays["weights"] = std::move(process.weights);
  state.arrays["velocities"] = std::move(process.velocities);
  sgd::Step& next = process.next;
  state.arrays["next"] = {static_cast<double>(next.number), next.time, next.learning_rate, static_cast<double>(next.batch), static_cast<double>(next.epoch), static_cast<double>(next.position)};
  keep(state);
  checkpoints_->save(name(), state);
}

void SgdSection::restore(record::Group& group) {
  if (!checkpoints_) return;
  if (auto state = checkpoints_->saved(name(), warnings_)) {
    const std::string data = problem_->data ? fingerprint(*problem_->data) : "none";
    if (state->texts.at("data") != data)
      throw IoError(fmt::format("cannot resume: the data set has changed: {} there, {} here. Delete the checkpoint to begin anew, or run without --resume", state->texts.at("data"), data));
    const std::vector<double>& n = state->arrays.at("next");
    process_->restore({state->arrays.at("weights"), state->arrays.at("velocities"),
                       {static_cast<std::uint64_t>(n.at(0)), n.at(1), n.at(2), static_cast<std::size_t>(n.at(3)), static_cast<std::uint64_t>(n.at(4)), static_cast<std::size_t>(n.at(5))}});
    keep(*state);
    group.write_frames(frames_);
    if (sgd_.noise.value && snapshots_done_ > 0 && snapshots_done_ == snapshots_.size()) // of the first replica, for the words at the end
      noise_ = sgd::measure_noise(*problem_->loss, frames_.at({"weights", snapshots_done_ - 1}).data(), noise_options());
  }
  group.keep_frames(&frames_);
}

} // namespace driftwell::run

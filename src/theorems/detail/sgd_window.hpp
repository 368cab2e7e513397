#pragma once
// Averages over a window of steps of many replicas of SGD. Each replica's average over the window is one independent number, so that the
// standard errors need no autocorrelation times.
#include "linear_sgd.hpp"

#include <functional>
#include <vector>

namespace driftwell::theorems {

struct Window {
  std::size_t replicas = 0;
  std::uint64_t burn = 0, every = 1, looks = 1; ///< looks at steps burn + every, burn + 2 every, ...
  [[nodiscard]] std::uint64_t steps() const { return burn + every * looks; }
};

/// Replicas and steps for variances known to `judgement.precision` where `relaxation` steps lie between independent states; less where the work
/// of `shares` such windows would exceed some seconds. Counted in work, not in time: the same everywhere.
[[nodiscard]] Window window_for(const SgdEvidence& sgd, const sgd::ProcessOptions& options, double relaxation, const Judgement& judgement, std::size_t shares = 1);

/// Steps in which the slowest mode forgets: l/((1 - mu-ish) eta h_min).
[[nodiscard]] double relaxation_steps(const sgd::ProcessOptions& options, double smallest_curvature);

using ReplicaNumbers = std::function<void(const sgd::Process&, std::size_t replica, double* numbers)>;
/// Each replica's mean over the window, one a row, from where the process is now. `beside`: processes that make the same steps. Throws NumericalFailure where
/// SGD diverges.
[[nodiscard]] Eigen::MatrixXd window_averages(sgd::Process& process, const Window& window, std::size_t count, const ReplicaNumbers& numbers, sgd::Process* beside = nullptr);
/// Means of them over the replicas.
[[nodiscard]] std::vector<Measured> window_means(sgd::Process& process, const Window& window, std::size_t count, const ReplicaNumbers& numbers);

/// Exact mean over the window of the second moments along each mode of H, from a start at the minimum.
[[nodiscard]] Eigen::VectorXd exact_window(const LinearSgd& linear, const StepRule& rule, const Window& window);

/// Second moments along the modes of H, sampled from a start at the minimum and exactly, in one window.
struct SampledSpread {
  std::vector<Measured> sampled, exact; ///< one a mode, and the trace at the end
  Window window;
};
[[nodiscard]] SampledSpread sampled_spread(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options, const StepRule& rule,
                                           const Judgement& judgement, std::size_t shares);

/// How far rounding moves the minimum and the replicas about it: both are where gradients cancel that are known to some roundings of what they are made of, and a step
/// rounds the weights themselves. A second moment v is known to 2 sqrt(v) times this and its square.
[[nodiscard]] double place_rounding(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options);
[[nodiscard]] double second_moment_rounding(double value, double place);
/// That gradients at the minimum differ by more than rounding: else there is no cloud.
[[nodiscard]] Hypothesis noise_at_minimum(const SgdEvidence& sgd, const LinearSgd& linear);

/// The experiment's options with other numbers of replicas.
[[nodiscard]] sgd::ProcessOptions with_replicas(sgd::ProcessOptions options, std::size_t replicas);

/// What all these theorems assume of the process: constant learning rate and batch size, labels as they are, batches that are
/// independent of each other.
void assume_plain(ClaimMaker& claim, const SgdEvidence& sgd, bool independent_batches = true);

/// A claim in which what is thrown becomes a failed hypothesis, so that the theorem's other claims are still made.
[[nodiscard]] Claim guarded(const std::string& name, const Judgement& judgement, const std::function<Claim()>& make);

/// Relative rounding of a stationary covariance added up step by step.
[[nodiscard]] double accumulated_rounding(const LinearSgd& linear, const StepRule& rule);

} // namespace driftwell::theorems

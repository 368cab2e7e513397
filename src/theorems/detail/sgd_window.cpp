#include "sgd_window.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/theorems/subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double budget = 1e9;        ///< nanoseconds of one core, by the estimate below
constexpr std::size_t most_replicas = 2048;

/// Of one step of one replica, in nanoseconds: draws, the call, and the terms.
double step_cost(const sgd::Loss& loss, const sgd::ProcessOptions& options, std::size_t batch) {
  const double gradients = options.svag > 1 ? 2 : 1, size = static_cast<double>(batch);
  return gradients * (120 + size * (8 + 3 * static_cast<double>(loss.dimension())));
}

} // namespace

double relaxation_steps(const sgd::ProcessOptions& options, double smallest_curvature) {
  const double eta = options.learning_rate.value(0) / static_cast<double>(options.svag), mu = options.momentum;
  // Heavy ball: the slow root is 1 - eta h/(1 - mu) or, where it oscillates, sqrt(mu).
  return std::max(1.0, std::max((1 - mu) / (eta * smallest_curvature), mu > 0 ? -2 / std::log(mu) : 0.0));
}

Window window_for(const SgdEvidence& sgd, const sgd::ProcessOptions& options, double relaxation, const Judgement& judgement, std::size_t shares) {
  const auto batch = static_cast<std::size_t>(std::llround(options.batch_size.value(0)));
  const double z = sampling_quantile(judgement.confidence, 16);
  const double states = 4 * std::pow(z / judgement.precision, 2); // Var(x^2) = 2 Var(x)^2, and as much again to be on the safe side
  const double affordable = budget / static_cast<double>(shares) / step_cost(sgd.loss(), options, batch);
  Window window;
  window.replicas = std::clamp<std::size_t>(options.replicas, 16, most_replicas);
  window.burn = static_cast<std::uint64_t>(std::ceil(2 * relaxation));
  window.every = static_cast<std::uint64_t>(std::max(1.0, std::floor(relaxation / 8)));
  const auto R = static_cast<double>(window.replicas);
  const double wanted = std::max(4 * relaxation, states * relaxation / R);
  const double steps = std::min(wanted, affordable / R - static_cast<double>(window.burn));
  window.looks = static_cast<std::uint64_t>(std::max(4.0, std::floor(steps / static_cast<double>(window.every))));
  if (static_cast<double>(window.steps()) * R > 4 * affordable)
    throw NotApplicable{"few enough steps to reach the stationary law", fmt::format("{:.3g} steps between independent states", relaxation)};
  return window;
}

Eigen::MatrixXd window_averages(sgd::Process& process, const Window& window, std::size_t count, const ReplicaNumbers& numbers, sgd::Process* beside) {
  const std::size_t R = process.replicas();
  Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(static_cast<Index>(R), static_cast<Index>(count));
  Eigen::RowVectorXd now(static_cast<Index>(count));
  const auto advance = [&](std::uint64_t steps) {
    process.advance(steps);
    if (beside) beside->advance(steps);
  };
  advance(window.burn);
  for (std::uint64_t look = 0; look < window.looks; ++look) {
    advance(window.every);
    for (std::size_t r = 0; r < R; ++r) {
      numbers(process, r, now.data());
      sums.row(static_cast<Index>(r)) += now;
    }
  }
  return sums / static_cast<double>(window.looks);
}

std::vector<Measured> window_means(sgd::Process& process, const Window& window, std::size_t count, const ReplicaNumbers& numbers) {
  const Eigen::MatrixXd averages = window_averages(process, window, count, numbers);
  const auto n = static_cast<double>(averages.rows());
  std::vector<Measured> means;
  for (Index i = 0; i < averages.cols(); ++i) {
    const double mean = averages.col(i).mean(), square = (averages.col(i).array() - mean).square().sum();
    means.push_back({mean, 0, n > 1 ? std::sqrt(square / (n - 1) / n) : std::numeric_limits<double>::infinity()});
  }
  return means;
}

double place_rounding(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const auto N = static_cast<double>(sgd.loss().samples()), d = static_cast<double>(linear.centre.size());
  const double stiffest = linear.curvatures[linear.curvatures.size() - 1], softest = linear.curvatures[0], size = linear.centre.norm();
  const double gradient = sgd.minimum().gradient_norm + eps * ((N + d) * std::sqrt(linear.noise.trace()) + d * stiffest * size);
  return 2 * gradient / softest + eps * size * relaxation_steps(options, softest);
}

double second_moment_rounding(double value, double place) { return (2 * std::sqrt(std::max(value, 0.0)) + place) * place; }

Hypothesis noise_at_minimum(const SgdEvidence& sgd, const LinearSgd& linear) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const auto d = static_cast<double>(linear.centre.size());
  const double stiffest = linear.curvatures[linear.curvatures.size() - 1];
  const double noise = std::sqrt(linear.noise.trace()), rounding = d * stiffest * ((8 + 4 * d) * eps * linear.centre.norm() + sgd.minimum().gradient_norm / linear.curvatures[0]);
  return {noise > rounding ? Hypothesis::State::met : Hypothesis::State::failed, "gradient noise at the minimum", fmt::format("single gradients there are {:.2g} in size, rounding {:.2g}", noise, rounding)};
}

sgd::ProcessOptions with_replicas(sgd::ProcessOptions options, std::size_t replicas) {
  options.replicas = replicas;
  return options;
}

VectorXd exact_window(const LinearSgd& linear, const StepRule& rule, const Window& window) {
  MomentRecursion recursion(linear, rule);
  VectorXd sum = VectorXd::Zero(linear.centre.size());
  for (std::uint64_t k = 1; k <= window.steps(); ++k) {
    recursion.step();
    if (k > window.burn && (k - window.burn) % window.every == 0) sum += along_modes(linear, recursion.second());
    if (k % 64 == 0) poll_interrupt();
  }
  return sum / static_cast<double>(window.looks);
}

SampledSpread sampled_spread(const SgdEvidence& sgd, const LinearSgd& linear, const sgd::ProcessOptions& options, const StepRule& rule,
                             const Judgement& judgement, std::size_t shares) {
  const Index d = linear.centre.size(), modes = std::min<Index>(d, 8);
  const auto count = static_cast<std::size_t>(modes) + 1;
  SampledSpread result;
  result.window = window_for(sgd, options, relaxation_steps(options, linear.curvatures[0]), judgement, shares);
  const auto process = sgd.process(with_replicas(options, result.window.replicas));
  process->start(sgd.minimum().weights);
  result.sampled = window_means(*process, result.window, count, [&](const sgd::Process& p, std::size_t r, double* numbers) {
    const VectorXd x = Eigen::Map<const VectorXd>(p.weights(r), d) - linear.centre;
    for (Index i = 0; i < modes; ++i) numbers[i] = std::pow(linear.modes.col(i).dot(x), 2);
    numbers[modes] = x.squaredNorm();
  });

  const VectorXd sum = exact_window(linear, rule, result.window);
  const double place = place_rounding(sgd, linear, options);
  for (Index i = 0; i < modes; ++i) result.exact.push_back({sum[i], 1e-12 * sum[i], 0});
  result.exact.push_back({sum.sum(), 1e-12 * sum.sum(), 0});
  for (std::size_t i = 0; i < result.exact.size(); ++i) result.sampled[i].error += second_moment_rounding(result.exact[i].value, place);
  return result;
}

void assume_plain(ClaimMaker& claim, const SgdEvidence& sgd, bool independent_batches) {
  const sgd::ProcessOptions& options = sgd.options();
  claim.assume(sgd.constant_schedules(), "learning rate and batch size stay constant");
  claim.assume(options.label_noise == 0, "labels as they are", fmt::format("label_noise = {:g}", options.label_noise));
  if (independent_batches)
    claim.assume(options.sampling != sgd::Sampling::epochs || sgd.batch() >= sgd.loss().samples(), "batches are drawn independently of each other", "those of an epoch are anti-correlated");
}

Claim guarded(const std::string& name, const Judgement& judgement, const std::function<Claim()>& make) {
  ClaimMaker claim(name, "", "sgd", Relation::equal, judgement);
  try {
    return make();
  } catch (const NotApplicable& reason) {
    return claim.assume(false, reason.hypothesis, reason.detail).make();
  } catch (const NumericalFailure& failure) {
    return claim.assume(false, "a process that stays finite", failure.what()).make();
  }
}

double accumulated_rounding(const LinearSgd& linear, const StepRule& rule) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const double memory = (1 - rule.momentum) / (rule.eta * linear.curvatures[0]) + 1 / (1 - rule.momentum);
  return eps * (32 + 4 * static_cast<double>(linear.centre.size()) + 4 * memory);
}

} // namespace driftwell::theorems

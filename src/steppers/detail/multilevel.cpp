#include "driftwell/steppers/multilevel.hpp"

#include "driftwell/core/error.hpp"
#include "sample_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell {

namespace {

constexpr double bias_share = 0.25;       ///< of the squared error that may be bias
constexpr std::size_t least_levels = 3;   ///< to see how the means decay
constexpr std::uint64_t least_pilot = 500;

/// Only sums of normal variates belong to the same Brownian path seen with a longer step.
bool can_couple(const StepperTraits& traits) { return traits.variates == StepperTraits::Variates::normals && traits.strong_order > 0; }

class Estimator {
public:
  Estimator(const MeanProblem& problem, MeanMethod method, double target, const MeanOptions& options)
      : method_(method), target_(target), options_(options), order_(problem.stepper.traits().weak_order),
        coupled_(can_couple(problem.stepper.traits())), sampler_(problem, coupled_), journal_(options.taken, options.keep) {}

  MeanEstimate run() {
    const bool exact = std::isinf(order_);
    for (std::size_t l = 0; l < (exact ? 1 : least_levels); ++l) add_level();
    for (;;) {
      reduce_variance();
      if (exact || std::pow(bias(), 2) + variance() <= target_ * target_) return result();
      if (levels_.size() == options_.most_levels)
        throw NumericalFailure(fmt::format("the error in dt is still {:.2g} at dt = {:.2g}: a standard error of {:.2g} is out of reach with this stepper and expression", bias(),
                                           sampler_.dt(levels_.size() - 1), target_));
      add_level();
    }
  }

private:
  [[nodiscard]] std::size_t finest() const { return levels_.size() - 1; }
  [[nodiscard]] double power() const { return std::exp2(order_); }
  [[nodiscard]] double mean(std::size_t l) const { return levels_[l].mean; }

  void add_level() {
    // About three times fewer particles are needed on the next level, and as many as that tell its variance.
    const std::uint64_t pilot = levels_.size() < least_levels ? options_.pilot : std::clamp(levels_.back().n / 3, std::min(least_pilot, options_.pilot), options_.pilot);
    levels_.emplace_back();
    extend(finest(), std::max<std::uint64_t>(pilot, 2));
  }

  void extend(std::size_t l, std::uint64_t particles) {
    if (particles <= levels_[l].n) return;
    const Moments more = journal_.sample(sampler_, l, levels_[l].n, particles - levels_[l].n);
    levels_[l].add(more);
  }

  /// The value is sum_l weights[l] mean(l).
  [[nodiscard]] std::vector<double> weights() const {
    std::vector<double> a(levels_.size(), coupled_ ? 1.0 : 0.0);
    if (std::isinf(order_)) return {1.0};
    if (method_ == MeanMethod::multilevel) return a;
    a[finest()] = power() / (power() - 1);
    if (!coupled_) a[finest() - 1] = -1 / (power() - 1);
    return a;
  }

  /// bias = |sum_l weights[l] mean(l)|; of multilevel, as far as the finest level says.
  [[nodiscard]] std::vector<double> bias_weights() const {
    std::vector<double> b(levels_.size(), 0.0);
    if (std::isinf(order_)) return b;
    if (method_ == MeanMethod::multilevel) {
      b[finest()] = 1 / (power() - 1);
      return b;
    }
    const double scale = 1 / ((power() - 1) * (2 * power() - 1)); // what is left is of order p + 1
    const std::size_t L = finest();
    b[L] = scale * power();
    b[L - 1] = coupled_ ? -scale : -scale * (power() + 1);
    if (!coupled_) b[L - 2] = scale;
    return b;
  }

  [[nodiscard]] double bias() const {
    if (std::isinf(order_)) return 0;
    double largest = 0, sum = 0;
    if (method_ == MeanMethod::multilevel) {
      for (std::size_t back = 0; back < std::min<std::size_t>(3, finest()); ++back)
        largest = std::max(largest, std::abs(mean(finest() - back)) / std::pow(power(), static_cast<double>(back)));
      return largest / (power() - 1);
    }
    const std::vector<double> b = bias_weights();
    for (std::size_t l = 0; l < levels_.size(); ++l) sum += b[l] * mean(l);
    return std::abs(sum);
  }

  [[nodiscard]] double variance() const {
    const std::vector<double> a = weights();
    double sum = 0;
    for (std::size_t l = 0; l < levels_.size(); ++l) sum += a[l] * a[l] * levels_[l].variance() / static_cast<double>(levels_[l].n);
    return sum;
  }

  /// Importance of the variance of each level: that of the value must become (1 - share) target^2, that of the bias a quarter of share
  /// target^2, so that noise does not look like bias.
  [[nodiscard]] std::vector<double> importance() const {
    const double share = std::isinf(order_) ? 0 : bias_share;
    const std::vector<double> a = weights(), b = bias_weights();
    std::vector<double> w(levels_.size());
    for (std::size_t l = 0; l < w.size(); ++l) w[l] = std::max(a[l] * a[l] / (1 - share), 4 * b[l] * b[l] / bias_share);
    return w;
  }

  /// N_l = sqrt(w_l V_l / C_l) sum_k sqrt(w_k V_k C_k) / target^2, with variances measured anew until no level needs more.
  void reduce_variance() {
    constexpr double enough = 1.02; ///< variances that changed by less are not worth another round
    for (bool more = true; more;) {
      const std::vector<double> w = importance();
      double sum = 0;
      for (std::size_t l = 0; l < w.size(); ++l) sum += std::sqrt(w[l] * levels_[l].variance() * sampler_.cost(l));
      more = false;
      for (std::size_t l = 0; l < w.size(); ++l) {
        const double needed = std::sqrt(w[l] * levels_[l].variance() / sampler_.cost(l)) * sum / (target_ * target_);
        if (!(needed < static_cast<double>(PathSampler::particles_a_level)))
          throw NumericalFailure(fmt::format("a standard error of {:.2g} needs {:.2g} particles with dt = {:.2g}: ask for less", target_, needed, sampler_.dt(l)));
        if (needed <= static_cast<double>(levels_[l].n)) continue;
        more = more || needed > enough * static_cast<double>(levels_[l].n);
        extend(l, static_cast<std::uint64_t>(std::ceil(needed)));
      }
    }
  }

  [[nodiscard]] MeanEstimate result() const {
    MeanEstimate estimate;
    const std::vector<double> a = weights();
    for (std::size_t l = 0; l < levels_.size(); ++l) {
      estimate.value += a[l] * mean(l);
      estimate.levels.push_back({sampler_.dt(l), levels_[l].n, mean(l), levels_[l].variance(), sampler_.cost(l)});
    }
    estimate.standard_error = std::sqrt(variance());
    estimate.bias = bias();
    estimate.coupled = coupled_;
    return estimate;
  }

  MeanMethod method_;
  double target_;
  MeanOptions options_;
  double order_;
  bool coupled_;
  PathSampler sampler_;
  SampleJournal journal_;
  std::vector<Moments> levels_;
};

} // namespace

void check_mean(const MeanProblem& problem, MeanMethod method) {
  const StepperTraits traits = problem.stepper.traits();
  if (traits.underdamped != problem.dynamics.model().underdamped())
    throw std::invalid_argument(traits.underdamped ? "this stepper moves momenta: the model needs a friction" : "this stepper is overdamped: the model has a friction");
  if (!(problem.dt > 0) || !(problem.end > 0) || !std::isfinite(problem.end)) throw std::invalid_argument("dt and the end must be positive");
  problem.walls.check(problem.dynamics.dimension());
  if (problem.walls.absorbing()) throw std::invalid_argument("a mean at the end cannot be estimated with walls that absorb");
  if (method == MeanMethod::multilevel && !std::isinf(traits.weak_order) && !can_couple(traits))
    throw std::invalid_argument("multilevel needs a stepper that follows a Brownian path with normal variates; extrapolation can do without");
  static_cast<void>(problem.stepper.on(problem.dynamics));
}

MeanEstimate estimate_mean(const MeanProblem& problem, MeanMethod method, double target_error, const MeanOptions& options) {
  check_mean(problem, method);
  if (!(target_error > 0) || options.pilot < 2 || options.most_levels < least_levels) throw std::invalid_argument("a mean needs a target error > 0, two particles and three levels");
  return Estimator(problem, method, target_error, options).run();
}

} // namespace driftwell

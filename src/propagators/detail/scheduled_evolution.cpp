#include "driftwell/propagators/scheduled_evolution.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/reduce.hpp"
#include "frozen_exponential.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;
using Scheme = ScheduledEvolution::Scheme;

const double node = std::sqrt(3.0) / 6;

/// |a - b|_1 / |b|_1
double distance(const VectorXd& a, const VectorXd& b) {
  const auto sums = deterministic_sums<2>(static_cast<std::size_t>(a.size()), [&](std::size_t cell) {
    const auto k = static_cast<Index>(cell);
    return std::array<double, 2>{std::abs(a[k] - b[k]), std::abs(b[k])};
  });
  return sums[0] / std::max(sums[1], std::numeric_limits<double>::min());
}

/// One evolution on one grid: its state and single steps of it.
class Evolution {
public:
  Evolution(const ScheduledEvolution::Temperature& temperature, const ChainFamily& family, double eps)
      : temperature_(temperature), family_(family), exponential_(eps, family.conservative()) {
    if (family.reversible()) return;
    cold_ = steady_state(family.chain(family.coldest())).log_p;
    hot_ = steady_state(family.chain(family.hottest())).log_p;
  }

  /// p <- the density h later; false (p spoilt) where a combination of generators is none.
  bool step(Scheme scheme, double t, double h, VectorXd& p) {
    const double middle = temperature_(t + h / 2);
    if (scheme == Scheme::midpoint) {
      const Stencil Q = family_.rates(middle);
      exponential_.apply({1, Q, 0, Q}, weight(middle), h, p);
      return true;
    }
    const Stencil Q1 = family_.rates(temperature_(t + (0.5 - node) * h)), Q2 = family_.rates(temperature_(t + (0.5 + node) * h));
    const GeneratorSum first{0.5 + 2 * node, Q1, 0.5 - 2 * node, Q2}, second{0.5 - 2 * node, Q1, 0.5 + 2 * node, Q2};
    if (!first.is_markov() || !second.is_markov()) return false;
    exponential_.apply(first, weight(temperature_(t + h / 4)), h / 2, p);
    exponential_.apply(second, weight(temperature_(t + 3 * h / 4)), h / 2, p);
    return true;
  }

  /// Does T look constant inside (t, t + h)?
  [[nodiscard]] bool constant(double t, double h) const {
    const double T = temperature_(t + h / 2);
    for (const double share : {0.013, 0.11, 0.27, 0.39, 0.61, 0.73, 0.89, 0.987})
      if (temperature_(t + share * h) != T) return false;
    return true;
  }

  [[nodiscard]] std::size_t products() const { return exponential_.products(); }

private:
  /// log of a guess of the steady state: right with detailed balance, else what lies between those at both ends of the family.
  [[nodiscard]] VectorXd weight(double T) const {
    if (family_.reversible()) return -family_.local_potential(T);
    return cold_ + family_.share(T) * (hot_ - cold_);
  }

  const ScheduledEvolution::Temperature& temperature_;
  const ChainFamily& family_;
  FrozenExponential exponential_;
  VectorXd cold_, hot_;
};

/// Steps that follow a tolerance. A second, rough evolution takes every accepted step once where the kept one takes two of half the
/// size: their distance is the error of all steps together, with what has been forgotten since and what cancelled.
class Adaptive {
public:
  Adaptive(Evolution& evolution, Scheme scheme, double tolerance, double end, VectorXd start)
      : evolution_(evolution), scheme_(scheme), order_(scheme == Scheme::midpoint ? 2 : 4), tolerance_(tolerance), end_(end), h_(end / 100),
        rough_(std::move(start)) {}

  void to(double from, double until, VectorXd& p) {
    if (evolution_.constant(from, until - from)) { // one exponential, exact
      evolution_.step(Scheme::midpoint, from, until - from, p);
      evolution_.step(Scheme::midpoint, from, until - from, rough_);
      ++steps_;
      return;
    }
    VectorXd once, twice;
    for (double t = from; t < until;) {
      poll_interrupt();
      const double left = until - t;
      const bool last = h_ >= left * (1 - 1e-9);
      const double h = last ? left : 2 * h_ > left ? left / 2 : h_;
      once = p;
      twice = p;
      double error = std::numeric_limits<double>::infinity();
      if (evolution_.step(scheme_, t, h, once) && evolution_.step(scheme_, t, h / 2, twice) && evolution_.step(scheme_, t + h / 2, h / 2, twice))
        error = distance(once, twice) / (std::pow(2, order_) - 1);
      // Short steps, at a jump or a kink, are few: they may spend a thousandth of the tolerance each.
      const double allowed = std::max(tolerance_ * std::max(h / end_, 1e-3), 2e-14);
      const double factor = std::isfinite(error) ? 0.9 * std::pow(allowed / std::max(error, 1e-300), 1.0 / (order_ + 1)) : 0.25;
      if (error > allowed) {
        h_ = h * std::clamp(factor, 0.1, 0.9);
        ++rejected_;
        if (h_ < 1e-14 * end_)
          throw NumericalFailure(fmt::format("the temperature changes too fast to be followed at t = {:.10g}: steps have become shorter than {:.1e}", t, h_));
        continue;
      }
      p.swap(twice);
      evolution_.step(scheme_, t, h, rough_);
      t = last ? until : t + h;
      error_ += error;
      steps_ += 1;
      h_ = std::max(last ? h_ : 0, h * std::clamp(factor, 0.3, 5.0));
    }
  }

  /// Of p, in the L1 norm: twice the measured one, as it is an estimate; what the steps lost one by one, which no generator enlarges,
  /// bounds it.
  [[nodiscard]] double error(const VectorXd& p) const { return std::min(error_, 2 * distance(rough_, p) / (std::pow(2, order_) - 1)); }
  [[nodiscard]] std::size_t steps() const { return steps_; }
  [[nodiscard]] std::size_t rejected() const { return rejected_; }

private:
  Evolution& evolution_;
  Scheme scheme_;
  int order_;
  double tolerance_, end_, h_, error_ = 0; ///< the last: the sum over the steps
  VectorXd rough_;
  std::size_t steps_ = 0, rejected_ = 0;
};

/// Equal midpoint steps of at most dt; how many.
std::size_t fixed_steps(Evolution& evolution, double from, double until, double dt, VectorXd& p) {
  const auto steps = static_cast<std::size_t>(std::max(1.0, std::ceil((until - from) / dt * (1 - 1e-12))));
  const double h = (until - from) / static_cast<double>(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    poll_interrupt();
    evolution.step(Scheme::midpoint, from + static_cast<double>(i) * h, h, p);
  }
  return steps;
}

} // namespace

std::unique_ptr<Propagator> ScheduledEvolution::loosened(double tolerance, double dt) const {
  auto other = std::make_unique<ScheduledEvolution>(*this);
  other->looser_tolerance_ = tolerance;
  other->looser_dt_ = dt;
  return other;
}

CostEstimate ScheduledEvolution::estimate(const EvolutionProblem& problem) const {
  const double bound = -problem.generator.rates().spectral_bound(), n = static_cast<double>(problem.generator.size());
  const double end = problem.times.back(), outputs = static_cast<double>(problem.times.size());
  const double steps = problem.dt ? 1.5 * end / *problem.dt : std::max(outputs, 100 * std::pow(1e-9 / problem.tolerance, 0.25));
  const double exponentials = problem.dt ? steps : 6 * steps, tau = (problem.dt ? 1 : 2) * end / exponentials * bound / 2;
  const double products = exponentials * (std::sqrt(2 * tau * 35) + 20), axes = static_cast<double>(problem.generator.grid().dimension());
  return {products * (8 * n * (6 + 2 * axes) / 2e10 + 2e-6) + exponentials * n * axes * 3e-8, 8 * n * (24 + 12 * axes)};
}

EvolutionReport ScheduledEvolution::propagate(const EvolutionProblem& problem, const Observe& observe) const {
  const ChainFamily family = family_(problem.generator.grid());
  const double tolerance = problem.tolerance * looser_tolerance_, end = problem.times.back();
  const double eps = std::clamp(1e-4 * tolerance, 1e-14, 1e-10);
  Evolution evolution(temperature_, family, eps);
  Adaptive adaptive(evolution, scheme_, tolerance, end, problem.initial);
  VectorXd p = problem.initial, coarse = problem.initial;
  EvolutionReport report;
  std::size_t steps = 0;
  const auto advance = [&](double from, double until) {
    if (!problem.dt) {
      adaptive.to(from, until, p);
      return;
    }
    steps += fixed_steps(evolution, from, until, *problem.dt * looser_dt_, p);
    (void)fixed_steps(evolution, from, until, 2 * *problem.dt * looser_dt_, coarse);
  };
  // Rounding of the exponentials adds up over steps; eps is what their series leave out.
  const auto error_of = [&] { return (problem.dt ? distance(coarse, p) / 3 : adaptive.error(p)) + eps; };
  report.errors.assign(problem.times.size(), 0);
  observe(0, p);
  auto next_break = breakpoints_.begin();
  double now = 0;
  for (std::size_t i = 1; i < problem.times.size(); ++i) {
    // A breakpoint within rounding of an output is that output.
    for (; next_break != breakpoints_.end() && *next_break < problem.times[i] - 1e-13 * end; ++next_break)
      if (*next_break > now + 1e-13 * end) {
        advance(now, *next_break);
        now = *next_break;
      }
    advance(now, problem.times[i]);
    now = problem.times[i];
    report.errors[i] = error_of();
    report.error = std::max(report.error, report.errors[i]);
    observe(i, p);
  }
  report.summary = problem.dt ? fmt::format("midpoint rule, {} steps of at most {:.3g}, {} products with the generator, those of the error included", steps,
                                            *problem.dt * looser_dt_, evolution.products())
                              : fmt::format("{} steps, {} rejected, {} products with the generator", adaptive.steps(), adaptive.rejected(), evolution.products());
  return report;
}

} // namespace driftwell

// Backward Euler driven by Odeint's integrate_n_steps; stepper in implicit_euler.hpp. First order in dt: the reference
// that cannot go negative, not the way to many digits. Its error is measured by a second run with steps of 2 dt.
#include "driftwell/propagators/implicit_euler.hpp"

#include "driftwell/core/interrupt.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <boost/numeric/odeint/integrate/integrate_n_steps.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace driftwell {

namespace {

using Eigen::VectorXd;

/// One way through the output intervals with a given step.
class Way {
public:
  Way(const Generator& generator, const VectorXd& start, double dt) : system_(generator), p_(start), dt_(dt) {}
  /// Equal steps: `parts` in every piece of at most parts * dt.
  void to(double from, double until, std::size_t parts) {
    const double pieces = std::max(1.0, std::ceil((until - from) / (static_cast<double>(parts) * dt_) * (1 - 1e-12)));
    const std::size_t steps = parts * static_cast<std::size_t>(pieces);
    const double step = (until - from) / static_cast<double>(steps);
    boost::numeric::odeint::integrate_n_steps(std::ref(stepper_), std::cref(system_), p_, from, step, steps,
                                              [](const VectorXd&, double) { poll_interrupt(); });
    steps_ += steps;
  }
  [[nodiscard]] const VectorXd& p() const { return p_; }
  [[nodiscard]] std::size_t steps() const { return steps_; }

private:
  GeneratorSystem system_;
  ImplicitEuler stepper_;
  VectorXd p_;
  double dt_;
  std::size_t steps_ = 0;
};

class ImplicitEulerPropagator : public Propagator {
public:
  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const FactorEstimate factor = estimate_factor(problem.generator.grid(), SparseFactor::Kind::general);
    const double n = static_cast<double>(problem.generator.size()), steps = 1.5 * problem.times.back() / step(problem);
    return {2 * factor.operations / 3e9 + steps * (factor.bytes / 4e9 + 1e-8 * n), 2 * factor.bytes + 200 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const double dt = step(problem);
    Way fine(problem.generator, problem.initial, dt), coarse(problem.generator, problem.initial, 2 * dt);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    for (std::size_t i = 1; i < problem.times.size(); ++i) {
      fine.to(problem.times[i - 1], problem.times[i], 2); // exactly half as long as the coarse ones
      coarse.to(problem.times[i - 1], problem.times[i], 1);
      const double left = (fine.p() - problem.steady.p * fine.p().sum()).cwiseAbs().sum();
      const double between = safety * (fine.p() - coarse.p()).cwiseAbs().sum();
      report.error = std::max(report.error, between / std::max(left, 1e-13));
      report.errors[i] = between + 1e-14;
      observe(i, fine.p());
    }
    report.summary = fmt::format("{} steps of at most {:.3g}", fine.steps(), dt);
    return report;
  }

private:
  /// Of first order the difference is the error; steps too long for that to hold hide some of it.
  static constexpr double safety = 1.6;
  static double step(const EvolutionProblem& problem) { return problem.dt.value_or(problem.times.back() / 1000); }
};

const PropagatorCatalogue::Entry entry{"implicit_euler", "backward Euler with a fixed dt: first order, never negative",
                                       [] { return std::make_unique<ImplicitEulerPropagator>(); }};

} // namespace

} // namespace driftwell

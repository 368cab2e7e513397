// Boost.Odeint's controlled runge_kutta_dopri5 on dp/dt = Q p: the independent reference. Explicit, so its step is
// held by stability at about 3 / (largest rate). The error of the whole way is bounded by the sum of what the controller
// saw each step lose: a Markov semigroup contracts in the L1 norm.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <boost/numeric/odeint/integrate/max_step_checker.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace driftwell {

namespace {

namespace odeint = boost::numeric::odeint;
using State = std::vector<double>;
using Eigen::VectorXd;

using Algebra = odeint::range_algebra;
using Operations = odeint::default_operations;

/// Odeint's error checker, which also hands out the L1 norm of the step's error estimate before it is overwritten.
class Checker : public odeint::default_error_checker<double, Algebra, Operations> {
  using Base = odeint::default_error_checker<double, Algebra, Operations>;

public:
  Checker(double absolute, double relative, double& estimate) : Base(absolute, relative), estimate_(&estimate) {}
  template <class Derivative, class Err> double error(Algebra& algebra, const State& p, const Derivative& dpdt, Err& err, double dt) const {
    const auto size = static_cast<Eigen::Index>(err.size());
    *estimate_ = Eigen::Map<const VectorXd>(err.data(), size).cwiseAbs().sum();
    return Base::error(algebra, p, dpdt, err, dt);
  }

private:
  double* estimate_;
};

using Adjuster = odeint::default_step_adjuster<double, double>;
using Controlled = odeint::controlled_runge_kutta<odeint::runge_kutta_dopri5<State>, Checker, Adjuster>;

/// The way through time; what its steps lost adds up, since exp(tQ) enlarges no vector in the L1 norm.
class Way {
public:
  Way(const Stencil& Q, const VectorXd& start, double tolerance)
      // Odeint's default algebra bounds the error of every cell: the absolute part is a share of an average cell.
      : Q_(Q), stepper_(Checker(tolerance / static_cast<double>(start.size()), tolerance, estimate_)), p_(start.data(), start.data() + start.size()),
        dt_(0.5 / -Q.spectral_bound()) {}
  Way(const Way&) = delete; // the checker points into it
  Way& operator=(const Way&) = delete;

  void to(double from, double until) {
    const auto system = [this](const State& p, State& dpdt, double) {
      poll_interrupt();
      Q_.recurrence(p.data(), dpdt.data(), 1, 0, 0, {});
      ++products_;
    };
    odeint::failed_step_checker give_up;
    double t = from;
    while (t < until) {
      const bool last = dt_ >= until - t;
      double h = last ? until - t : dt_; // the stepper moves t and replaces h by what it would take next
      if (stepper_.try_step(std::cref(system), p_, t, h) == odeint::success) {
        give_up.reset();
        error_ += estimate_ + rounding;
        dt_ = std::max(dt_, h);
        if (last) t = until;
      } else {
        give_up();
        dt_ = h;
      }
    }
  }

  [[nodiscard]] Eigen::Map<const VectorXd> p() const { return {p_.data(), static_cast<Eigen::Index>(p_.size())}; }
  [[nodiscard]] double error() const { return error_; }
  [[nodiscard]] std::size_t products() const { return products_; }

private:
  static constexpr double rounding = 1e-15; ///< of a step
  const Stencil& Q_;
  double estimate_ = 0, error_ = 0;
  Controlled stepper_;
  State p_;
  double dt_;
  std::size_t products_ = 0;
};

class OdeintDopri5 : public Propagator {
public:
  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const double n = static_cast<double>(problem.generator.size());
    const double steps = problem.times.back() * -problem.generator.rates().spectral_bound() / 3.3 + 100;
    return {6 * steps * n * 4e-9, 8 * n * 12 + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    Way way(problem.generator.rates(), problem.initial, 0.1 * problem.tolerance);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    for (std::size_t i = 1; i < problem.times.size(); ++i) {
      way.to(problem.times[i - 1], problem.times[i]);
      const double left = (way.p() - problem.steady.p * way.p().sum()).cwiseAbs().sum();
      report.errors[i] = way.error();
      report.error = std::max(report.error, way.error() / std::max(left, 1e-13));
      observe(i, way.p());
    }
    report.summary = fmt::format("{} products with the generator", way.products());
    return report;
  }
};

const PropagatorCatalogue::Entry entry{"odeint_dopri5", "Boost.Odeint's controlled Dormand-Prince 5(4): explicit reference",
                                       [] { return std::make_unique<OdeintDopri5>(); }};

} // namespace

} // namespace driftwell

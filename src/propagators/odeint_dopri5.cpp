// Boost.Odeint's controlled runge_kutta_dopri5 on dp/dt = Q p: the independent reference. Explicit, so its step is
// held by stability at about 3 / (largest rate). The controller bounds what a single step loses; the error of the whole
// way is measured by a second one with a looser tolerance.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <boost/numeric/odeint/integrate/max_step_checker.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
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
using Controlled = odeint::result_of::make_controlled<odeint::runge_kutta_dopri5<State>>::type;
using Eigen::VectorXd;

/// One way through time with a given tolerance.
class Way {
public:
  Way(const Stencil& Q, const VectorXd& start, double tolerance)
      // Odeint's default algebra bounds the error of every cell: the absolute part is a share of an average cell.
      : Q_(Q), stepper_(odeint::make_controlled(tolerance / static_cast<double>(start.size()), tolerance, odeint::runge_kutta_dopri5<State>())),
        p_(start.data(), start.data() + start.size()), dt_(0.5 / -Q.spectral_bound()) {}

  void to(double from, double until) {
    const auto system = [this](const State& p, State& dpdt, double) {
      poll_interrupt();
      Q_.recurrence(p.data(), dpdt.data(), 1, 0, 0, {});
      ++products_;
    };
    odeint::failed_step_checker give_up;
    for (double t = from; t < until * (1 - 1e-15);) {
      const double left = until - t;
      double h = std::min(dt_, left); // the stepper replaces it by what it would take next
      if (stepper_.try_step(std::cref(system), p_, t, h) == odeint::success) {
        give_up.reset();
        dt_ = std::max(dt_, h);
      } else {
        give_up();
        dt_ = h;
      }
    }
  }

  [[nodiscard]] Eigen::Map<const VectorXd> p() const { return {p_.data(), static_cast<Eigen::Index>(p_.size())}; }
  [[nodiscard]] std::size_t products() const { return products_; }

private:
  const Stencil& Q_;
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
    return {2 * 6 * steps * n * 4e-9, 2 * 8 * n * 12 + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    const Stencil& Q = problem.generator.rates();
    Way fine(Q, problem.initial, 0.1 * problem.tolerance), loose(Q, problem.initial, looser * 0.1 * problem.tolerance);
    EvolutionReport report;
    report.errors.assign(problem.times.size(), 0);
    observe(0, problem.initial);
    for (std::size_t i = 1; i < problem.times.size(); ++i) {
      fine.to(problem.times[i - 1], problem.times[i]);
      loose.to(problem.times[i - 1], problem.times[i]);
      const double left = (fine.p() - problem.steady.p * fine.p().sum()).cwiseAbs().sum();
      report.errors[i] = (fine.p() - loose.p()).cwiseAbs().sum() + rounding * std::sqrt(static_cast<double>(fine.products()));
      report.error = std::max(report.error, report.errors[i] / std::max(left, 1e-13));
      observe(i, fine.p());
    }
    report.summary = fmt::format("{} products with the generator, and {} with a tolerance {:g} times as large to measure the error", fine.products(),
                                 loose.products(), looser);
    return report;
  }

private:
  static constexpr double looser = 10, rounding = 1e-15;
};

const PropagatorCatalogue::Entry entry{"odeint_dopri5", "Boost.Odeint's controlled Dormand-Prince 5(4): explicit reference",
                                       [] { return std::make_unique<OdeintDopri5>(); }};

} // namespace

} // namespace driftwell

// Boost.Odeint's controlled runge_kutta_dopri5 on dp/dt = Q p: the independent reference. Explicit, so its step is
// held by stability at about 3 / (largest rate).
#include "driftwell/core/interrupt.hpp"
#include "driftwell/propagators/propagator.hpp"

#include <boost/numeric/odeint/integrate/integrate_times.hpp>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <vector>

namespace driftwell {

namespace {

using State = std::vector<double>;
using Eigen::VectorXd;

class OdeintDopri5 : public Propagator {
public:
  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override {
    const double n = static_cast<double>(problem.generator.size());
    const double steps = problem.times.back() * -problem.generator.rates().spectral_bound() / 3.3 + 100;
    return {6 * steps * n * 4e-9, 8 * n * 12 + 150 * n};
  }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    namespace odeint = boost::numeric::odeint;
    const Stencil& Q = problem.generator.rates();
    std::size_t products = 0;
    const auto system = [&](const State& p, State& dpdt, double) {
      poll_interrupt();
      Q.recurrence(p.data(), dpdt.data(), 1, 0, 0, {});
      ++products;
    };
    // Odeint's default algebra bounds the error of every cell: the absolute part is a share of an average cell.
    const double n = static_cast<double>(problem.generator.size());
    const auto stepper = odeint::make_controlled(problem.tolerance * 0.1 / n, problem.tolerance * 0.1, odeint::runge_kutta_dopri5<State>());
    State state(problem.initial.data(), problem.initial.data() + problem.initial.size());
    std::size_t index = 0;
    const double first = 0.5 / -Q.spectral_bound();
    odeint::integrate_times(stepper, std::cref(system), state, problem.times.begin(), problem.times.end(), first,
                            [&](const State& p, double) {
                              observe(index++, Eigen::Map<const VectorXd>(p.data(), static_cast<Eigen::Index>(p.size())));
                            });
    // The controller bounds the error of a step; that of the whole way is not measured.
    return {std::nan(""), fmt::format("{} products with the generator", products)};
  }
};

const PropagatorCatalogue::Entry entry{"odeint_dopri5", "Boost.Odeint's controlled Dormand-Prince 5(4): explicit reference",
                                       [] { return std::make_unique<OdeintDopri5>(); }};

} // namespace

} // namespace driftwell

#include "driftwell/run/density_run.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/propagators/scheduled_evolution.hpp"
#include "fitting_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::VectorXd;

/// Some numbers a cell: the chain, its steady state and what is built on the way.
double bytes_of_chain(const Grid& grid) { return 300 * static_cast<double>(grid.size()); }

/// A grid that has no chance to fit is refused before anything is allocated.
const Grid& fitting(const Grid& grid) {
  if (const double bytes = bytes_of_chain(grid); bytes > available_memory())
    throw NumericalFailure(fmt::format("{} cells need about {:.3g} GB, {}. {}.", cells_text(grid), bytes / 1e9, memory_words(),
                                       fitting_cells(grid, [](const Grid& smaller) { return bytes_of_chain(smaller) <= available_memory(); })));
  return grid;
}

/// State reduction where it fits, else iterations, in memory for a few vectors.
SteadyMethod steady_method(const Generator& generator) {
  if (generator.steady_known() && generator.conservative()) return SteadyMethod::automatic;
  const double bytes = estimate_factor(generator.grid(), SparseFactor::Kind::general).bytes + bytes_of_chain(generator.grid());
  return bytes < available_memory() ? SteadyMethod::automatic : SteadyMethod::iterative;
}

VectorXd loss_on(const input::Spec& spec, const Model& model, const Grid& grid) {
  // Its errors are those of the chain: asked for there, where they are put in words.
  try {
    return potential_on(model, grid);
  } catch (const DomainError&) {
    (void)build_chain(spec, model, grid);
    throw;
  }
}

void check_finite(const std::string& name, const std::vector<double>& values, std::size_t index, double time) {
  for (const double value : values)
    if (!std::isfinite(value))
      throw NumericalFailure(fmt::format("observable {} is {} at t = {:g} (output {})", name, value, time, index));
}

} // namespace

DensityRun::DensityRun(const input::Spec& spec, const Model& model, const Grid& grid)
    : spec_(spec), loss_(loss_on(spec, model, fitting(grid))), generator_(build_chain(spec, model, grid)),
      steady_(steady_state(generator_, gibbs_on(model, generator_) ? &loss_ : nullptr, steady_method(generator_))), model_(model), schedule_(build_schedule(spec)) {}

const Frozen& DensityRun::frozen(double t) const {
  const double T = schedule_.value(t);
  if (!frozen_ || frozen_->temperature != T) {
    const Model model = model_.with_temperature(T);
    Generator generator = build_chain(spec_, model, generator_.grid());
    SteadyState steady = steady_state(generator, gibbs_on(model, generator) ? &loss_ : nullptr, steady_method(generator));
    frozen_ = std::make_unique<Frozen>(Frozen{T, std::move(generator), std::move(steady)});
  }
  return *frozen_;
}

bool DensityRun::gibbs() const { return gibbs_on(model_, generator_); }

SteadyState DensityRun::start_state() const { return schedule() ? frozen(0).steady : steady_; }

VectorXd DensityRun::start(const InitialDensity& initial) const {
  return initial.on(generator_.grid(), schedule() ? frozen(0).steady : steady_);
}

EvolutionProblem DensityRun::problem(const VectorXd& p, const std::vector<double>& times) const {
  const auto& dt = spec_.fokker_planck->dt;
  return {generator_, steady_, p, times, spec_.fokker_planck->tolerance.value, dt ? std::optional<double>(dt->value) : std::nullopt};
}

Choice DensityRun::choose(const InitialDensity& initial, const std::vector<double>& times) const {
  const VectorXd p = start(initial);
  if (schedule()) {
    const double end = spec_.time.end;
    const Schedule::Range range = schedule_.range(end);
    auto evolution = std::make_unique<ScheduledEvolution>([T = schedule_](double t) { return T.value(t); }, schedule_.breakpoints(end),
                                                          [model = model_, range](const Grid& g) { return ChainFamily(model, g, range.least, range.most); });
    const bool fixed = spec_.fokker_planck->dt.has_value();
    return {std::move(evolution), fixed ? "magnus_midpoint" : "magnus",
            fixed ? "the temperature changes with time; fixed dt: midpoint rule" : "the temperature changes with time: fourth-order Magnus steps that follow the tolerance"};
  }
  return choose_propagator(spec_.fokker_planck->propagator.value, problem(p, times), 0.8 * available_memory());
}

EvolutionReport DensityRun::evolve(const InitialDensity& initial, const std::vector<double>& times, const Propagator& propagator,
                                   const Frame& frame) const {
  const VectorXd begin = start(initial);
  std::map<std::string, std::unique_ptr<DensityObservable>> observables;
  for (const std::string& name : ObservableCatalogue::names())
    if (auto observable = ObservableCatalogue::find(name)->make(); observable->applies(generator_.grid())) observables[name] = std::move(observable);
  return propagator.propagate(problem(begin, times), [&](std::size_t index, const VectorXd& p) {
    poll_interrupt();
    const Frozen* now = schedule() ? &frozen(times[index]) : nullptr;
    const DensityState state(now ? now->generator : generator_, now ? now->steady : steady_, loss_, p);
    std::map<std::string, std::vector<double>> values;
    for (const auto& [name, observable] : observables) {
      values[name] = observable->evaluate(state);
      check_finite(name, values[name], index, times[index]);
    }
    frame(index, p, values);
  });
}

Series DensityRun::series(const InitialDensity& initial, const std::vector<double>& times, const Propagator& propagator,
                          double& time_error) const {
  Series result;
  const EvolutionReport report = evolve(initial, times, propagator, [&](std::size_t, const VectorXd&, const auto& values) {
    for (const auto& [name, row] : values) result[name].push_back(row);
  });
  time_error = report.error;
  return result;
}

CostEstimate estimate_cost(const input::Spec& spec, const Model& model, const Grid& grid) {
  const double n = static_cast<double>(grid.size()), outputs = static_cast<double>(spec.time.at.size());
  const bool reversible = model.gradient_system();
  const FactorEstimate factor = estimate_factor(grid, reversible ? SparseFactor::Kind::positive_definite : SparseFactor::Kind::general);
  CostEstimate cost{outputs * n * 1e-8 + n * 1e-6, bytes_of_chain(grid)};
  const bool fits = factor.bytes + 70 * 8 * n + bytes_of_chain(grid) < 0.8 * available_memory();
  if (fits && (grid.dimension() < 3 || !reversible)) {
    cost.seconds += factor.operations / (reversible ? 1e10 : 3e9) * (reversible ? 1 : 2) + 60 * factor.bytes / 4e9;
    cost.bytes += factor.bytes + 70 * 8 * n;
  } else {
    cost.bytes += 8 * n * (reversible ? 18 : 45);
    cost.seconds += n * 2e-9 * 400 * std::max(1.0, outputs / 8) * (reversible ? 1 : 5);
  }
  if (!build_schedule(spec).constant()) { // a steady state for every output, and some six exponentials a step
    const double tolerance = std::max(spec.fokker_planck->tolerance.value, 1e-12);
    const double steps = spec.fokker_planck->dt ? spec.time.end / spec.fokker_planck->dt->value : std::max(outputs, 1000 * std::pow(1e-9 / tolerance, 0.2));
    cost.seconds = 1.5 * steps * 6 * (n * 2.5e-7 + 5e-5) + (reversible ? n * 1e-7 : factor.operations / 3e9) * outputs;
    cost.bytes += 400 * n;
  }
  return cost;
}

} // namespace driftwell::run

#pragma once
// The evolution of a density on one grid: chain, steady state, propagator, observables over time.
#include "driftwell/observables/observable.hpp"
#include "driftwell/propagators/propagator.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/memory.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace driftwell::run {

/// Observables by name; each has one row a time.
using Series = std::map<std::string, std::vector<std::vector<double>>>;

/// The chain of one temperature and its steady state.
struct Frozen {
  double temperature;
  Generator generator;
  SteadyState steady;
};

/// Everything about one grid that does not change with time. Where the temperature is a schedule, generator() and steady()
/// are those of the last time, and densities are observed against the steady state of the temperature of their time.
class DensityRun {
public:
  /// Builds the chain and its steady state. Throws InvalidExperiment, NumericalFailure.
  DensityRun(const input::Spec& spec, const Model& model, const Grid& grid);

  [[nodiscard]] const Generator& generator() const { return generator_; }
  [[nodiscard]] const SteadyState& steady() const { return steady_; }
  /// The temperature over time; nullptr where it is constant.
  [[nodiscard]] const Schedule* schedule() const { return schedule_.constant() ? nullptr : &schedule_; }
  /// The steady state is exp(-f/T) on the grid, too: no tilt around a period, no wall that absorbs.
  [[nodiscard]] bool gibbs() const;
  /// The steady state of the first temperature.
  [[nodiscard]] SteadyState start_state() const;
  [[nodiscard]] const Eigen::VectorXd& loss() const { return loss_; } ///< f at the centres

  /// The propagator of the experiment (or of "auto") for these output times.
  [[nodiscard]] Choice choose(const InitialDensity& initial, const std::vector<double>& times) const;

  using Frame = std::function<void(std::size_t index, const Eigen::VectorXd& p, const std::map<std::string, std::vector<double>>& values)>;
  /// Evolves and evaluates every observable at every time; `frame` is called in order of time.
  EvolutionReport evolve(const InitialDensity& initial, const std::vector<double>& times, const Propagator& propagator, const Frame& frame) const;
  /// The same, kept; `time_error` receives the propagator's a-posteriori error.
  [[nodiscard]] Series series(const InitialDensity& initial, const std::vector<double>& times, const Propagator& propagator, double& time_error) const;

private:
  [[nodiscard]] const Frozen& frozen(double t) const;
  [[nodiscard]] Eigen::VectorXd start(const InitialDensity& initial) const;
  [[nodiscard]] EvolutionProblem problem(const Eigen::VectorXd& p, const std::vector<double>& times) const;

  const input::Spec& spec_;
  Eigen::VectorXd loss_;
  Generator generator_;
  SteadyState steady_;
  Model model_;
  Schedule schedule_;
  mutable std::unique_ptr<Frozen> frozen_; ///< of the temperature asked for last
};

/// Bytes one grid needs at its widest, and a guess of the seconds; from the estimates of the propagator.
[[nodiscard]] CostEstimate estimate_cost(const input::Spec& spec, const Model& model, const Grid& grid);

} // namespace driftwell::run

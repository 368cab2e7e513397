#pragma once
// Experiments with a schedule, from text to series.
#include "driftwell/run/density_run.hpp"
#include "engine.hpp"

#include <string>
#include <vector>

namespace schedules {

using namespace driftwell;
using Eigen::VectorXd;

struct Experiment {
  std::string temperature = "temperature = 0.5";
  std::string model = "variables = [\"x\"]\npotential = \"x^2/2\"\n";
  std::string initial = "gaussian = { mean = 1.5, std = 0.5 }";
  std::string time = "end = 3\noutputs = 7";
  std::string density = "lower = -7\nupper = 7\ncells = 400";

  [[nodiscard]] std::string text() const {
    return "[model]\n" + model + temperature + "\n[initial]\n" + initial + "\n[time]\n" + time + "\n[fokker_planck]\n" + density + "\n";
  }
};

struct Result {
  run::Series series;
  std::vector<double> times;
  std::vector<VectorXd> p;
  EvolutionReport report;
  std::string propagator;

  [[nodiscard]] double at(const std::string& name, std::size_t time, std::size_t component = 0) const { return series.at(name)[time][component]; }
};

inline Result run_on(const Experiment& experiment, std::size_t coarsenings = 0, const std::vector<std::string>& overrides = {}) {
  const input::Spec spec = input::parse(experiment.text(), "test.toml", overrides);
  const Model model = run::build_model(spec);
  Grid grid = run::build_grid(*spec.fokker_planck);
  for (std::size_t i = 0; i < coarsenings; ++i) grid = grid.coarsened();
  const run::InitialDensity initial(spec, grid);
  const run::DensityRun density(spec, model, grid);
  const Choice choice = density.choose(initial, spec.time.at);
  Result result{{}, spec.time.at, {}, {}, choice.name};
  result.report = density.evolve(initial, spec.time.at, *choice.propagator, [&](std::size_t, const VectorXd& p, const auto& values) {
    for (const auto& [name, row] : values) result.series[name].push_back(row);
    result.p.push_back(p);
  });
  return result;
}

/// The slow obvious way: classical Runge-Kutta on dp/dt = Q(T(t)) p, with Q built from the model at every stage.
template <class Temperature> VectorXd runge_kutta(const Model& model, const Grid& grid, VectorXd p, double from, double until, int steps, const Temperature& T) {
  const auto slope = [&](double t, const VectorXd& q) { return VectorXd(build_generator(model.with_temperature(T(t)), grid).rates() * q); };
  const double h = (until - from) / steps;
  for (int i = 0; i < steps; ++i) {
    const double t = from + i * h;
    const VectorXd a = slope(t, p), b = slope(t + h / 2, p + h / 2 * a), c = slope(t + h / 2, p + h / 2 * b), d = slope(t + h, p + h * c);
    p += h / 6 * (a + 2 * b + 2 * c + d);
  }
  return p;
}

inline double distance(const VectorXd& a, const VectorXd& b) { return (a - b).cwiseAbs().sum(); }

} // namespace schedules

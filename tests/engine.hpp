#pragma once
// Short ways to engine objects for the tests.
#include "driftwell/observables/observable.hpp"
#include "driftwell/propagators/propagator.hpp"
#include "driftwell/stationary/spectrum.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace engine {

using namespace driftwell;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

inline Expression formula(const std::string& text, const std::vector<std::string>& names) {
  expression::Symbols symbols;
  symbols.variables = names;
  return Expression::parse(text, symbols);
}

struct ModelText {
  std::vector<std::string> names;
  std::string potential;
  std::vector<std::string> force{};
  std::vector<std::string> diffusion{}; ///< diagonal; empty: identity
  double temperature = 1;
  Interpretation interpretation = Interpretation::ito;
  std::vector<std::vector<std::string>> tensor{};      ///< full D instead of a diagonal one
  std::vector<std::vector<std::string>> circulation{}; ///< Q
};

inline Model model(const ModelText& text) {
  Equation equation;
  equation.names = text.names;
  equation.potential = formula(text.potential.empty() ? "0" : text.potential, text.names);
  for (const auto& f : text.force) equation.force.push_back(formula(f, text.names));
  const std::size_t d = text.names.size();
  if (!text.diffusion.empty()) {
    equation.diffusion.assign(d, std::vector<Expression>(d, Expression(0.0)));
    for (std::size_t i = 0; i < d; ++i) equation.diffusion[i][i] = formula(text.diffusion[i], text.names);
  }
  const auto matrix = [&](const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<Expression>> result;
    for (const auto& row : rows) {
      result.emplace_back();
      for (const auto& entry : row) result.back().push_back(formula(entry, text.names));
    }
    return result;
  };
  if (!text.tensor.empty()) equation.diffusion = matrix(text.tensor);
  equation.circulation = matrix(text.circulation);
  equation.temperature = text.temperature;
  equation.interpretation = text.interpretation;
  return Model(std::move(equation));
}

inline Axis axis(double lower, double upper, std::size_t cells, Boundary low = Boundary::reflecting, Boundary high = Boundary::reflecting) {
  return {lower, upper, cells, {low, high}};
}

inline Axis ring(double lower, double upper, std::size_t cells) { return axis(lower, upper, cells, Boundary::periodic, Boundary::periodic); }

inline VectorXd gaussian(const Grid& grid, const std::vector<double>& mean, double std) {
  VectorXd p(static_cast<Index>(grid.size()));
  for (std::size_t k = 0; k < grid.size(); ++k) {
    double square = 0;
    const auto x = grid.centre(k);
    for (std::size_t a = 0; a < x.size(); ++a) square += std::pow((x[a] - mean[a]) / std, 2);
    p[static_cast<Index>(k)] = std::exp(-square / 2);
  }
  return p / p.sum();
}

/// Q as a dense matrix, column by column: slow and obvious.
inline MatrixXd dense(const Stencil& stencil) {
  const auto n = static_cast<Index>(stencil.size());
  MatrixXd Q(n, n);
  for (Index k = 0; k < n; ++k) Q.col(k) = stencil * VectorXd::Unit(n, k);
  return Q;
}

/// Evolves with a named propagator; every observable at every time.
struct Run {
  Generator generator;
  SteadyState steady;
  VectorXd loss;
  std::vector<VectorXd> p;
  std::map<std::string, std::vector<std::vector<double>>> series;
  EvolutionReport report;

  [[nodiscard]] double at(const std::string& name, std::size_t time) const { return series.at(name)[time][0]; }
};

inline Run evolve(const Model& model, const Grid& grid, const VectorXd& initial, const std::vector<double>& times,
                  const std::string& propagator = "krylov", double tolerance = 1e-10, std::optional<double> dt = {}) {
  const VectorXd loss = potential_on(model, grid);
  Generator generator = build_generator(model, grid);
  SteadyState steady = steady_state(generator, model.gradient_system() && !grid.absorbing() ? &loss : nullptr);
  Run run{std::move(generator), std::move(steady), loss, {}, {}, {}};
  const EvolutionProblem problem{run.generator, run.steady, initial, times, tolerance, dt};
  run.report = choose_propagator(propagator, problem, 1e10).propagator->propagate(problem, [&](std::size_t, const VectorXd& p) {
    const DensityState state(run.generator, run.steady, run.loss, p);
    for (const std::string& name : ObservableCatalogue::names())
      if (const auto observable = ObservableCatalogue::find(name)->make(); observable->applies(grid))
        run.series[name].push_back(observable->evaluate(state));
    run.p.push_back(p);
  });
  return run;
}

/// Is the propagator one for this problem?
inline bool applies(const std::string& propagator, const Model& model, const Grid& grid, const VectorXd& initial, const std::vector<double>& times) {
  const Generator generator = build_generator(model, grid);
  const SteadyState steady = steady_state(generator, nullptr);
  return PropagatorCatalogue::find(propagator)->make()->applies({generator, steady, initial, times, 1e-10, {}});
}

/// v + (v - coarse) / 3
inline double extrapolated(double fine, double coarse) { return fine + (fine - coarse) / 3; }

} // namespace engine

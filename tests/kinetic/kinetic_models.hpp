#pragma once
// Small models in q, and one experiment from start to end.
#include "driftwell/kinetic/evolution.hpp"
#include "driftwell/kinetic/kinetic_law.hpp"
#include "driftwell/kinetic/phase_space.hpp"

#include <string>
#include <vector>

namespace kinetic_models {

using namespace driftwell;

inline Model model(const std::string& f, double T, double gamma, const std::string& force = "0") {
  expression::Symbols symbols;
  symbols.variables = {"q"};
  Equation equation;
  equation.names = {"q"};
  equation.potential = Expression::parse(f, symbols);
  equation.force = {Expression::parse(force, symbols)};
  equation.temperature = T;
  equation.friction = gamma;
  return Model(equation);
}

struct Setup {
  Setup(const Model& m, const kinetic::PositionBox& box, Eigen::Index nodes, Eigen::Index hermite)
      : basis(m, box, nodes), L(basis, m.friction(), hermite), space(L) {}
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  using Row = std::map<std::string, std::vector<double>>;
  [[nodiscard]] std::vector<Row> run(const kinetic::PhaseLaw& law, const std::vector<double>& times, double tolerance = 1e-11) const {
    std::vector<Row> rows;
    (void)kinetic::evolve(L, kinetic::project(L, law).u, times, tolerance, [&](std::size_t, const Eigen::VectorXd& u) { rows.push_back(space.observe(u)); });
    return rows;
  }

  kinetic::PositionBasis basis;
  kinetic::KineticOperator L;
  kinetic::PhaseSpace space;
};

inline kinetic::PhaseLaw gaussian(double q, double p, double vq, double vp, double c = 0) { return {{{1, {q, p}, {{{vq, c}, {c, vp}}}}}, 0}; }

} // namespace kinetic_models

// Tables of a known equation: the generator of the formulas comes back, to second order; cells without data stay empty.
#include "driftwell/generator/tabulated_equation.hpp"
#include "driftwell/stationary/circulation.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace driftwell;
using Eigen::Index;
using Eigen::VectorXd;

namespace {

Grid box(std::size_t d, double half, std::size_t cells) {
  return Grid(std::vector<Axis>(d, Axis{-half, half, cells}));
}

VectorXd on(const Grid& grid, const std::function<double(const std::vector<double>&)>& f) {
  VectorXd v(static_cast<Index>(grid.size()));
  for (std::size_t k = 0; k < grid.size(); ++k) v[static_cast<Index>(k)] = f(grid.centre(k));
  return v;
}

double distance(const Grid& grid, const SteadyState& steady, const std::function<double(const std::vector<double>&)>& density) {
  VectorXd p = on(grid, density);
  p /= p.sum();
  return (p - steady.p).lpNorm<1>();
}

void check_chain(const Generator& chain) {
  const VectorXd leaving = chain.rates().diagonal(); // minus the sum of the rates out of each cell
  CHECK(leaving.maxCoeff() < 0);
  chain.rates().for_each_link([](std::size_t, std::size_t, double up, double down) {
    if (!(up >= 0) || !(down >= 0)) FAIL("a negative rate");
  });
}

} // namespace

TEST_CASE("one axis with D(x): (1 + x^2)^-2 from tables, at second order") {
  // f = x^2/2, D = 1 + x^2, T = 1/2 (theory sheet: beta = 2): rho = (1 + x^2)^-(1 + beta/2) / Z
  double last = 0;
  for (const std::size_t cells : {40u, 80u, 160u}) {
    const Grid grid = box(1, 6, cells);
    TabulatedEquation table{0.5, {on(grid, [](const auto& x) { return -x[0]; })}, {on(grid, [](const auto& x) { return 1 + x[0] * x[0]; })}, {}};
    const Generator chain = build_tabulated_generator(table, grid);
    check_chain(chain);
    CHECK(chain.reversible());
    const double error = distance(grid, steady_state(chain), [](const auto& x) { return std::pow(1 + x[0] * x[0], -2); });
    if (last > 0) CHECK(last / error == Approx(4).margin(0.6));
    last = error;
  }
  CHECK(last < 5e-4);
}

TEST_CASE("two axes, full D, a force without potential: density and entropy production") {
  // dx = -F x dt + sqrt(2 D) dW with F = [[1,-5],[5,1]]: Sigma = I, entropy production 50
  double last = 0;
  for (const std::size_t cells : {40u, 80u}) {
    const Grid grid = box(2, 5, cells);
    TabulatedEquation table;
    table.drift = {on(grid, [](const auto& x) { return -x[0] + 5 * x[1]; }), on(grid, [](const auto& x) { return -5 * x[0] - x[1]; })};
    table.diffusion = {VectorXd::Ones(static_cast<Index>(grid.size())), VectorXd::Zero(static_cast<Index>(grid.size())), VectorXd::Ones(static_cast<Index>(grid.size()))};
    const Generator chain = build_tabulated_generator(table, grid);
    check_chain(chain);
    const SteadyState steady = steady_state(chain);
    const double error = distance(grid, steady, [](const auto& x) { return std::exp(-(x[0] * x[0] + x[1] * x[1]) / 2); });
    CHECK(error < (cells == 40 ? 0.08 : 0.02));
    const double production = entropy_production(chain, steady);
    if (last > 0) CHECK(std::abs(production - 50) < std::abs(last - 50) / 3);
    last = production;
  }
  CHECK(last == Approx(50).epsilon(0.04)); // 51.4; falls as h^2
}

TEST_CASE("two axes with an oblique D: the table equals the formulas") {
  const Grid grid = box(2, 4, 48);
  const expression::Expression zero(0.0), x = expression::Expression::variable(0), y = expression::Expression::variable(1);
  Equation equation{{"x", "y"}, zero, false, {zero - x, zero - 2.0 * y}, {{1.0, 0.4}, {0.4, 0.5}}};
  const Generator formulas = build_generator(Model(equation), grid);
  const auto constant = [&](double v) { return VectorXd::Constant(static_cast<Index>(grid.size()), v); };
  TabulatedEquation table;
  table.drift = {on(grid, [](const auto& p) { return -p[0]; }), on(grid, [](const auto& p) { return -2 * p[1]; })};
  table.diffusion = {constant(1), constant(0.4), constant(0.5)};
  const Generator chain = build_tabulated_generator(table, grid);
  CHECK((steady_state(formulas).p - steady_state(chain).p).lpNorm<1>() < 1e-6); // linear drift: interpolation is exact but in the outermost half cell
}

TEST_CASE("unsupported cells: no mass, reflected at the edge of the support") {
  // Uniform drift-free diffusion on a disc: the steady state is uniform on the supported cells, whatever the tables hold outside.
  const Grid grid = box(2, 1, 30);
  TabulatedEquation table;
  const VectorXd inside = on(grid, [](const auto& x) { return x[0] * x[0] + x[1] * x[1] < 0.5 ? 1.0 : 0.0; });
  const double nan = std::nan("");
  const auto field = [&](double value) { return VectorXd(inside.unaryExpr([=](double in) { return in > 0 ? value : nan; })); };
  table.drift = {field(0), field(0)};
  table.diffusion = {field(1), field(0.2), field(0.5)};
  for (Index k = 0; k < inside.size(); ++k) table.supported.push_back(inside[k] > 0);
  const SteadyState steady = steady_state(build_tabulated_generator(table, grid));
  double outside = 0;
  for (Index k = 0; k < inside.size(); ++k) {
    if (inside[k] > 0) CHECK(steady.p[k] == Approx(1 / inside.sum()).epsilon(1e-9));
    else outside += steady.p[k];
  }
  CHECK(outside < 1e-14);
}

TEST_CASE("a part of the support without connection is dropped") {
  const Grid grid = box(1, 1, 10);
  const std::vector<bool> supported{true, true, false, true, true, true, false, false, true, false};
  VectorXd weight = VectorXd::Ones(10);
  weight[4] = 2;
  CHECK(connected_support(supported, weight, grid) == std::vector<bool>{false, false, false, true, true, true, false, false, false, false});
}

TEST_CASE("tables that are no equation are refused with the place") {
  const Grid grid = box(1, 1, 10);
  TabulatedEquation table{1, {VectorXd::Zero(10)}, {VectorXd::Ones(10)}, {}};
  table.diffusion[0][3] = -0.5;
  try {
    (void)build_tabulated_generator(table, grid);
    FAIL("a negative D was taken");
  } catch (const DomainError& error) {
    CHECK(error.point[0] == Approx(-0.3));
    CHECK(error.value == -0.5);
  }
  table.supported.assign(10, false);
  CHECK_THROWS_AS(build_tabulated_generator(table, grid), std::invalid_argument);
}

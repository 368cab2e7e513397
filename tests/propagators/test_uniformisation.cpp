// Tails: every cell accurate relative to itself, against extended precision.
#include "exact.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <catch2/catch.hpp>

using namespace engine;

namespace {

using Long = long double;
using LongVector = Eigen::Matrix<Long, Eigen::Dynamic, 1>;

struct Case {
  std::string name;
  ModelText text;
  std::vector<Axis> axes;
  std::vector<double> mean;
  double std; ///< 0: all mass in the cell of the mean
  std::vector<double> times;
};

VectorXd start_of(const Case& c, const Grid& grid) {
  if (c.std > 0) return gaussian(grid, c.mean, c.std);
  VectorXd p = gaussian(grid, c.mean, 0.02);
  Index top = 0;
  p.maxCoeff(&top);
  return VectorXd::Unit(p.size(), top);
}

const std::vector<Case> cases{
    {"Ornstein-Uhlenbeck, narrow", {{"x"}, "x^2/2", {}, {}, 0.5}, {axis(-10, 10, 64)}, {2}, 0.15, {0, 1e-4, 0.05, 0.5, 2}},
    {"Ornstein-Uhlenbeck, point", {{"x"}, "x^2/2", {}, {}, 0.5}, {axis(-10, 10, 64)}, {-3}, 0, {0, 1e-6, 0.01, 0.3}},
    {"cells swept empty", {{"x"}, "", {"3"}, {}, 0.01}, {axis(0, 10, 64)}, {1}, 0.3, {0, 0.1, 1, 3}},
    {"washboard, many steps", {{"x"}, "cos(x)", {"0.7"}, {}, 0.3}, {ring(0, 2 * M_PI, 60)}, {3}, 0.05, {0, 0.01, 30}},
    {"circulation", {{"x", "y"}, "x^2/2 + y^2", {"-2*y", "2*x"}, {}, 0.1}, {axis(-4, 4, 10), axis(-4, 4, 11)}, {2, 1}, 0.15, {0, 0.05, 1}},
    {"absorbing with force", {{"x", "y"}, "x^2/2", {"0", "1"}, {"1", "0.2"}, 0.1}, {axis(-4, 4, 10, Boundary::absorbing, Boundary::reflecting), ring(0, 6, 9)}, {2, 1}, 0.2, {0, 0.05, 1}},
};

/// Largest relative error of a cell above `floor`, and the smallest such cell.
struct Worst {
  double error = 0, least = 1;
};

Worst worst_cell(const VectorXd& p, const LongVector& exact, double floor) {
  Worst worst;
  for (Index k = 0; k < p.size(); ++k) {
    if (!(exact[k] > static_cast<Long>(floor))) continue;
    worst.error = std::max(worst.error, static_cast<double>(std::abs(static_cast<Long>(p[k]) - exact[k]) / exact[k]));
    worst.least = std::min(worst.least, static_cast<double>(exact[k]));
  }
  return worst;
}

} // namespace

TEST_CASE("uniformisation: every cell down to 1e-290 is right to 1e-11 of itself") {
  double faintest = 1;
  for (const Case& c : cases) {
    const Grid grid(c.axes);
    const VectorXd start = start_of(c, grid);
    const Run run = evolve(model(c.text), grid, start, c.times, "uniformisation", 1e-10);
    const MatrixXd Q = dense(run.generator.rates());
    for (std::size_t i = 1; i < c.times.size(); ++i) {
      CAPTURE(c.name, c.times[i]);
      const LongVector exact = positive_exponential<Long>(Q, c.times[i]) * start.cast<Long>();
      const Worst worst = worst_cell(run.p[i], exact, 1e-290);
      CHECK(worst.error < 1e-11);
      CHECK(run.p[i].minCoeff() >= 0);
      faintest = std::min(faintest, worst.least);
    }
    CHECK(run.report.error >= 0);
  }
  CHECK(faintest < 1e-250); // the tails were there to be tested
}

TEST_CASE("uniformisation: the tolerance is delivered cell by cell, and looser ones cost less") {
  const Case& c = cases[0];
  const Grid grid(c.axes);
  const VectorXd start = start_of(c, grid);
  for (const double tolerance : {1e-3, 1e-6, 1e-9}) {
    const Run run = evolve(model(c.text), grid, start, c.times, "uniformisation", tolerance);
    for (std::size_t i = 1; i < c.times.size(); ++i) {
      const LongVector exact = positive_exponential<Long>(dense(run.generator.rates()), c.times[i]) * start.cast<Long>();
      CHECK(worst_cell(run.p[i], exact, 1e-290).error < tolerance);
    }
    CHECK(run.report.error < tolerance);
  }
}

TEST_CASE("uniformisation agrees with quadruple precision where the others leave rounding") {
  using Quad = boost::multiprecision::cpp_bin_float_quad;
  const Grid grid({axis(-6, 6, 40)});
  const VectorXd start = gaussian(grid, {1.5}, 0.4);
  const Run run = evolve(model({{"x"}, "x^2/2", {}, {}, 0.2}), grid, start, {0, 0.05}, "uniformisation");
  const Run krylov = evolve(model({{"x"}, "x^2/2", {}, {}, 0.2}), grid, start, {0, 0.05}, "krylov");
  const auto exp = positive_exponential<Quad>(dense(run.generator.rates()), 0.05);
  double faintest = 1, others = 0;
  for (Index k = 0; k < start.size(); ++k) {
    Quad exact = 0;
    for (Index l = 0; l < start.size(); ++l) exact += exp(k, l) * Quad(start[l]);
    const auto relative = [&](double p) { return static_cast<double>(abs((Quad(p) - exact) / exact)); };
    CHECK(relative(run.p[1][k]) < 1e-12);
    others = std::max(others, relative(krylov.p[1][k]));
    faintest = std::min(faintest, static_cast<double>(exact));
  }
  CHECK(faintest < 1e-40);
  CHECK(others > 1);
}

TEST_CASE("uniformisation: the observables see the tails") {
  // KL to a steady state whose tail the start does not reach is dominated by where it lives; mass and sign must hold.
  const Case& c = cases[0];
  const Grid grid(c.axes);
  const Run run = evolve(model(c.text), grid, start_of(c, grid), c.times, "uniformisation");
  for (std::size_t i = 1; i < c.times.size(); ++i) {
    CHECK(run.at("mass", i) == Approx(1).epsilon(1e-12));
    CHECK(run.at("kl", i) <= run.at("kl", i - 1));
    const DensityState state(run.generator, run.steady, run.loss, run.p[i]);
    for (Index k = 0; k < run.p[i].size(); ++k)
      if (run.p[i][k] > 1e-300) CHECK(state.log_ratio[k] == Approx(std::log(run.p[i][k]) - run.steady.log_p[k]).epsilon(1e-12));
  }
}

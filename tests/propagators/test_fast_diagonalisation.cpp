// Fast diagonalisation: random sums of one-variable models against the dense exponential, and what it must refuse.
#include "engine.hpp"

#include "driftwell/core/error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unsupported/Eigen/MatrixFunctions>

#include <random>

using namespace engine;

namespace {

Choice choice_of(const Run& run, const VectorXd& start, const std::vector<double>& times, double tolerance = 1e-9) {
  return choose_propagator("auto", {run.generator, run.steady, start, times, tolerance, {}}, 1e10);
}

} // namespace

TEST_CASE("fast diagonalisation of random sums of one-variable models") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> number(0.2, 1);
  const std::vector<double> times{0, 1e-4, 0.3, 20};
  for (int trial = 0; trial < 12; ++trial) {
    CAPTURE(trial);
    const std::size_t d = trial % 3 + 1;
    const std::vector<std::string> names{"x", "y", "z"};
    std::string potential;
    std::vector<std::string> variables, noise;
    std::vector<Axis> axes;
    for (std::size_t a = 0; a < d; ++a) {
      const std::string& v = names[a];
      variables.push_back(v);
      const bool periodic = (trial + static_cast<int>(a)) % 4 == 1, absorbing = (trial + static_cast<int>(a)) % 5 == 2;
      potential += fmt::format("{}{:.3f}*{}", a ? " + " : "", number(random), periodic ? "cos(" + v + ")" : "(" + v + "^2-1)^2");
      noise.push_back(fmt::format("{:.3f} + {:.3f}*cos({})^2", number(random), number(random), v));
      const std::size_t cells = (d == 1 ? 50 : d == 2 ? 10 : 4) + a;
      axes.push_back(periodic ? ring(0, 2 * M_PI, cells) : axis(-1.9, 2.1, cells, absorbing ? Boundary::absorbing : Boundary::reflecting));
    }
    const Grid grid(axes);
    const Model m = model({variables, potential, {}, noise, 1});
    const VectorXd start = gaussian(grid, std::vector<double>(d, 0.8), 0.35);
    REQUIRE(applies("fast_diagonalisation", m, grid, start, times));
    const Run run = evolve(m, grid, start, times, "fast_diagonalisation");
    const MatrixXd Q = dense(run.generator.rates());
    for (std::size_t i = 1; i < times.size(); ++i) {
      const VectorXd exact = MatrixXd(times[i] * Q).exp() * start;
      CAPTURE(times[i]);
      const double error = (run.p[i] - exact).cwiseAbs().sum();
      CHECK(error < 1e-10 * exact.sum());
      CHECK(error < run.report.errors[i] + 1e-13 * Q.cwiseAbs().maxCoeff() * times[i] * exact.sum()); // the last: of the dense exponential
    }
  }
}

TEST_CASE("fast diagonalisation keeps the distance from the steady state relative, and the mass") {
  const Grid grid({axis(-2.2, 2.2, 48), axis(-2, 2, 40)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.1});
  const VectorXd start = gaussian(grid, {-1, 0.5}, 0.2);
  const std::vector<double> times{0, 0.1, 1, 10, 100, 1000};
  const Run fast = evolve(m, grid, start, times, "fast_diagonalisation"), slow = evolve(m, grid, start, times, "krylov", 1e-12);
  for (std::size_t i = 1; i < times.size(); ++i) {
    CHECK(fast.p[i].sum() == Approx(1).epsilon(1e-14));
    CHECK(fast.at("kl", i) == Approx(slow.at("kl", i)).epsilon(1e-9));
  }
}

TEST_CASE("bounds are bounds where eigenvalues of an axis come in pairs that rounding exchanges") {
  const Grid grid({axis(-3, 3, 128), axis(-4, 4, 128)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.25});
  const std::vector<double> times{0, 1e-4, 1e-3, 0.014, 0.1, 1};
  const Run run = evolve(m, grid, gaussian(grid, {-1, 1}, 0.3), times, "fast_diagonalisation");
  for (std::size_t i = 1; i < times.size(); ++i) {
    CAPTURE(times[i], run.report.errors[i]);
    CHECK(run.report.errors[i] > 0);
    CHECK(run.report.errors[i] < 1e-8);
  }
}

TEST_CASE("auto takes fast diagonalisation where it is one, and not elsewhere") {
  const Grid grid({axis(-3, 3, 64), axis(-3, 3, 64)});
  const std::vector<double> times{0, 0.1, 1, 10};
  const VectorXd start = gaussian(grid, {-1, 0.5}, 0.3);
  const auto chosen = [&](const ModelText& text) {
    const Run run = evolve(model(text), grid, start, {0});
    return choice_of(run, start, times).name;
  };
  CHECK(chosen({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.25}) == "fast_diagonalisation");
  CHECK(chosen({{"x", "y"}, "(x^2-1)^2/4 + y^2/2 + 1e-6*x*y", {}, {}, 0.25}) != "fast_diagonalisation");
  CHECK(chosen({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y", "x"}, {}, 0.25}) != "fast_diagonalisation");
  CHECK(chosen({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {"1 + y^2/10", "1"}, 0.25}) != "fast_diagonalisation");
  // Asked for by name it says why not.
  const Run coupled = evolve(model({{"x", "y"}, "x^2/2 + y^2/2 + x*y/4", {}, {}, 0.25}), grid, start, {0});
  const EvolutionProblem problem{coupled.generator, coupled.steady, start, times, 1e-9, {}};
  CHECK_THROWS_AS(choose_propagator("fast_diagonalisation", problem, 1e10).propagator->propagate(problem, [](std::size_t, const VectorXd&) {}), NumericalFailure);
}

TEST_CASE("where rounding would cost too much, auto goes on with another propagator") {
  // A tiny spectral gap, two nearly degenerate slow modes and a very long time.
  const Grid grid({axis(-2.2, 2.2, 80), axis(-2.2, 2.2, 80)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2 + (y^2-1.0001)^2", {}, {}, 0.06});
  const std::vector<double> times{0, 1e6, 1e8};
  const VectorXd start = gaussian(grid, {-1, -1}, 0.2);
  const Run run = evolve(m, grid, start, times, "auto", 1e-10);
  const Run truth = evolve(m, grid, start, times, "krylov", 1e-12);
  for (std::size_t i = 1; i < times.size(); ++i) CHECK((run.p[i] - truth.p[i]).cwiseAbs().sum() < 1e-8);
}

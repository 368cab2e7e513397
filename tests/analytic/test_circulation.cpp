// Two dimensions out of detailed balance: Example 19 of Chaudhari & Soatto and a constant antisymmetric circulation.
#include "engine.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace engine;

namespace {

ModelText example_19(double lambda) {
  const std::string j = fmt::format("{}*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)", lambda);
  return {{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-y*" + j, "x*" + j}};
}

Grid square(double half, std::size_t cells) { return Grid({axis(-half, half, cells), axis(-half, half, cells)}); }

double steady_error(double lambda, std::size_t cells) {
  const Grid grid = square(3, cells);
  const Model m = model(example_19(lambda));
  const SteadyState steady = steady_state(build_generator(m, grid));
  VectorXd exact = (-potential_on(m, grid)).array().exp();
  exact /= exact.sum();
  return (steady.p - exact).cwiseAbs().sum();
}

std::complex<double> leading(const ModelText& text, std::size_t cells) {
  // The box must not be felt: exp(-y^2/2) needs |y| <= 5.
  const Grid grid({axis(-3.5, 3.5, cells * 7 / 10), axis(-5, 5, cells)});
  const Generator generator = build_generator(model(text), grid);
  return leading_eigenvalues(generator, steady_state(generator), 1)[0];
}

} // namespace

TEST_CASE("Example 19: the steady state is exp(-f) for every lambda, to second order") {
  for (const double lambda : {0.0, 0.5, 1.5}) {
    CAPTURE(lambda);
    const double coarse = steady_error(lambda, 64), fine = steady_error(lambda, 128);
    CHECK(fine < 1e-4);
    if (lambda > 0) CHECK(coarse / fine == Approx(4).epsilon(0.05));
    else CHECK(fine < 1e-13);
  }
}

TEST_CASE("Example 19: leading eigenvalues") {
  struct Row { double lambda, real, imag; };
  for (const Row& row : {Row{0, -0.7920884266, 0}, Row{0.5, -0.912040, 0.199716}, Row{1.5, -1.038601, 0.669975}}) {
    CAPTURE(row.lambda);
    const auto coarse = leading(example_19(row.lambda), 60), fine = leading(example_19(row.lambda), 120);
    CHECK(extrapolated(fine.real(), coarse.real()) == Approx(row.real).margin(1e-4));
    CHECK(extrapolated(fine.imag(), coarse.imag()) == Approx(row.imag).margin(1e-4));
  }
}

TEST_CASE("constant antisymmetric circulation: leading eigenvalues") {
  struct Row { double q, real, imag; };
  for (const Row& row : {Row{0.5, -0.926813, 0.385158}, Row{1, -1.003077, 0.812751}}) {
    const ModelText text{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {fmt::format("-{}*y", row.q), fmt::format("{}*x*(x^2-1)", row.q)}};
    const auto coarse = leading(text, 80), fine = leading(text, 160);
    CHECK(extrapolated(fine.real(), coarse.real()) == Approx(row.real).margin(1e-4));
    CHECK(extrapolated(fine.imag(), coarse.imag()) == Approx(row.imag).margin(1e-4));
  }
}

TEST_CASE("Example 19: KL falls monotonically, entropy is produced for ever") {
  const Grid grid({axis(-3.5, 3.5, 70), axis(-5, 5, 100)});
  std::vector<double> times;
  for (int i = 0; i <= 60; ++i) times.push_back(0.2 * i);
  const Run run = evolve(model(example_19(1.5)), grid, gaussian(grid, {-1, 1}, 0.4), times);
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(run.at("kl", i) <= run.at("kl", i - 1) + 1e-12);
  CHECK(run.at("kl", 60) < 1e-9);
  const Grid half = grid.coarsened();
  const Generator coarse = build_generator(model(example_19(1.5)), half);
  const double fine_value = entropy_production(run.generator, run.steady), coarse_value = entropy_production(coarse, steady_state(coarse));
  CHECK(extrapolated(fine_value, coarse_value) == Approx(0.6813816129 * 2.25).epsilon(1e-4));
}

TEST_CASE("rotating Ornstein-Uhlenbeck: entropy production 50, eigenvalue -1 +- 5i") {
  const ModelText text{{"x", "y"}, "x^2/2 + y^2/2", {"5*y", "-5*x"}};
  std::vector<double> production;
  std::vector<std::complex<double>> lambda;
  for (const std::size_t cells : {160u, 80u}) {
    const Generator generator = build_generator(model(text), square(6, cells));
    const SteadyState steady = steady_state(generator);
    production.push_back(entropy_production(generator, steady));
    lambda.push_back(leading_eigenvalues(generator, steady, 1)[0]);
  }
  CHECK(extrapolated(production[0], production[1]) == Approx(50).epsilon(1e-3));
  CHECK(extrapolated(lambda[0].real(), lambda[1].real()) == Approx(-1).margin(2e-3));
  CHECK(extrapolated(lambda[0].imag(), lambda[1].imag()) == Approx(5).margin(2e-3));
}

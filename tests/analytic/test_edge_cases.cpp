// Corners where a fresh reader found wrong numbers once.
#include "engine.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/stationary/passage.hpp"

#include <catch2/catch.hpp>

using namespace engine;

TEST_CASE("a start in the steady state stays there, with no error") {
  const Grid grid({axis(-4, 4, 24), axis(-4, 4, 24)});
  const Model m = model({{"x", "y"}, "x^2/2 + y^2/2", {"-y", "x"}});
  const SteadyState steady = steady_state(build_generator(m, grid));
  for (const std::string name : {"krylov", "chebyshev"}) {
    const Run run = evolve(m, grid, steady.p, {0, 1, 5}, name);
    CHECK(run.report.error < 1e-12);
    CHECK((run.p[2] - steady.p).cwiseAbs().sum() < 1e-13);
  }
}

TEST_CASE("survivors keep their digits when there are hardly any") {
  // Brownian motion on [0, 1]: the slowest mode decays as exp(-pi^2 t), 4e-22 at t = 5.
  const Grid grid({axis(0, 1, 200, Boundary::absorbing, Boundary::absorbing)});
  const Model m = model({{"x"}, "0*x"});
  for (const std::string name : {"krylov", "chebyshev"}) {
    CAPTURE(name);
    const Run run = evolve(m, grid, gaussian(grid, {0.4}, 0.05), {0, 1, 5, 20}, name);
    const double rate = run.steady.decay_rate;
    CHECK(run.at("mass", 2) / run.at("mass", 1) == Approx(std::exp(-4 * rate)).epsilon(1e-8));
    CHECK(run.at("mass", 3) / run.at("mass", 1) == Approx(std::exp(-19 * rate)).epsilon(1e-8));
    CHECK(run.at("kl", 3) < 1e-12);
    CHECK(run.at("mean", 3) == Approx(0.5).epsilon(1e-9));
  }
  CHECK_THROWS_AS(evolve(m, grid, gaussian(grid, {0.4}, 0.05), {0, 200}), NumericalFailure);
}

TEST_CASE("the current of the quasi-stationary law reaches the walls") {
  const Grid grid({axis(0, 1, 200, Boundary::absorbing, Boundary::absorbing)});
  const Generator generator = build_generator(model({{"x"}, "0*x"}), grid);
  const VectorXd J = steady_current(generator, steady_state(generator))[0]; // -d/dx (pi/2) sin(pi x)
  for (const Index k : {0, 1, 50, 198, 199})
    CHECK(J[k] == Approx(-M_PI * M_PI / 2 * std::cos(M_PI * grid.centre(static_cast<std::size_t>(k))[0])).epsilon(1e-3).margin(1e-3));
}

TEST_CASE("diffusion that vanishes at an absorbing wall (Wright-Fisher)") {
  // D = x(1-x), T = 1, Ito: fixation time tau = -x log x - (1-x) log(1-x). The wall is singular: first order in h there.
  const Grid grid({axis(0, 1, 400, Boundary::absorbing, Boundary::absorbing)});
  const VectorXd tau = mean_exit_time(build_generator(model({{"x"}, "0*x", {}, {"x*(1-x)"}}), grid));
  for (const std::size_t k : {40u, 200u, 350u}) {
    const double x = grid.centre(k)[0];
    CHECK(tau[static_cast<Index>(k)] == Approx(-x * std::log(x) - (1 - x) * std::log(1 - x)).epsilon(1.5e-2));
  }
}

TEST_CASE("a minimum of the implicit potential at a wall is found to second order") {
  // Constant drift to the wall at 0: rho_ss = exp(-x), Phi = x, E[Phi] = 1 in a long box.
  std::vector<double> value;
  for (const std::size_t cells : {256u, 128u}) {
    const Grid grid({axis(0, 20, cells)});
    const Model m = model({{"x"}, "", {"-1"}});
    const SteadyState steady = steady_state(build_generator(m, grid));
    value.push_back(steady.p.dot(steady.implicit_potential));
  }
  CHECK(value[0] == Approx(1).margin(2e-3));
  CHECK(extrapolated(value[0], value[1]) == Approx(1).margin(1e-4));
}

TEST_CASE("diffusion below zero between the faces is seen") {
  try {
    (void)build_generator(model({{"x"}, "x^2", {}, {"(x-0.05)^2 - 1e-5"}}), Grid({axis(0, 1, 10)}));
    FAIL("accepted");
  } catch (const DomainError& error) {
    CHECK(error.quantity == DomainError::Quantity::diffusion_negative);
  }
}

// [stationary] as a whole, on models whose numbers are known.
#include "run/stationary_analysis.hpp"
#include "run/well_width.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

run::StationaryAnalysis analysed(const std::string& text) {
  const input::Spec spec = input::parse(text, "test.toml");
  const Model model = run::build_model(spec);
  run::StationaryAnalysis analysis(spec, model, run::stationary_grid(spec));
  analysis.compute(spec);
  return analysis;
}

} // namespace

TEST_CASE("[stationary] alone, absorbing wall: a half cosine decays at 1/4, exit from x takes L x - x^2/2") {
  const auto a = analysed("[model]\nvariables = [\"x\"]\npotential = \"0*x\"\ntemperature = 1\n[stationary]\nlower = 0\nupper = 3.141592653589793\ncells = 400\n"
                          "boundary = [[\"absorbing\", \"reflecting\"]]\neigenvalues = 2\nstart = 1\n");
  CHECK(a.failures.empty());
  CHECK(*a.number("decay_rate") == Approx(0.25).epsilon(1e-5));
  CHECK(*a.number("exit_probability_x_lower") == Approx(1).epsilon(1e-12));
  CHECK(*a.number("mean_exit_time_from_start") == Approx(3.141592653589793 - 0.5).epsilon(1e-4));
  CHECK(a.modes->values[1].real() == Approx(-2.25).epsilon(1e-4));
  CHECK(a.number("entropy_production") == nullptr);
}

TEST_CASE("[stationary] of a driven ring: current, entropy production, passage around with the drift") {
  const auto a = analysed("[model]\nvariables = [\"x\"]\nforce = [\"2\"]\ntemperature = 0.5\n[stationary]\nlower = 0\nupper = 1\ncells = 300\nboundary = \"periodic\"\n"
                          "eigenvalues = 2\ntarget = \"x > 0.9 or x < 0.1\"\n");
  CHECK(a.failures.empty());
  CHECK(*a.number("circulation_rms") == Approx(2).epsilon(1e-10));
  CHECK(*a.number("entropy_production") == Approx(2 * 2 / 0.5).epsilon(1e-4));
  CHECK(*a.number("circulation_divergence_rms") == Approx(0).margin(1e-9));
  // lambda = -T k^2 + 2 i k, k = 2 pi
  CHECK(a.modes->values[0].real() == Approx(-0.5 * 39.4784176044).epsilon(1e-3));
  CHECK(a.modes->values[0].imag() == Approx(2 * 6.28318530718).epsilon(1e-3));
  CHECK(a.passage->mean.maxCoeff() < 0.4); // 0.8 at speed 2
}

TEST_CASE("[stationary] plans by the chain: a potential that tilts around a ring has no closed form and needs a factor") {
  const auto plan = [](const std::string& potential, double available) {
    const std::string text = "[model]\nvariables = [\"x\", \"y\"]\npotential = \"" + potential + "\"\ntemperature = 0.5\n[stationary]\nlower = [0, -2]\nupper = [6.283185307179586, 2]\n"
                             "cells = 400\nboundary = [\"periodic\", \"reflecting\"]\neigenvalues = 0\n";
    const input::Spec spec = input::parse(text, "test.toml");
    const Model model = run::build_model(spec);
    REQUIRE(model.gibbs());
    const Grid grid = run::stationary_grid(spec);
    const run::ChainKind chain = run::kind_of(model, run::build_chain(spec, model, grid.coarsened().coarsened()));
    return std::pair(chain, run::plan_stationary(*spec.stationary, chain, grid, available));
  };
  const auto [still, closed] = plan("cos(x) + y^2", 1e12);
  CHECK((still.gibbs && still.reversible));
  CHECK_FALSE(closed.iterative);
  const auto [driven, eliminated] = plan("cos(x) + y^2 - x/2", 1e12);
  CHECK_FALSE((driven.gibbs || driven.reversible));
  CHECK(eliminated.cost.bytes > 3 * closed.cost.bytes); // a factor, which the closed form does without
  const double between = 2 * closed.cost.bytes;
  CHECK(plan("cos(x) + y^2", between).second.elimination_fits);
  const run::StationaryPlan tight = plan("cos(x) + y^2 - x/2", between).second;
  CHECK_FALSE(tight.elimination_fits);
  CHECK(tight.steady == SteadyMethod::iterative); // was: elimination, beyond the memory there is
}

TEST_CASE("wells narrower than a cell are warned of: the second difference of Phi/T is (cell / width)^2 in a Gaussian well") {
  const auto bend = [](const std::string& more, const std::string& in_x = "(x/0.1)^2/2") {
    const auto a = analysed("[model]\nvariables = [\"x\", \"y\"]\npotential = \"" + in_x + " + y^2/2\"\ntemperature = 1\n[stationary]\n"
                            "lower = [-1, -4]\nupper = [1, 4]\neigenvalues = 0\n" + more);
    const Grid& grid = a.generator.grid();
    const double value = run::bend_of_cells(grid, 0, a.steady);
    CHECK(run::unresolved_wells(grid, {"x", "y"}, a.steady).has_value() == (value > 1));
    CHECK(run::bend_of_cells(grid, 1, a.steady) == Approx(0.04).epsilon(1e-3)); // the ends of the axis hold 1e-4
    if (in_x[0] == '(') { // by hand, also where cells are unequal
      const Axis& x = grid.axis(0);
      double sum = 0;
      for (std::size_t k = 0; k < grid.size(); ++k)
        if (const std::size_t i = grid.coordinate(k, 0); i > 0 && i + 1 < x.cells)
          sum += a.steady.p[static_cast<Eigen::Index>(k)] * x.width(i) * (x.centre(i + 1) - x.centre(i - 1)) / 2 / 0.01;
      CHECK(value == Approx(sum).epsilon(1e-9));
    }
    return value;
  };
  CHECK(bend("cells = [80, 40]\n") == Approx(0.0625).epsilon(1e-9));
  CHECK(bend("cells = [10, 40]\n") == Approx(4).epsilon(1e-9));
  CHECK(bend("cells = [80, 40]\nstretch = [\"s + 0.1*sin(2*pi*s)\", \"s\"]\n") < 0.03); // finest in the middle
  CHECK(bend("cells = [80, 40]\nboundary = [\"periodic\", \"reflecting\"]\n", "-(10/pi)^2*cos(pi*x)") == Approx(0.0625 * (1 - 9.8696 * 0.005)).epsilon(0.01)); // cos has its mean under the Gaussian
}

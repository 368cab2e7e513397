// First-passage times against quadrature, with the bridge; cut runs and threads give the same bits; censoring by walls.
#include "engine.hpp"

#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/stationary/passage.hpp"
#include "run/passage.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

#include <cmath>
#include <vector>

using namespace driftwell;

namespace {

Model double_well() { return engine::model({.names = {"x"}, .potential = "(x^2-1)^2/4", .temperature = 1}); }

/// int_-1^1 dy exp(f/T) / T int_-inf^y dz exp(-f/T)
double exact_mean() {
  const auto f = [](double x) { return std::pow(x * x - 1, 2) / 4; };
  constexpr int cells = 20'000, first = 50'000; // of [-1, 1], and those below
  constexpr double h = 2.0 / cells;
  double inner = 0, outer = 0;
  for (int k = -first; k < cells; ++k) {
    const double y = -1 + (k + 0.5) * h, w = std::exp(-f(y)) * h; // midpoint rule
    if (k >= 0) outer += std::exp(f(y)) * (inner + w / 2) * h;
    inner += w;
  }
  return outer;
}

std::vector<double> passages(const Model& model, const std::string& target, const std::vector<double>& at, double dt, const std::vector<std::uint64_t>& stops,
                             std::size_t block = 0, std::size_t particles = 20'000) {
  const Dynamics dynamics(model);
  const auto stepper = StepperCatalogue::find("euler_maruyama")->make();
  run::Passage passage(dynamics, engine::formula(target, model.names()), particles, 5);
  Ensemble ensemble(model.dimension(), particles);
  fill_positions(ensemble, model.dimension(), {.kind = StartLaw::Kind::point, .mean = at}, 5);
  passage.look(ensemble, 0);
  std::uint64_t from = 0;
  for (const std::uint64_t stop : stops) {
    Integrator(dynamics, *stepper, 5, {0, dt}, {.block = block, .observer = &passage}).advance(ensemble, from, stop);
    from = stop;
  }
  return {passage.times().begin(), passage.times().end()};
}

} // namespace

TEST_CASE("Mean first-passage time of the double well from -1 to 1, particles going on") {
  CHECK(exact_mean() == Approx(3.48830964885284).epsilon(1e-6));
  const Grid grid({engine::axis(-6, 1, 3500, Boundary::reflecting, Boundary::absorbing)}); // the density engine: absorbed at 1
  CHECK(interpolate(grid, mean_exit_time(build_generator(double_well(), grid)), {-1}) == Approx(exact_mean()).epsilon(1e-4));
  const std::vector<double> times = passages(double_well(), "x - 1", {-1}, 0.005, {1600});
  const estimators::ExitTimes statistics = estimators::exit_times(times, 8.0);
  INFO(statistics.mean.value << " +- " << statistics.mean.standard_error << ", passed " << statistics.exits);
  CHECK(statistics.exits < times.size());
  CHECK(std::abs(statistics.mean.value - exact_mean()) < 4 * statistics.mean.standard_error);
  // The target may be written with another slope, and curved: the same set.
  const estimators::ExitTimes curved = estimators::exit_times(passages(double_well(), "x^3 + 3*x - 4", {-1}, 0.005, {1600}), 8.0);
  CHECK(std::abs(curved.mean.value - exact_mean()) < 4 * curved.mean.standard_error + 0.01);
}

TEST_CASE("Passage out of a disc under a full diffusion matrix, long steps: the bridge counts") {
  // With D, x'D^-1 x = r^2: E tau = r^2 / (2 T d) from the centre.
  const Model model = engine::model({.names = {"x", "y"}, .potential = "0", .temperature = 0.5, .tensor = {{"1", "0.5"}, {"0.5", "1"}}});
  const std::vector<double> times = passages(model, "sqrt((x^2 - x*y + y^2)/0.75) - 1", {0.3, 0.0}, 0.002, {3000});
  const double start = 0.09 / 0.75, exact = (1 - start) / 2;
  const estimators::ExitTimes statistics = estimators::exit_times(times, 6.0);
  CHECK(std::abs(statistics.mean.value - exact) < 4 * statistics.mean.standard_error + 0.003);
}

TEST_CASE("Passage times have the same bits however the run is cut") {
  const auto whole = passages(double_well(), "x", {-1}, 0.02, {100}, 0, 3000);
  omp_set_num_threads(1);
  CHECK(whole == passages(double_well(), "x", {-1}, 0.02, {13, 14, 100}, 77, 3000));
  omp_set_num_threads(2);
}

TEST_CASE("Start in the target, and no value of the target") {
  for (const double t : passages(double_well(), "x + 2", {-1}, 0.02, {5}, 0, 100)) CHECK(t == 0);
  CHECK_THROWS(passages(double_well(), "log(x)", {-1}, 0.02, {5}, 0, 100));
}

TEST_CASE("Survival with particles that a wall takes away: Kaplan-Meier by hand") {
  const Model model = double_well();
  const Dynamics dynamics(model);
  run::Passage passage(dynamics, engine::formula("x", {"x"}), 4, 5);
  Ensemble ensemble(1, 4);
  ensemble.make_mortal();
  passage.times()[0] = 1;
  ensemble.death_time()[1] = 2;
  passage.times()[2] = 3;
  const estimators::Estimate s = passage.not_yet_passed(ensemble, 4);
  CHECK(s.value == Approx(0.75 * 0.5));
  CHECK(s.standard_error == Approx(0.375 * std::sqrt(1.0 / 12 + 1.0 / 2)));
}

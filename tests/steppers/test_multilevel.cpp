// Means to a requested error: closed forms, the errors that are stated, the rate at which differences of coupled paths shrink.
#include "engine.hpp"

#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/steppers/multilevel.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace driftwell;

namespace {

struct Case {
  Model model;
  std::string f;
  double end, exact;
  std::vector<double> at;
};

/// E x^2 of dx = -x dt + sqrt(2T) dW from x0.
Case ornstein_uhlenbeck(double x0 = 1.5) {
  constexpr double T = 0.5, t = 1;
  return {engine::model({.names = {"x"}, .potential = "x^2/2", .temperature = T}), "x^2", t, x0 * x0 * std::exp(-2 * t) + T * (1 - std::exp(-2 * t)), {x0}};
}

/// dx = a x dt + c x dW: E x^2 = x0^2 exp((2 a + c^2) t). Multiplicative noise.
Case geometric() {
  constexpr double a = -0.5, c = 0.6, t = 1;
  return {engine::model({.names = {"x"}, .potential = "0.25*x^2", .diffusion = {"0.18*x^2"}, .temperature = 1}), "x^2", t, std::exp((2 * a + c * c) * t), {1.0}};
}

/// The double well, long enough for exp(-f/T) by quadrature.
Case double_well() {
  double Z = 0, second = 0;
  for (double x = -5; x < 5; x += 1e-3) {
    const double w = std::exp(-std::pow(x * x - 1, 2) / 4);
    Z += w, second += w * x * x;
  }
  return {engine::model({.names = {"x"}, .potential = "(x^2-1)^2/4", .temperature = 1}), "x^2", 8, second / Z, {0.0}};
}

MeanEstimate estimate(const Case& c, const std::string& stepper_name, MeanMethod method, double target, double dt = 0.125, std::uint64_t seed = 1) {
  const auto stepper = StepperCatalogue::find(stepper_name)->make();
  const Dynamics dynamics(c.model);
  const StartLaw law{.kind = StartLaw::Kind::point, .mean = c.at};
  const MeanProblem problem{.dynamics = dynamics, .stepper = *stepper, .f = engine::formula(c.f, c.model.names()), .end = c.end, .dt = dt,
                            .start = [&](Ensemble& e) { fill_positions(e, c.model.dimension(), law, seed); }, .seed = seed};
  return estimate_mean(problem, method, target, {.pilot = 2000});
}

void check(const MeanEstimate& e, double exact, double target) {
  CHECK(std::hypot(e.standard_error, e.bias) <= target);
  CHECK(std::abs(e.value - exact) < 4 * std::hypot(e.standard_error, e.bias));
}

} // namespace

TEST_CASE("Multilevel means: closed forms and quadrature within their errors, which are those asked for") {
  check(estimate(ornstein_uhlenbeck(), "euler_maruyama", MeanMethod::multilevel, 2e-3), ornstein_uhlenbeck().exact, 2e-3);
  check(estimate(geometric(), "milstein", MeanMethod::multilevel, 2e-3), geometric().exact, 2e-3);
  check(estimate(geometric(), "euler_maruyama", MeanMethod::multilevel, 4e-3), geometric().exact, 4e-3);
  check(estimate(double_well(), "euler_maruyama", MeanMethod::multilevel, 1e-2), double_well().exact, 1e-2);
}

TEST_CASE("Extrapolated means, from coupled and from independent paths") {
  for (const char* name : {"euler_maruyama", "stochastic_heun", "weak_euler", "srk_weak_2"}) {
    INFO(name);
    const MeanEstimate e = estimate(ornstein_uhlenbeck(), name, MeanMethod::extrapolation, 4e-3);
    check(e, ornstein_uhlenbeck().exact, 4e-3);
    CHECK(e.coupled == (StepperCatalogue::find(name)->make()->traits().variates == StepperTraits::Variates::normals));
  }
  check(estimate(double_well(), "euler_maruyama", MeanMethod::extrapolation, 1e-2), double_well().exact, 1e-2);
}

TEST_CASE("Stated errors are neither too small nor too large: scores over seeds") {
  for (const MeanMethod method : {MeanMethod::multilevel, MeanMethod::extrapolation}) {
    constexpr int seeds = 40;
    double squares = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      const MeanEstimate e = estimate(geometric(), "milstein", method, 2e-2, 0.125, static_cast<std::uint64_t>(seed));
      squares += std::pow((e.value - geometric().exact) / std::hypot(e.standard_error, e.bias), 2);
    }
    CHECK(squares / seeds < 1.9); // chi^2 of 40 degrees: beyond with 1e-3
    CHECK(squares / seeds > 0.2);
  }
}

TEST_CASE("Differences of coupled paths: means by the moments of the schemes, variance like dt^(2 strong order)", "[slow]") {
  struct Expected {
    const char* stepper;
    Case model;
    double rate;
    double grow, add, a, curve; ///< one step: E x'^2 = ((1 + a dt)^2 + grow dt + curve dt^2) E x^2 + add dt
  };
  // Additive noise makes Euler-Maruyama of strong order 1. (From x0 = 1.5 the two parts of the weak error nearly cancel.)
  for (const Expected& x : {Expected{"euler_maruyama", geometric(), 1, 0.36, 0, -0.5, 0}, Expected{"milstein", geometric(), 2, 0.36, 0, -0.5, 0.0648},
                            Expected{"euler_maruyama", ornstein_uhlenbeck(0.5), 2, 0, 1, -1, 0}}) {
    INFO(x.stepper << ", rate " << x.rate);
    const MeanEstimate e = estimate(x.model, x.stepper, MeanMethod::multilevel, 4e-4);
    REQUIRE(e.levels.size() >= 5);
    const auto slope = [&](std::size_t l) { return std::log2(e.levels[l - 1].variance / e.levels[l].variance); };
    CHECK((slope(3) + slope(4)) / 2 == Approx(x.rate).margin(0.3));
    CHECK(e.levels[2].dt == Approx(0.125 / 4));
    CHECK(e.levels[2].cost == Approx(48));
    const auto moment = [&](double h) {
      double m = x.model.at[0] * x.model.at[0];
      for (int n = 0; n < std::lround(x.model.end / h); ++n) m = (std::pow(1 + x.a * h, 2) + x.grow * h + x.curve * h * h) * m + x.add * h;
      return m;
    };
    for (std::size_t l = 0; l < e.levels.size(); ++l) {
      const MeanLevel& level = e.levels[l];
      const double expected = moment(level.dt) - (l == 0 ? 0 : moment(2 * level.dt));
      CHECK(std::abs(level.mean - expected) < 4 * std::sqrt(level.variance / static_cast<double>(level.particles)));
    }
  }
}

TEST_CASE("Exact steppers need one level; means of momenta; two-point noise has no common path") {
  const MeanEstimate exact = estimate(ornstein_uhlenbeck(), "exact_ou", MeanMethod::multilevel, 4e-3);
  CHECK(exact.levels.size() == 1);
  CHECK(exact.bias == 0);
  check(exact, ornstein_uhlenbeck().exact, 4e-3);
  CHECK_THROWS_AS(estimate(ornstein_uhlenbeck(), "weak_euler", MeanMethod::multilevel, 1e-2), std::invalid_argument);

  Equation equation;
  equation.names = {"q"};
  equation.potential = engine::formula("q^2/2", {"q"});
  equation.temperature = 0.5;
  equation.friction = 1;
  const Model model(equation);
  const Dynamics dynamics(model);
  for (const char* name : {"baoab", "obabo"}) {
    const auto stepper = StepperCatalogue::find(name)->make();
    const MeanProblem problem{.dynamics = dynamics, .stepper = *stepper, .f = engine::formula("p^2", {"q", "p"}), .end = 12, .dt = 0.5,
                              .start = [](Ensemble&) {}, .seed = 3};
    check(estimate_mean(problem, MeanMethod::multilevel, 1e-2, {.pilot = 1000}), 0.5, 1e-2);
  }
}

TEST_CASE("Walls: both paths of a difference are reflected") {
  const Model model = engine::model({.names = {"x"}, .potential = "", .temperature = 0.5});
  const Dynamics dynamics(model);
  const auto stepper = StepperCatalogue::find("euler_maruyama")->make();
  MeanProblem problem{.dynamics = dynamics, .stepper = *stepper, .f = engine::formula("x^2", {"x"}), .end = 4, .dt = 0.125, .start = [](Ensemble&) {}, .seed = 3,
                      .walls = {{{0, 1, WallKind::reflecting, WallKind::reflecting}}}};
  check(estimate_mean(problem, MeanMethod::multilevel, 1e-2), 1.0 / 3, 1e-2);
  problem.walls.axes[0].high = WallKind::absorbing;
  CHECK_THROWS_AS(estimate_mean(problem, MeanMethod::multilevel, 1e-2), std::invalid_argument);
}

TEST_CASE("The same bits of a mean for any number of threads") {
  for (const MeanMethod method : {MeanMethod::multilevel, MeanMethod::extrapolation}) {
    omp_set_num_threads(1);
    const MeanEstimate one = estimate(double_well(), "euler_maruyama", method, 3e-2);
    omp_set_num_threads(3);
    const MeanEstimate three = estimate(double_well(), "euler_maruyama", method, 3e-2);
    omp_set_num_threads(2);
    CHECK(one.value == three.value);
    CHECK(one.standard_error == three.standard_error);
    CHECK(one.bias == three.bias);
  }
}

TEST_CASE("Estimates that were cut anywhere end with the same bits; samples of another estimate are refused") {
  const Case c = geometric();
  const auto stepper = StepperCatalogue::find("milstein")->make();
  const Dynamics dynamics(c.model);
  const StartLaw law{.kind = StartLaw::Kind::point, .mean = c.at};
  const auto problem = [&](std::uint64_t seed) {
    return MeanProblem{.dynamics = dynamics, .stepper = *stepper, .f = engine::formula(c.f, c.model.names()), .end = c.end, .dt = 0.125,
                       .start = [&, seed](Ensemble& e) { fill_positions(e, 1, law, seed); }, .seed = seed};
  };
  for (const MeanMethod method : {MeanMethod::multilevel, MeanMethod::extrapolation}) {
    const MeanEstimate whole = estimate_mean(problem(1), method, 4e-3, {.pilot = 2000});
    std::vector<double> taken;
    struct Cut {};
    std::size_t cuts = 0;
    for (std::size_t after = 1;; after += 2) { // later and later, each from where the last one was cut
      std::size_t calls = 0;
      try {
        const MeanEstimate e = estimate_mean(problem(1), method, 4e-3, {.pilot = 2000, .taken = taken, .keep = [&](const std::vector<double>& numbers) {
                                                                        taken = numbers;
                                                                        if (++calls == after) throw Cut{};
                                                                      }});
        CHECK(e.value == whole.value);
        CHECK(e.standard_error == whole.standard_error);
        CHECK(e.bias == whole.bias);
        REQUIRE(e.levels.size() == whole.levels.size());
        for (std::size_t l = 0; l < e.levels.size(); ++l) CHECK((e.levels[l].mean == whole.levels[l].mean && e.levels[l].particles == whole.levels[l].particles));
        break;
      } catch (const Cut&) {
        ++cuts;
      }
    }
    CHECK(cuts > 1);
    CHECK_THROWS_AS(estimate_mean(problem(1), method, 4e-3, {.pilot = 1999, .taken = taken}), std::invalid_argument);
    taken.pop_back();
    CHECK_THROWS_AS(estimate_mean(problem(1), method, 4e-3, {.pilot = 2000, .taken = taken}), std::invalid_argument);
  }
}

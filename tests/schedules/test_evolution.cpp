// Evolutions under schedules against other ways to the same density.
#include "driftwell/core/error.hpp"
#include "driftwell/model/schedule.hpp"
#include "driftwell/propagators/scheduled_evolution.hpp"
#include "experiment.hpp"

#include <catch2/catch.hpp>

using namespace schedules;

namespace {

const std::string double_well = "variables = [\"x\"]\npotential = \"(x^2-1)^2/4\"\n";

void check_same(const Result& a, const Result& b, double tolerance) {
  REQUIRE(a.p.size() == b.p.size());
  for (std::size_t i = 0; i < a.p.size(); ++i) CHECK(distance(a.p[i], b.p[i]) < tolerance);
  for (const auto& [name, rows] : a.series)
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t c = 0; c < rows[i].size(); ++c) {
        CAPTURE(name, i);
        CHECK(rows[i][c] == Approx(b.series.at(name)[i][c]).epsilon(100 * tolerance).margin(100 * tolerance));
      }
}

} // namespace

TEST_CASE("a step table is a sequence of constant temperatures") {
  Experiment e;
  e.model = double_well;
  e.temperature = "temperature = { t = [0, 1.25], value = [0.4, 0.1], interpolation = \"step\" }";
  e.time = "at = [0.5, 1.25, 2.5]";
  const Result scheduled = run_on(e);
  const Model hot = engine::model({{"x"}, "(x^2-1)^2/4", {}, {}, 0.4}), cold = hot.with_temperature(0.1);
  const Grid grid({engine::axis(-7, 7, 400)});
  const engine::Run first = engine::evolve(hot, grid, scheduled.p[0], {0, 0.5, 1.25}), second = engine::evolve(cold, grid, first.p[2].cwiseMax(0), {0, 1.25}, "chebyshev");
  CHECK(distance(scheduled.p[1], first.p[1]) < 1e-9);
  CHECK(distance(scheduled.p[2], first.p[2]) < 1e-9);
  CHECK(distance(scheduled.p[3], second.p[1]) < 1e-9);
  CHECK(scheduled.at("kl", 1) == Approx(first.at("kl", 1)).epsilon(1e-8));
  CHECK(scheduled.at("kl", 2) == Approx(second.at("kl", 0)).epsilon(1e-8)); // at a breakpoint: the new temperature
  CHECK(scheduled.at("kl", 3) == Approx(second.at("kl", 1)).epsilon(1e-8));
}

TEST_CASE("learning rate and batch size make the temperature") {
  Experiment sgd, direct;
  sgd.model = direct.model = double_well;
  sgd.temperature = "learning_rate = \"h*exp(-t/2)\"\nbatch_size = { t = [0, 1], value = [1, 4], interpolation = \"step\" }\nparameters = { h = 0.8 }";
  direct.temperature = "temperature = \"0.4*exp(-t/2)*where(t < 1, 1, 0.25)\"";
  check_same(run_on(sgd), run_on(direct), 1e-9);
  sgd.temperature = "learning_rate = 0.8\nbatch_size = \"1 + t\"";
  direct.temperature = "temperature = \"0.4/(1+t)\"";
  check_same(run_on(sgd), run_on(direct), 1e-9);
}

TEST_CASE("what does not change with time takes the path of a number, bit for bit") {
  Experiment number;
  number.model = double_well;
  number.temperature = "temperature = 0.25";
  const Result expected = run_on(number);
  for (const char* text : {"temperature = \"0.25\"", "temperature = \"a/2\"\nparameters = { a = 0.5 }", "temperature = { t = [0, 1], value = [0.25, 0.25] }",
                           "learning_rate = \"0.5\"\nbatch_size = 1"}) {
    CAPTURE(text);
    Experiment e = number;
    e.temperature = text;
    const Result r = run_on(e);
    CHECK(r.propagator == expected.propagator);
    for (std::size_t i = 0; i < r.p.size(); ++i) CHECK(r.p[i] == expected.p[i]);
    CHECK(r.series == expected.series);
  }
}

TEST_CASE("an almost constant schedule agrees with the propagators of a constant temperature") {
  Experiment e;
  e.model = double_well;
  const Result constant = run_on(e);
  e.temperature = "temperature = \"0.5 + 1e-15*t\"";
  const Result scheduled = run_on(e);
  CHECK(scheduled.propagator == "magnus");
  check_same(scheduled, constant, 1e-9);
}

TEST_CASE("Runge-Kutta gives the same density: noise that depends on the place, full matrices, circulations, periods, walls, forces", "[slow]") {
  struct Case {
    engine::ModelText text;
    std::vector<Axis> axes;
    std::vector<double> mean;
  };
  const Axis x = engine::axis(-2, 2.5, 30);
  const std::vector<Case> cases{
      {{{"x"}, "x^2/2", {}, {"1+x^2"}, 1, Interpretation::stratonovich}, {x}, {0.5}},
      {{{"a"}, "cos(a) - 0.3*a"}, {engine::ring(0, 2 * M_PI, 30)}, {3}},
      {{{"x"}, "(x^2-1)^2/4"}, {engine::axis(-2, 2, 30, Boundary::reflecting, Boundary::absorbing)}, {0.5}},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-1.5*y", "1.5*x"}}, {engine::axis(-2, 2, 14), engine::axis(-2, 2, 12)}, {-1, 0.5}},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 1, Interpretation::ito, {{"1 + 0.2*y^2", "0.4"}, {"0.4", "0.6"}}}, {engine::axis(-2, 2, 10), engine::axis(-2, 2, 9)}, {-1, 0.5}},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 1, Interpretation::ito, {}, {{"0", "1.5*exp(-x^2)"}, {"-1.5*exp(-x^2)", "0"}}},
       {engine::axis(-2, 2, 11), engine::axis(-2, 2, 10)},
       {-1, 0.5}},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 1, Interpretation::anti_ito, {{"1", "0.3"}, {"0.3", "0.5"}}, {{"0", "0.7"}, {"-0.7", "0"}}},
       {engine::axis(-2, 2, 9), engine::axis(-2, 2, 8)},
       {-1, 0.5}},
      {{{"x", "y", "z"}, "x^2/2 + y^2/2 + z^2/2", {"0.5*z", "0", "0"}, {}, 1, Interpretation::ito, {{"1", "0.2", "0"}, {"0.2", "0.6", "0.1"}, {"0", "0.1", "0.5"}}},
       {engine::axis(-2, 2, 6), engine::axis(-2, 2, 6), engine::axis(-2, 2, 6)},
       {-1, 0.5, 0}}};
  const auto T = [](double t) { return 0.3 + 0.2 * std::sin(2 * t); };
  for (const Case& c : cases) {
    CAPTURE(c.text.potential);
    const Model model = engine::model(c.text).with_temperature(0.3);
    const Grid grid(c.axes);
    const VectorXd start = engine::gaussian(grid, c.mean, 0.4);
    const Generator generator = build_generator(model, grid);
    const SteadyState steady = steady_state(generator);
    const std::vector<double> times{0, 0.4, 1};
    for (const auto scheme : {ScheduledEvolution::Scheme::fourth, ScheduledEvolution::Scheme::midpoint}) {
      const double tolerance = scheme == ScheduledEvolution::Scheme::fourth ? 1e-9 : 1e-7;
      const ScheduledEvolution evolution(T, {}, [&](const Grid& g) { return ChainFamily(model, g, 0.1, 0.5); }, scheme);
      std::vector<VectorXd> p;
      (void)evolution.propagate({generator, steady, start, times, tolerance, {}}, [&](std::size_t, const VectorXd& q) { p.push_back(q); });
      const auto reference = [&](int finer) {
        const VectorXd first = runge_kutta(model, grid, start, 0, 0.4, 400 * finer, T);
        return std::pair(first, runge_kutta(model, grid, first, 0.4, 1, 600 * finer, T));
      };
      // Flows over a full matrix: where an offset comes or goes with the temperature the chain jumps by O(h^2), which fixed steps see to first order.
      const bool jumps = !c.text.circulation.empty() && !c.text.tensor.empty();
      const auto [first, second] = reference(jumps ? 2 : 1);
      const double slack = jumps ? 3 * distance(second, reference(1).second) + 3 * distance(first, reference(1).first) : 0;
      CHECK(slack < 1e-4);
      CHECK(distance(p[1], first) < tolerance + slack);
      CHECK(distance(p[2], second) < tolerance + slack);
    }
  }
}

TEST_CASE("a rotating Gaussian widens and narrows as the temperature says") {
  Experiment e; // circulation turns the mean, and leaves the isotropic variance alone
  e.model = "variables = [\"x\", \"y\"]\npotential = \"(x^2+y^2)/2\"\nforce = [\"-2*y\", \"2*x\"]\n";
  e.temperature = "temperature = { t = [0, 1], value = [0.6, 0.3], interpolation = \"step\" }";
  e.initial = "gaussian = { mean = [1, 0], std = 0.6 }";
  e.time = "at = [0.5, 1, 1.5]";
  e.density = "lower = -5\nupper = 5\ncells = 80\ntolerance = 1e-7";
  const Result fine = run_on(e), coarse = run_on(e, 1);
  const auto value = [&](const std::string& name, std::size_t i, std::size_t c) { return engine::extrapolated(fine.at(name, i, c), coarse.at(name, i, c)); };
  double v = 0.36;
  for (std::size_t i = 1; i < 4; ++i) {
    const double t = fine.times[i], T = t <= 1 ? 0.6 : 0.3;
    v = T + (v - T) * std::exp(-1.0);
    CHECK(value("mean", i, 0) == Approx(std::exp(-t) * std::cos(2 * t)).margin(2e-3));
    CHECK(value("mean", i, 1) == Approx(std::exp(-t) * std::sin(2 * t)).margin(2e-3));
    CHECK(value("covariance", i, 0) == Approx(v).margin(2e-3));
    CHECK(value("covariance", i, 1) == Approx(0).margin(2e-3));
  }
}

TEST_CASE("mass and positivity survive quenches, jumps and kinks") {
  for (const char* temperature : {"\"0.02 + exp(-20*t)\"", "\"0.5 - 0.48*step(t-1)\"", "\"0.02 + abs(t - 1.1)\"", "{ t = [0, 1, 1.1, 3], value = [1, 1, 0.02, 0.5] }"}) {
    CAPTURE(temperature);
    Experiment e;
    e.model = double_well;
    e.temperature = std::string("temperature = ") + temperature;
    e.density = "lower = -3\nupper = 3\ncells = 150\ntolerance = 1e-7";
    e.initial = "gaussian = { mean = 1, std = 0.5 }";
    const Result r = run_on(e), exact = run_on(e, 0, {"fokker_planck.tolerance=1e-11"});
    for (std::size_t i = 0; i < r.p.size(); ++i) {
      CHECK(r.p[i].minCoeff() >= 0);
      CHECK(std::abs(r.p[i].sum() - 1) < 1e-13);
      CHECK(distance(r.p[i], exact.p[i]) < 1e-7);
    }
  }
}

TEST_CASE("the survivors of an absorbing wall") {
  Experiment e;
  e.temperature = "temperature = \"0.2 + 0.2*t\"";
  e.density = "lower = -6\nupper = 2\ncells = 160\nboundary = [[\"reflecting\", \"absorbing\"]]\ntolerance = 1e-7";
  e.initial = "gaussian = { mean = 0, std = 0.4 }";
  const Result r = run_on(e);
  for (std::size_t i = 1; i < r.p.size(); ++i) CHECK(r.at("mass", i) < r.at("mass", i - 1));
  CHECK(r.at("mass", 0) == Approx(1).epsilon(1e-12));
}

TEST_CASE("slow cooling finds the deeper well, fast cooling does not") {
  // Two states: the share of the deep well follows dP/dt = k_out (P_eq(T) - P) with Kramers' k ~ exp(-barrier/T): it falls
  // out of equilibrium at a lower temperature, and so at a larger P_eq, the slower T falls.
  std::vector<double> shares;
  for (const char* tau : {"1", "10", "100"}) {
    Experiment e;
    e.model = "variables = [\"x\"]\npotential = \"(x^2-1)^2/4 + 0.05*x\"\nparameters = { tau = " + std::string(tau) + " }\n";
    e.temperature = "temperature = \"0.02 + 0.48*exp(-t/tau)\"";
    e.initial = "steady_state = true";
    e.time = "at = [0, " + std::to_string(8 * std::stod(tau)) + "]";
    e.density = "lower = -3\nupper = 3\ncells = 120\ntolerance = 1e-6";
    const Result r = run_on(e);
    shares.push_back(r.p.back().head(60).sum());
  }
  CAPTURE(shares);
  CHECK(shares[0] < shares[1] - 0.05);
  CHECK(shares[1] < shares[2] - 0.05);
  CHECK(shares[2] < 1 - 1e-4); // equilibrium at T = 0.02 would be 1 - exp(-5)
}

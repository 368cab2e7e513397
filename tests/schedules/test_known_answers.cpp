// Ornstein-Uhlenbeck with T(t): the density stays Gaussian, dm/dt = -m, dv/dt = -2 v + 2 T(t), and everything about it
// has a closed form. Values on two grids are extrapolated to h = 0.
#include "experiment.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace schedules;

namespace {

constexpr double v0 = 0.25, m0 = 1.5;

struct Case {
  std::string temperature;
  std::function<double(double)> T, v;
};

/// After time s with constant T from variance v.
double relaxed(double v, double T, double s) { return T + (v - T) * std::exp(-2 * s); }

double exponential(double t) { // T = 0.2 + 0.6 exp(-t/1.5)
  const double r = 1 / 1.5;
  return v0 * std::exp(-2 * t) + 0.2 * (1 - std::exp(-2 * t)) + 1.2 * (std::exp(-r * t) - std::exp(-2 * t)) / (2 - r);
}

/// From variance v at the beginning, T = c + s t.
double ramp(double v, double c, double s, double t) {
  const double gone = 1 - std::exp(-2 * t);
  return v * std::exp(-2 * t) + c * gone + s * (t - gone / 2);
}

double linear(double t) { // table 0.8 at 0, 0.2 at 2, then held
  return t <= 2 ? ramp(v0, 0.8, -0.3, t) : relaxed(ramp(v0, 0.8, -0.3, 2), 0.2, t - 2);
}

double stairs(double t) { // 0.8 until 0.7, 0.3 until 1.9, 0.5
  if (t <= 0.7) return relaxed(v0, 0.8, t);
  if (t <= 1.9) return relaxed(relaxed(v0, 0.8, 0.7), 0.3, t - 0.7);
  return relaxed(relaxed(relaxed(v0, 0.8, 0.7), 0.3, 1.2), 0.5, t - 1.9);
}

std::vector<Case> cases() {
  return {{"temperature = \"a + 0.6*exp(-t/1.5)\"\nparameters = { a = 0.2 }", [](double t) { return 0.2 + 0.6 * std::exp(-t / 1.5); }, exponential},
          {"temperature = { t = [0, 2], value = [0.8, 0.2] }", [](double t) { return t < 2 ? 0.8 - 0.3 * t : 0.2; }, linear},
          {"temperature = { t = [0, 0.7, 1.9], value = [0.8, 0.3, 0.5], interpolation = \"step\" }",
           [](double t) { return t < 0.7 ? 0.8 : t < 1.9 ? 0.3 : 0.5; }, stairs}};
}

} // namespace

TEST_CASE("mean, variance and KL of a Gaussian under three schedules") {
  for (const Case& c : cases()) {
    CAPTURE(c.temperature);
    Experiment e;
    e.temperature = c.temperature;
    e.density = "lower = -8\nupper = 8\ncells = 1200\ntolerance = 1e-8";
    const Result fine = run_on(e), coarse = run_on(e, 1);
    CHECK(fine.propagator == "magnus");
    CHECK(fine.report.error < 1e-7);
    for (std::size_t i = 0; i < fine.times.size(); ++i) {
      const double t = fine.times[i], T = c.T(t), v = c.v(t), m = m0 * std::exp(-t);
      const auto value = [&](const std::string& name) { return engine::extrapolated(fine.at(name, i), coarse.at(name, i)); };
      CHECK(value("mean") == Approx(m).margin(1e-7));
      CHECK(value("covariance") == Approx(v).margin(1e-7));
      const double kl = 0.5 * (v / T + m * m / T - 1 - std::log(v / T));
      CHECK(value("kl") == Approx(kl).margin(1e-6));
      // Phi = f whatever the temperature, and F = E[Phi] - T H with the temperature of now
      const double H = 0.5 * std::log(2 * M_PI * M_E * v), loss = (v + m * m) / 2;
      CHECK(value("mean_potential") == Approx(loss).margin(1e-6));
      CHECK(value("free_energy") == Approx(loss - T * H).margin(1e-6));
      const double fisher = m * m / (T * T) + std::pow(1 / T - 1 / v, 2) * v; // E |x/T - (x-m)/v|^2
      CHECK(value("fisher_information") == Approx(fisher).margin(1e-5));
      CHECK(value("dissipation") == Approx(-T * fisher).margin(1e-5)); // at frozen T
    }
  }
}

TEST_CASE("the start from the steady state is that of the first temperature, and cooling drives it away") {
  Experiment e;
  e.temperature = "temperature = \"0.1 + 0.5*exp(-t)\"";
  e.initial = "steady_state = true";
  const Result r = run_on(e);
  CHECK(r.at("kl", 0) < 1e-13);
  CHECK(r.at("kl", 1) > 1e-3);
  CHECK(r.at("covariance", 0) == Approx(0.6).epsilon(1e-3));
}

TEST_CASE("the midpoint rule with a fixed dt has order two") {
  Experiment e;
  e.temperature = "temperature = \"0.2 + 0.6*exp(-t/1.5)\"";
  e.time = "end = 2\noutputs = 3";
  e.density = "lower = -7\nupper = 7\ncells = 200\ntolerance = 1e-11";
  const Result exact = run_on(e);
  std::vector<double> errors;
  for (const char* dt : {"0.2", "0.1", "0.05", "0.025"}) {
    const Result r = run_on(e, 0, {std::string("fokker_planck.dt=") + dt});
    CHECK(r.propagator == "magnus_midpoint");
    errors.push_back(distance(r.p.back(), exact.p.back()));
    CHECK(r.report.error > 0.7 * errors.back()); // the measured error is right
    CHECK(r.report.error < 20 * errors.back());  // the largest over the outputs: earlier ones forget less
  }
  for (std::size_t i = 1; i < errors.size(); ++i) {
    CAPTURE(i, errors[i - 1], errors[i]);
    CHECK(errors[i - 1] / errors[i] == Approx(4).epsilon(0.05));
  }
}

TEST_CASE("steps that follow the tolerance keep it") {
  Experiment e;
  e.model = "variables = [\"x\"]\npotential = \"(x^2-1)^2/4\"\n";
  e.initial = "gaussian = { mean = 1, std = 0.5 }";
  e.temperature = "temperature = \"0.3 + 0.25*sin(3*t)\"";
  e.density = "lower = -3\nupper = 3\ncells = 150\n";
  const Result exact = run_on(e, 0, {"fokker_planck.tolerance=1e-12"});
  for (const double tolerance : {1e-4, 1e-6, 1e-8}) {
    const Result r = run_on(e, 0, {"fokker_planck.tolerance=" + std::to_string(tolerance * 1e8) + "e-8"});
    for (std::size_t i = 0; i < r.p.size(); ++i) CHECK(distance(r.p[i], exact.p[i]) < tolerance);
    CHECK(r.report.error < 3 * tolerance);
  }
}

TEST_CASE("the error of a schedule is what its steps amount to: covered, and not many times too large") {
  const char* const schedules[] = {"\"0.3 + 0.25*sin(3*t)\"", "\"0.1 + 0.5*exp(-t)\"", "{ t = [0, 0.5, 1, 2], value = [0.2, 0.6, 0.3, 0.5] }",
                                   "{ t = [0, 1], value = [0.5, 0.25], interpolation = \"step\" }"};
  for (const char* schedule : schedules)
    for (const char* potential : {"(x^2-1)^2/4", "x^2/2 + cos(2*x)/3"}) {
      Experiment e;
      e.model = std::string("variables = [\"x\"]\npotential = \"") + potential + "\"\n";
      e.initial = "gaussian = { mean = 1, std = 0.5 }";
      e.temperature = std::string("temperature = ") + schedule;
      e.density = "lower = -3\nupper = 3\ncells = 100\n";
      const Result exact = run_on(e, 0, {"fokker_planck.tolerance=1e-12"});
      for (const char* tolerance : {"1e-4", "1e-6", "1e-8"}) {
        CAPTURE(schedule, potential, tolerance);
        const Result r = run_on(e, 0, {std::string("fokker_planck.tolerance=") + tolerance});
        double largest = 0;
        for (std::size_t i = 1; i < r.p.size(); ++i) {
          const double error = distance(r.p[i], exact.p[i]);
          CHECK(error < r.report.errors[i] + 1e-12);
          largest = std::max(largest, error);
        }
        CHECK(r.report.error < 6 * largest + 2e-10);
      }
    }
}

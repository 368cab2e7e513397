// Time series of section [langevin] against closed forms: Ornstein-Uhlenbeck, rotation, Brownian motion; distances of Gaussians.
#include "driftwell/core/error.hpp"
#include "langevin_run.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

/// Stationary from the start: dx = -1.5 x dt + sqrt(2 T) dW, exactly stepped.
const std::string ou = "[model]\nvariables = [\"x\"]\npotential = \"0.75*x^2\"\ntemperature = 0.6\n[initial]\ngaussian = { mean = 0, std = 0.6324555320336759 }\n"
                       "[time]\nend = 60\noutputs = 3\n[langevin]\nparticles = 2000\ndt = 0.05\nstepper = \"exact_ou\"\nsnapshots = 0\n";

/// dx = (-1 w; -w -1) x dt + noise: rotates at w.
std::string rotating(double w) {
  return fmt::format("[model]\nvariables = [\"x\", \"y\"]\npotential = \"(x^2 + y^2)/2\"\nforce = [\"-{0}*y\", \"{0}*x\"]\ntemperature = 0.5\n[initial]\n"
                     "gaussian = {{ mean = [0, 0], std = 0.7071067811865476 }}\n[time]\nend = 20\noutputs = 2\n[langevin]\nparticles = 4000\ndt = 0.02\nstepper = \"exact_ou\"\nsnapshots = 0\n", w);
}

} // namespace

TEST_CASE("autocorrelation of an Ornstein-Uhlenbeck process: exp(-theta t), its integrated time and its variance") {
  const LangevinRun run(ou + "series = { every = 2, particles = 2000, lags = 60, segment = 0 }\n");
  const double theta = 1.5, interval = 0.1;
  const auto c = run.read("autocorrelation"), error = run.read("autocorrelation_stderr");
  REQUIRE(c.size() == 61);
  CHECK(c[0] == 1);
  double worst = 0;
  for (std::size_t l = 1; l < c.size(); ++l) worst = std::max(worst, std::abs(c[l] - std::exp(-theta * interval * static_cast<double>(l))) / error[l]);
  CHECK(worst < 4);
  CHECK(error[10] < 0.01);
  CHECK(std::abs(run.score("series_variance", 0.4)) < 4);
  CHECK(std::abs(run.score("series_mean", 0)) < 4);
  const double q = std::exp(-theta * interval);
  CHECK(std::abs(run.score("integrated_time", interval * (0.5 + q / (1 - q)))) < 4);
  CHECK_THROWS(run.read("increment_spectrum"));
}

TEST_CASE("series of expressions: x^2 of a Gaussian decorrelates twice as fast; the first sample may be late") {
  const LangevinRun run(ou + "series = { of = [\"x^2\", \"3 - x\"], every = 2, from = 10, particles = 2000, lags = 40, segment = 0 }\n");
  const auto c = run.read("autocorrelation"), error = run.read("autocorrelation_stderr");
  REQUIRE(c.size() == 82);
  for (const std::size_t l : {5, 10, 20}) {
    CHECK(std::abs(c[l] - std::exp(-3.0 * 0.1 * static_cast<double>(l))) < 4.5 * error[l]);
    CHECK(std::abs(c[41 + l] - std::exp(-1.5 * 0.1 * static_cast<double>(l))) < 4.5 * error[41 + l]);
  }
  CHECK(run.attribute("series_samples") == 501);
}

TEST_CASE("increments of Brownian motion are white, those of an Ornstein-Uhlenbeck process are not") {
  const std::string free = "[model]\nvariables = [\"x\"]\nforce = [\"0.3\"]\ntemperature = 0.7\n[initial]\npoint = [0]\n[time]\nend = 10.4\noutputs = 2\n[langevin]\nparticles = 1000\n"
                           "dt = 0.01\nsnapshots = 0\nseries = { every = 4, lags = 0, segment = 128 }\n";
  const LangevinRun run(free);
  const auto power = run.read("increment_spectrum"), error = run.read("increment_spectrum_stderr"), lower = run.read("increment_spectrum_lower"), upper = run.read("increment_spectrum_upper");
  REQUIRE(power.size() == 64);
  const double expected = 2 * 0.7 * 0.04;
  double mean = 0, outside = 0;
  for (std::size_t j = 0; j < power.size(); ++j) {
    mean += power[j] / 64;
    outside += power[j] < lower[j] || power[j] > upper[j] ? 1 : 0;
    CHECK(std::abs(power[j] - expected) < 5 * error[j]);
  }
  CHECK(mean == Approx(expected).epsilon(0.01));
  CHECK(outside == run.read("spectrum_outside")[0]);
  CHECK(run.read("spectrum_chance")[0] > 1e-4);
  const auto c = run.read("increment_autocorrelation"), band = run.read("increment_autocorrelation_band");
  CHECK(c[0] == 1);
  // The drift 0.3 has the share 0.3^2 dt^2 of the squares.
  CHECK(std::abs(c[1] - 0.09 * 0.04 / (2 * 0.7)) < 1.6 * band[1]);
  const auto frequency = run.read("frequency");
  CHECK(frequency[0] == Approx(1 / (128 * 0.04)));

  const LangevinRun bound(ou + "series = { every = 4, particles = 1000, lags = 0, segment = 64 }\n");
  CHECK(bound.read("spectrum_chance")[0] < 1e-6);
  // Increments of an AR(1) series of factor q: C(1)/C(0) = -(1 - q)/2.
  const double q = std::exp(-1.5 * 0.2);
  CHECK(bound.read("increment_autocorrelation")[1] == Approx(-(1 - q) / 2).margin(4 * bound.read("increment_autocorrelation_stderr")[1]));
}

TEST_CASE("rotation: angle and area of a rotating Ornstein-Uhlenbeck process, and the current of the density engine") {
  const double w = 1.3, T = 0.5, interval = 0.02;
  const LangevinRun run(rotating(w) + "series = { lags = 0, segment = 0, particles = 4000, plane = [\"x\", \"y\"] }\n"
                                      "[stationary]\nlower = [-5, -5]\nupper = [5, 5]\ncells = [100, 100]\neigenvalues = 0\n");
  const auto score = [&](const std::string& name, double truth) { return (run.attribute(name) - truth) / run.attribute(name + "_stderr"); };
  // Chords see the rotation through exp(-dt) sin(w dt) / dt.
  const double seen = std::exp(-interval) * std::sin(w * interval) / interval;
  CHECK(std::abs(score("area_rate", T * seen)) < 4);
  CHECK(run.attribute("area_rate_stderr") < 0.02 * T * w);
  // The current: (1/2) int (x J_y - y J_x), with no closed form in it.
  const auto p = run.read("steady_state", "stationary"), jx = run.read("circulation_x", "stationary"), jy = run.read("circulation_y", "stationary");
  const auto x = run.read("x", "stationary");
  REQUIRE(p.size() == 10'000);
  double area = 0;
  for (std::size_t i = 0; i < 100; ++i)
    for (std::size_t j = 0; j < 100; ++j) area += 0.5 * (x[i] * jy[100 * i + j] - x[j] * jx[100 * i + j]) * p[100 * i + j] * 0.01;
  CHECK(area == Approx(T * w).epsilon(0.01));
  CHECK(std::abs(score("area_rate", area * seen / w)) < 4 + 0.01 * area / run.attribute("area_rate_stderr"));
  // Angles beyond pi are folded: of the rate w a share 2 pi f(pi) is lost, f the density of the turn about its mean, averaged over radii.
  double folded = 0;
  const double v = T * -std::expm1(-2 * interval), h = 1e-4;
  for (double r = h / 2; r < 6; r += h) {
    const double a = std::exp(-interval) * r / std::sqrt(v);
    folded += h * r / T * std::exp(-r * r / (2 * T)) * (std::exp(-a * a / 2) / (2 * M_PI) - a * 0.5 * std::erfc(a / std::sqrt(2)) / std::sqrt(2 * M_PI));
  }
  CHECK(std::abs(score("angular_velocity", w * (1 - 2 * M_PI * folded))) < 4);
  CHECK(run.attribute("winding") == Approx(run.attribute("angular_velocity") * 20 / (2 * M_PI)));
  const LangevinRun still(rotating(0) + "series = { lags = 0, segment = 0, particles = 4000, plane = [\"x\", \"y\"] }\n");
  CHECK(std::abs(still.attribute("area_rate")) < 4 * still.attribute("area_rate_stderr"));
}

TEST_CASE("sliced Wasserstein-2 distance of Gaussians: a shift v and two widths give |v|^2/d + (s1 - s2)^2") {
  const std::string tail = "[time]\nend = 1\noutputs = 2\n[langevin]\nparticles = 20000\ndt = 0.5\nstepper = \"exact_ou\"\nsnapshots = 0\n";
  const LangevinRun plane("[model]\nvariables = [\"x\", \"y\"]\npotential = \"(x^2 + y^2)/2\"\ntemperature = 1\n[initial]\ngaussian = { mean = [1, 2], std = 0.5 }\n" + tail +
                          "distance_to = { gaussian = { mean = [0, 0], std = 1.2 } }\n");
  const double s = std::sqrt(1 - 0.75 * std::exp(-2));
  CHECK(std::abs(plane.score("sliced_wasserstein_2", std::sqrt(5 * std::exp(-2) / 2 + std::pow(1.2 - s, 2)))) < 4);
  CHECK(std::abs((plane.read("sliced_wasserstein_2")[0] - std::sqrt(2.5 + 0.49)) / plane.read("sliced_wasserstein_2_stderr")[0]) < 4);
  const LangevinRun five("[model]\ndimension = 5\npotential = \"sum(i, 1, 5, x[i]^2/2)\"\ntemperature = 1\n[initial]\ngaussian = { mean = 1, std = 0.5 }\n" + tail +
                         "distance_to = { gaussian = { mean = [0, 0, 0, 0, 0], std = 1.2 } }\n");
  CHECK(std::abs(five.score("sliced_wasserstein_2", std::sqrt(std::exp(-2) + std::pow(1.2 - s, 2)))) < 4);
  // The law itself: nothing but what the correction for the bias leaves.
  const LangevinRun same("[model]\nvariables = [\"x\", \"y\"]\npotential = \"(x^2 + y^2)/2\"\ntemperature = 1\n[initial]\ngaussian = { mean = [0, 0], std = 1 }\n" + tail +
                         "distance_to = { gaussian = { mean = [0, 0], std = 1 } }\n");
  CHECK(same.read("sliced_wasserstein_2")[0] < 0.03); // the start has the same law and seed, but not the same points:
  CHECK(same.read("sliced_wasserstein_2_stderr")[0] > 0);
  CHECK(same.read("sliced_wasserstein_2")[1] < 0.03);
}

TEST_CASE("time series have the same bits for one and two threads") {
  const std::string text = rotating(1) + "series = { of = [\"x\", \"x*y\"], every = 3, from = 1.01, lags = 20, segment = 32, plane = [\"x\", \"y\"], centre = [0.1, 0] }\n";
  const LangevinRun one(text, {"time.end=4"}, 1), two(text, {"time.end=4"}, 2);
  for (const char* name : {"autocorrelation", "integrated_time", "increment_spectrum", "increment_autocorrelation_stderr", "mean"}) CHECK(one.read(name) == two.read(name));
  CHECK(one.attribute("area_rate") == two.attribute("area_rate"));
}

TEST_CASE("what time series say when they cannot be") {
  const auto message = [](const std::string& text) {
    try {
      const LangevinRun run(text);
    } catch (const Error& error) { return std::string(error.what()); }
    return std::string();
  };
  CHECK(message(ou + "series = { from = 60 }\n").find("is not before the end of the run") != std::string::npos);
  CHECK(message(ou + "series = { every = 20 }\n").find("there are 61 samples of the series, 20 steps apart: too few for so many lags") != std::string::npos);
  CHECK(message(ou + "lower = -3\nupper = 3\nboundary = \"absorbing\"\nseries = {}\n").find("a wall absorbs them") != std::string::npos);
  std::string uneven = ou;
  uneven.replace(uneven.find("end = 60\noutputs = 3"), 20, "at = [1, 60.013]");
  CHECK(message(uneven + "series = { lags = 5 }\n").find("'series' needs equal steps") != std::string::npos);
  CHECK(message(uneven + "series = { lags = 5, from = 1 }\n").empty());
  std::string ring = rotating(0);
  ring.replace(ring.find("exact_ou"), 8, "euler_maruyama");
  CHECK(message(ring + "lower = [-3, -3]\nupper = [3, 3]\nboundary = [\"periodic\", \"reflecting\"]\nseries = { plane = [\"x\", \"y\"] }\n").find("across the periodic axis x") !=
        std::string::npos);
}

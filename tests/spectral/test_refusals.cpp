// What the method does not solve it refuses, in words that say why and what to do.
#include "driftwell/core/error.hpp"
#include "spectral_run.hpp"

#include <catch2/catch.hpp>

using namespace spectral_test;

namespace {

const Problem good{"variables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = 1", "gaussian = { mean = [1], std = 0.6 }", "end = 1\nat = [1]", "lower = [-6]\nupper = [6]"};

std::string refusal(const Problem& problem, const std::string& cells) {
  try {
    const SpectralRun run(problem, cells);
  } catch (const InvalidExperiment& error) {
    return error.what();
  }
  return "accepted";
}

Problem with(std::string Problem::*part, const std::string& text) {
  Problem changed = good;
  changed.*part = text;
  return changed;
}

Problem with_potential(const std::string& f, const std::string& more = "") {
  return with(&Problem::model, "variables = [\"x\"]\npotential = \"" + f + "\"\ntemperature = 1\n" + more);
}

} // namespace

TEST_CASE("the model that all refusals start from is accepted") { CHECK(refusal(good, "48") == "accepted"); }

TEST_CASE("refusals name the reason") {
  struct Row { Problem problem; std::string cells, words; };
  const std::string plane = "variables = [\"x\", \"y\"]\npotential = \"x^2/2 + y^2\"\ntemperature = 1\n";
  Problem spinning = with(&Problem::model, plane + "force = [\"-y\", \"x\"]");
  spinning.initial = "gaussian = { mean = [1, 0], std = 0.6 }";
  spinning.box = "lower = -6\nupper = 6";
  Problem narrow = spinning;
  narrow.model = plane + "circulation = \"0.5\"";
  narrow.box = "lower = -2\nupper = 2";
  narrow.initial = "gaussian = { mean = [0, 0], std = 0.3 }";
  Problem unequal = spinning;
  unequal.model = plane + "diffusion = [\"1\", \"2\"]";
  Problem tilted = with_potential("0.5*x + cos(x)");
  tilted.box = "lower = [0]\nupper = [6.283185307179586]\nboundary = \"periodic\"";
  tilted.initial = "gaussian = { mean = [3], std = 0.6 }";
  const std::vector<Row> rows{
      {with_potential("abs(x)"), "64", "not smooth enough"},
      {with_potential("abs(x)^3"), "64", "not smooth enough"},
      {with_potential("relu(x)^2 + x^2/8"), "64", "not smooth enough"},
      {with_potential("where(x > 0, x^2, 3*x^2)"), "128", "not smooth enough"},
      {tilted, "64", "period upper - lower"},
      {with_potential("x^2/2 + 40*cos(9*x)"), "32", "resolved"},
      {with_potential("log(x)"), "32", "the potential is"},
      {with_potential("x^2/2", "diffusion = \"1 + x^2\""), "48", "the steady state is not known"},
      {with_potential("x^2/2", "diffusion = \"1 + abs(x)\"\ninterpretation = \"anti_ito\""), "64", "the diffusion is not smooth enough"},
      {with_potential("x^2/2", "diffusion = \"2 + x\"\ninterpretation = \"anti_ito\""), "48", "the diffusion is not positive definite at x = -"},
      {with_potential("x^2/2", "diffusion = \"log(x)\"\ninterpretation = \"anti_ito\""), "48", "the diffusion is"},
      {unequal, "32", "anti_ito"},
      {spinning, "40", "div(force exp(-f/T)) is not 0"},
      {narrow, "24", "crosses the walls"},
      {with(&Problem::initial, "point = [0]"), "48", "a point cannot start"},
      {with(&Problem::initial, "uniform = { lower = [-1], upper = [1] }"), "48", "it jumps at its ends"},
      {with(&Problem::initial, "mixture = [ { weight = 1, point = [0] }, { weight = 1, gaussian = { mean = [0], std = 1 } } ]"), "48", "a point cannot start"},
      {with(&Problem::initial, "gaussian = { mean = [1], std = 0.05 }"), "32", "the initial law is not resolved"},
      {with(&Problem::box, "lower = [-6]\nupper = [6]\nboundary = \"absorbing\""), "48", "no absorbing walls"},
      {with(&Problem::box, "lower = [-6]\nupper = [6]\nstretch = [\"s\"]"), "48", "places its points itself"},
      {with(&Problem::box, "lower = [-6]\nupper = [6]\ndt = 0.1"), "48", "takes no steps"},
  };
  for (const Row& row : rows) {
    const std::string message = refusal(row.problem, row.cells);
    CAPTURE(message, row.words);
    CHECK(message.find(row.words) != std::string::npos);
    CHECK(message.find("allowed: ") != std::string::npos);
  }
}

TEST_CASE("a start much wider than the steady state is refused, not computed to noise") {
  Problem wide = with_potential("8*x^2");
  wide.initial = "gaussian = { mean = [0], std = 1.5 }";
  const std::string message = refusal(wide, "64");
  CAPTURE(message);
  CHECK(message.find("so much wider") != std::string::npos);
}

TEST_CASE("a gradient force of the form the method knows is accepted: D = c I and anti-Ito diagonals") {
  Problem scaled = with_potential("x^2/2", "diffusion = \"2\"");
  scaled.box = "lower = [-12]\nupper = [12]";
  const SpectralRun run(scaled, "80"); // rho_ss = exp(-x^2/4)
  CHECK(run.at("mean", 1) == Approx(std::exp(-1.0)).epsilon(1e-10));
  CHECK(run.at("covariance", 1) == Approx(2 + (0.36 - 2) * std::exp(-2.0)).epsilon(1e-10));
  CHECK(run.density.steady().log_partition == Approx(std::log(std::sqrt(4 * M_PI))).epsilon(1e-8));
  const SpectralRun fast(with_potential("x^2/2", "diffusion = \"2\"\ninterpretation = \"anti_ito\""), "64"); // twice as fast, same rho_ss
  CHECK(fast.at("mean", 1) == Approx(std::exp(-2.0)).epsilon(1e-7));
}

// Section [langevin] from the text of an experiment to the numbers in its file.
#include "driftwell/core/error.hpp"
#include "langevin_run.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

const std::string ou = "[model]\nvariables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = 1\n[initial]\ngaussian = { mean = 2, std = 0.5 }\n"
                       "[time]\nend = 1\noutputs = 3\n[langevin]\nparticles = 40000\ndt = 0.01\nstepper = \"exact_ou\"\n";

} // namespace

TEST_CASE("a cloud alone: moments, entropy and, with log Z, KL of the Ornstein-Uhlenbeck process") {
  const LangevinRun run(ou, {fmt::format("langevin.log_partition={}", 0.5 * std::log(2 * M_PI))});
  const double m = 2 * std::exp(-1), v = 1 - 0.75 * std::exp(-2), H = 0.5 * std::log(2 * M_PI * M_E * v), f = (m * m + v) / 2;
  CHECK(std::abs(run.score("mean", m)) < 4);
  CHECK(std::abs(run.score("covariance", v)) < 4);
  CHECK(std::abs(run.score("mean_potential", f)) < 4);
  CHECK(std::abs(run.score("entropy", H)) < 4);
  CHECK(std::abs(run.score("free_energy", f - H)) < 4);
  CHECK(std::abs(run.score("kl", 0.273434935455)) < 4); // docs: THEORY's value at t = 1
  for (const char* name : {"mean", "kl", "entropy", "free_energy"}) {
    const auto value = run.read(name), error = run.read(std::string(name) + "_stderr");
    CHECK(value.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK((std::isfinite(value[i]) && error[i] > 0 && error[i] < 0.05));
  }
}

TEST_CASE("the same bits for one and two threads, others for another seed") {
  const LangevinRun one(ou, {"langevin.particles=3000"}, 1), two(ou, {"langevin.particles=3000"}, 2), other(ou, {"langevin.particles=3000", "langevin.seed=2"}, 2);
  for (const char* name : {"sample", "mean", "covariance", "entropy", "entropy_stderr", "free_energy"}) CHECK(one.read(name) == two.read(name));
  CHECK(one.read("sample") != other.read("sample"));
}

TEST_CASE("survivors beside an absorbing wall: share and law as on the grid") {
  const std::string text = "[model]\nvariables = [\"x\"]\npotential = \"0*x\"\ntemperature = 0.5\n[initial]\ngaussian = { mean = 1, std = 0.2 }\n[time]\nend = 2\noutputs = 3\n"
                           "[fokker_planck]\nlower = 0\nupper = 3.141592653589793\ncells = 400\nboundary = \"absorbing\"\n[langevin]\nparticles = 40000\ndt = 0.002\n";
  const LangevinRun run(text);
  const auto mass = run.read("mass", "fokker_planck");
  REQUIRE(mass.size() == 3);
  CHECK(mass[2] < 0.6);
  CHECK(std::abs(run.score("mass", mass[2])) < 4);
  CHECK(std::abs(run.score("kl_histogram", run.read("kl", "fokker_planck")[2])) < 5); // merged cells lose a little
}

TEST_CASE("ten coupled wells: no grid, no log Z, and no KL that would need it") {
  const LangevinRun run("[model]\ndimension = 10\npotential = \"sum(i, 1, 10, x[i]^2/2)\"\ntemperature = 0.5\n[initial]\ngaussian = { mean = 1, std = 0.7071067811865476 }\n"
                "[time]\nend = 1\noutputs = 2\n[langevin]\nparticles = 4000\ndt = 0.01\n");
  CHECK_THROWS(run.read("kl"));
  CHECK(std::abs(run.score("mean", std::exp(-1), 3, 10)) < 4);
  const double H = 5 * std::log(2 * M_PI * M_E * 0.5);
  const auto entropy = run.read("entropy");
  CHECK(std::abs(entropy[1] - H) < 0.1); // nearest neighbours in ten dimensions keep some bias
}

TEST_CASE("what a run of particles says when it cannot go on") {
  const auto message = [](const std::string& text) {
    try {
      const LangevinRun run(text);
    } catch (const Error& error) { return std::string(error.what()); }
    return std::string();
  };
  const std::string quartic = "[model]\nvariables = [\"x\"]\npotential = \"x^4/4\"\ntemperature = 1\n[initial]\npoint = [3]\n[time]\nend = 50\noutputs = 2\n[langevin]\nparticles = 100\ndt = 0.5\n";
  CHECK(message(quartic).find("left the finite numbers in step") != std::string::npos);
  CHECK(message(quartic).find("dt is too large") != std::string::npos);
  CHECK(message(ou + "kept = 5\n").empty());
  std::string typo = ou;
  typo.replace(typo.find("exact_ou"), 8, "exact_uo");
  CHECK(message(typo).find("did you mean 'exact_ou'?") != std::string::npos);
  std::string nonlinear = ou;
  nonlinear.replace(nonlinear.find("x^2/2"), 5, "x^4/4");
  CHECK(message(nonlinear).find("stepper \"exact_ou\" cannot do this model") != std::string::npos);
  std::string underdamped = ou;
  underdamped.replace(underdamped.find("exact_ou"), 8, "baoab");
  CHECK(message(underdamped).find("the model needs a friction") != std::string::npos);
}

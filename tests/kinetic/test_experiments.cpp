// Underdamped experiments as files: the shipped ones, and those that must be refused.
#include "driftwell/run/build.hpp"
#include "run/kinetic_run.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace driftwell;

namespace {

std::string message_of(const std::string& initial, const std::string& density = "", const std::string& potential = "q^2/2") {
  const std::string text = "[model]\nvariables = [\"q\"]\npotential = \"" + potential + "\"\ntemperature = 0.5\nfriction = 1\n[initial]\n" + initial +
                           "\n[time]\nend = 1\n[fokker_planck]\nlower = -5\nupper = 5\ncells = 48\nhermite = 24\n" + density;
  try {
    const input::Spec spec = input::parse(text, "e.toml");
    const run::KineticRun run(spec, run::build_model(spec), 48, 24);
    return "accepted";
  } catch (const InvalidExperiment& error) {
    return error.what();
  }
}

bool says(const std::string& message, const std::string& words) { return message.find(words) != std::string::npos; }

} // namespace

TEST_CASE("every shipped underdamped model runs and keeps the invariants") {
  int models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DRIFTWELL_SOURCE_DIR) / "models")) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".toml" || !input::read(path).model.friction) continue;
    ++models;
    CAPTURE(path);
    const input::Spec spec = input::read(path, {"time.outputs=11"});
    const run::KineticRun run(spec, run::build_model(spec), 72, 40);
    double kl = 1e300;
    (void)run.evolve(spec.time.at, 1e-9, [&](std::size_t, const Eigen::VectorXd&, const auto& values) {
      CHECK(values.at("mass")[0] == Approx(1).epsilon(1e-12));
      CHECK(values.at("kl")[0] <= kl + 1e-5);
      kl = values.at("kl")[0];
    });
    CHECK(kl < 0.05);
  }
  CHECK(models == 3);
}

TEST_CASE("laws that Hermite functions cannot hold are refused in words") {
  CHECK(message_of("gaussian = { mean = [1, 0], std = 0.5 }") == "accepted");
  CHECK(says(message_of("point = [0, 0]"), "Hermite functions need a smooth one"));
  CHECK(says(message_of("uniform = { lower = 0, upper = 1 }"), "gaussian, steady_state, or a mixture of them"));
  CHECK(says(message_of("gaussian = { mean = [0, 0], std = [0.5, 0.02] }"), "do not resolve the momenta"));
  CHECK(says(message_of("gaussian = { mean = [0, 9], std = 0.7 }"), "Hermite"));
  CHECK(says(message_of("gaussian = { mean = [0, 0], std = [0.5, 1.6] }"), "Hermite"));
  CHECK(says(message_of("gaussian = { mean = 7, std = 0.5 }"), "lies outside the box"));
  CHECK(says(message_of("gaussian = { mean = 4, std = 1 }"), "of the initial Gaussian lies outside"));
  CHECK(says(message_of("gaussian = { mean = 0, std = 0.5 }", "", "log(q)"), "is nan at q = "));
}

TEST_CASE("keys that mean nothing to the kinetic equation are refused") {
  const std::string law = "gaussian = { mean = 0, std = 0.5 }";
  CHECK(says(message_of(law, "dt = 0.1"), "'dt' cannot be combined with 'friction'"));
  CHECK(says(message_of(law, "propagator = \"krylov\""), "'propagator' cannot be combined with 'friction'"));
  CHECK(says(message_of(law, "stretch = [\"s\"]"), "'stretch' cannot be combined"));
  CHECK(says(message_of(law, "boundary = \"absorbing\""), "absorbing walls cannot be combined with 'friction' yet"));
  CHECK(message_of(law, "propagator = \"auto\"\nwasserstein = false") == "accepted");
}

// Underdamped experiments as files: the shipped ones, and those that must be refused.
#include "driftwell/run/build.hpp"
#include "run/kinetic_rates.hpp"
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

TEST_CASE("a start that reaches a reflecting wall is found, and told apart from too few functions") {
  const auto warning_of = [](const std::string& law, std::size_t nodes, std::size_t hermite) {
    const std::string text = "[model]\nvariables = [\"q\"]\npotential = \"q^2/2\"\ntemperature = 1\nfriction = 0.5\n[initial]\ngaussian = " + law +
                             "\n[time]\nend = 0.3\noutputs = 13\n[fokker_planck]\nlower = -1.5\nupper = 1.5\ncells = 64\n";
    const input::Spec spec = input::parse(text, "e.toml");
    const run::KineticRun run(spec, run::build_model(spec), nodes, hermite);
    run::KineticRates rates;
    std::vector<double> kl, measured;
    (void)run.evolve(spec.time.at, 1e-9, [&](std::size_t i, const Eigen::VectorXd&, const auto& values) {
      rates.add(spec.time.at[i], values.at("dissipation")[0], -0.5 * values.at("fisher_information")[0]);
      kl.push_back(values.at("kl")[0]);
      measured.push_back(values.at("dissipation")[0]);
    });
    // KL itself is right: its differences over two outputs are what Simpson's rule makes of the rates.
    for (std::size_t i = 2; nodes > 24 && i < kl.size(); i += 2)
      CHECK((measured[i - 2] + 4 * measured[i - 1] + measured[i]) / 6 * 0.05 == Approx(kl[i] - kl[i - 2]).margin(2e-5));
    return rates.warning(run::wall_reach(run, run::box_of(*spec.fokker_planck)));
  };
  CHECK(says(warning_of("{ mean = [0.8, 0], std = [0.2, 1] }", 64, 40), "the start reaches a wall"));
  CHECK(warning_of("{ mean = [0, 0], std = [0.2, 1] }", 96, 56) == "");
  CHECK(says(warning_of("{ mean = [0, 0], std = [0.2, 1] }", 24, 10), "take more cells"));
}

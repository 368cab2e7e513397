// Density and cloud of every shipped model of one to three dimensions agree within four standard errors.
#include "driftwell/record/reader.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/commands.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>
#include <variant>

using namespace driftwell;
namespace fs = std::filesystem;

namespace {

struct Compared {
  std::int64_t numbers, beyond;
  double largest;
  std::string where;
};

/// Runs an experiment with overrides into a scratch file, silently.
fs::path run_to_file(const fs::path& experiment, const std::vector<std::string>& overrides) {
  const fs::path out = fs::temp_directory_path() / fmt::format("driftwell_comparison_{}_{}.h5", ::getpid(), experiment.stem().string());
  run::RunOptions options;
  options.file = experiment.string();
  options.out = out.string();
  options.overrides = overrides;
  options.overwrite = true;
  options.verbosity = 0;
  options.json = true;
  REQUIRE(run::run_experiment(options) == 0);
  return out;
}

Compared compare(const fs::path& experiment, const std::vector<std::string>& overrides) {
  const fs::path out = run_to_file(experiment, overrides);
  Compared result{};
  for (const auto& [name, value] : record::Reader(out).attributes("comparison")) {
    if (name == "compared") result.numbers = std::get<std::int64_t>(value);
    if (name == "beyond_4") result.beyond = std::get<std::int64_t>(value);
    if (name == "largest") result.largest = std::get<double>(value);
    if (name == "largest_where") result.where = std::get<std::string>(value);
  }
  fs::remove(out);
  return result;
}

/// The fastest rate that a step must resolve, known for the models that ship.
double step_for(const std::string& model) {
  if (model == "mueller_brown") return 5e-6;
  if (model == "rotating_noise" || model == "drift_diffusion") return 5e-4;
  return 2e-3;
}

} // namespace

TEST_CASE("density and cloud of every shipped model agree", "[slow]") {
  int models = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(DRIFTWELL_SOURCE_DIR) / "models")) {
    if (entry.path().extension() != ".toml") continue;
    const input::Spec spec = input::read(entry.path().string());
    const std::string name = entry.path().stem().string();
    if (!spec.fokker_planck || spec.model.variables.size() > 3) continue;
    ++models;
    const bool friction = spec.model.friction.has_value();
    const double dt = step_for(name), end = std::min(spec.time.end, 400 * dt);
    const std::string cells = friction || spec.fokker_planck->propagator.value == "spectral" ? "64" : spec.model.variables.size() == 1 ? "400" : spec.model.variables.size() == 2 ? "96" : "32";
    std::vector<std::string> overrides{"fokker_planck.cells=" + cells, fmt::format("time={{end={}, outputs=4}}", end), "langevin.particles=20000",
                                       fmt::format("langevin.dt={}", dt), std::string("langevin.stepper=") + (friction ? "obabo" : "srk_weak_2"), "langevin.seed=3", "fokker_planck.snapshots=4"};
    const Compared c = compare(entry.path(), overrides);
    INFO(name << ": " << c.beyond << " of " << c.numbers << " beyond, largest " << c.largest << " in " << c.where);
    CHECK(c.beyond == 0);
    CHECK(c.numbers >= 12);
  }
  CHECK(models >= 19);
}

TEST_CASE("a comparison finds a cloud that is wrong") {
  const fs::path experiment = fs::temp_directory_path() / fmt::format("driftwell_wrong_{}.toml", ::getpid());
  std::ofstream(experiment) << "[model]\nvariables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = 1\n[initial]\ngaussian = { mean = 2, std = 0.5 }\n"
                               "[time]\nend = 2\noutputs = 5\n[fokker_planck]\nlower = -8\nupper = 8\ncells = 400\n[langevin]\nparticles = 20000\ndt = 0.005\n";
  CHECK(compare(experiment, {}).beyond == 0);
  CHECK(compare(experiment, {"langevin.dt=0.5"}).beyond > 0); // Euler-Maruyama's variance is then a third too large
  fs::remove(experiment);
}

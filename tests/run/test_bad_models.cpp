// What only the engine can find wrong with an experiment: each file of tests/input/bad_model must give the message in the
// .expected file beside it, word for word.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/run/density_run.hpp"
#include "run/stationary_analysis.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace driftwell;

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string without_folder(std::string text, const std::string& folder) {
  for (std::size_t at; (at = text.find(folder)) != std::string::npos;) text.erase(at, folder.size());
  return text;
}

/// What `driftwell run` does before it creates a file.
std::string message_of(const fs::path& path) {
  try {
    const input::Spec spec = input::read(path.string());
    const Model model = run::build_model(spec);
    if (spec.stationary) {
      const run::StationaryAnalysis analysis(spec, model, run::stationary_grid(spec));
      run::check_sets(*spec.stationary, analysis);
      return "accepted\n";
    }
    const Grid grid = run::build_grid(*spec.fokker_planck);
    const run::InitialDensity initial(spec, grid.coarsened().coarsened());
    const run::DensityRun density(spec, model, grid);
    (void)density.choose(initial, spec.time.at);
  } catch (const Error& error) {
    return std::string(error.what()) + "\nexit code " + std::to_string(static_cast<int>(error.code())) + "\n";
  }
  return "accepted\n";
}

} // namespace

TEST_CASE("bad models give the message they must give") {
  const fs::path folder = fs::path(DRIFTWELL_SOURCE_DIR) / "tests/input/bad_model";
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 19);
  for (const fs::path& file : files) {
    fs::path expected = file;
    expected.replace_extension(".expected");
    const std::string message = without_folder(message_of(file), folder.string() + "/");
    CAPTURE(file.filename().string());
    if (std::getenv("DRIFTWELL_ACCEPT_MESSAGES")) std::ofstream(expected) << message; // after reading them
    CHECK(message == contents(expected));
  }
}

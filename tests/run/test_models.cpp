// Every shipped model, in a short form: runs, keeps the invariants, and the propagators agree on it.
#include "driftwell/run/density_run.hpp"

#include "run/spectral_density.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

#include "run/stationary_analysis.hpp"

using namespace driftwell;

namespace {

void check_stationary(const input::Spec& spec) {
  const Grid grid = run::stationary_grid(spec).coarsened().coarsened();
  const Model model = run::build_model(spec);
  run::StationaryAnalysis analysis(spec, model, grid);
  run::check_sets(*spec.stationary, analysis);
  analysis.compute(spec);
  CHECK(analysis.failures.empty());
  CHECK(analysis.steady.residual < 1e-12);
  CHECK(analysis.modes->values.size() == static_cast<std::size_t>(spec.stationary->eigenvalues.value));
  CHECK(analysis.modes->values[0].real() < 0);
  if (!analysis.paths) return;
  CHECK(analysis.paths->imbalance < 1e-11);
  CHECK(*analysis.number("reactive_rate") > 0);
}

void check_spectral(const input::Spec& spec, const Model& model, const Grid& box) {
  const run::SpectralDensity density(spec, model, box);
  const run::Series series = density.series(run::InitialDensity(spec, density.grid()), spec.time.at);
  const double steady = -model.temperature() * density.steady().log_partition;
  for (std::size_t i = 0; i < spec.time.at.size(); ++i) {
    CHECK(std::abs(series.at("mass")[i][0] - 1) < 1e-12);
    if (i > 0) CHECK(series.at("kl")[i][0] < series.at("kl")[i - 1][0]);
    // Few points: what they do not resolve of the law is of the order of 1e-3.
    CHECK(std::abs(series.at("free_energy")[i][0] - steady - model.temperature() * series.at("kl")[i][0]) < 1e-2);
  }
}

} // namespace

TEST_CASE("every shipped model runs and keeps the invariants") {
  int models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(DRIFTWELL_SOURCE_DIR) / "models")) {
    if (entry.path().extension() != ".toml") continue;
    CAPTURE(entry.path().filename().string());
    const input::Spec shipped = input::read(entry.path().string());
    ++models;
    if (shipped.stationary) check_stationary(shipped);
    if (!shipped.fokker_planck || shipped.model.friction) continue; // other tests: sgd, kinetic
    const std::size_t d = shipped.model.variables.size();
    const std::string cells = d == 1 ? "240" : d == 2 ? "40" : "16";
    const input::Spec spec = input::read(entry.path().string(), {"fokker_planck.cells=" + cells, "time.outputs=11"});
    const Model model = run::build_model(spec);
    const Grid grid = run::build_grid(*spec.fokker_planck);
    if (spec.fokker_planck->propagator.value == "spectral") {
      check_spectral(spec, model, grid);
      continue;
    }
    const run::InitialDensity initial(spec, grid.coarsened().coarsened());
    const run::DensityRun density(spec, model, grid);
    CHECK(density.steady().residual < 1e-12);
    CHECK(density.steady().p.minCoeff() >= 0);
    double time_error = 1;
    const run::Series series = density.series(initial, spec.time.at, *density.choose(initial, spec.time.at).propagator, time_error);
    CHECK(time_error < 2 * spec.fokker_planck->tolerance.value);
    const auto& kl = series.at("kl");
    REQUIRE(kl.size() == spec.time.at.size());
    const double steady = -model.temperature() * density.steady().log_partition;
    for (std::size_t i = 0; i < kl.size(); ++i) {
      const double T = density.schedule() ? density.schedule()->value(spec.time.at[i]) : model.temperature();
      if (i > 0 && !density.schedule()) CHECK(kl[i][0] <= kl[i - 1][0] + 1e-12); // the reference of a schedule moves
      CHECK(std::abs(series.at("mass")[i][0] - 1) < 1e-12);
      const double F = series.at("free_energy")[i][0], scale = 1 + std::abs(F);
      CHECK(std::abs(F - (series.at("mean_potential")[i][0] - T * series.at("entropy")[i][0])) < 1e-12 * scale);
      if (!density.schedule()) CHECK(std::abs(F - steady - T * kl[i][0]) < 1e-12 * scale);
    }
    if (density.schedule()) continue; // other ways through time: tests/schedules
    // A second, different way to the same densities.
    const std::string other = density.choose(initial, spec.time.at).name == "krylov" ? "chebyshev" : "krylov";
    const input::Spec second = input::read(entry.path().string(), {"fokker_planck.cells=" + cells, "time.outputs=11", "fokker_planck.propagator=" + other});
    const run::DensityRun second_run(second, model, grid);
    const run::Series again = second_run.series(initial, second.time.at, *second_run.choose(initial, second.time.at).propagator, time_error);
    for (std::size_t i = 0; i < kl.size(); ++i) CHECK(again.at("kl")[i][0] == Approx(kl[i][0]).epsilon(1e-8).margin(1e-12));
  }
  CHECK(models >= 32);
}

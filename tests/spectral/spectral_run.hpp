#pragma once
// An experiment given as text, solved on spectral points; and its counterpart in finite volumes.
#include "driftwell/run/density_run.hpp"
#include "run/richardson.hpp"
#include "run/spectral_density.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <string>

namespace spectral_test {

using namespace driftwell;

struct Problem {
  std::string model, initial, time, box;
  [[nodiscard]] std::string text(const std::string& cells, const std::string& propagator) const {
    return fmt::format("[model]\n{}\n[initial]\n{}\n[time]\n{}\n[fokker_planck]\n{}\ncells = {}\npropagator = \"{}\"\n", model, initial, time, box, cells, propagator);
  }
};

inline input::Spec read(const Problem& problem, const std::string& cells, const std::string& propagator = "spectral") {
  return input::parse(problem.text(cells, propagator), "test.toml");
}

struct SpectralRun {
  input::Spec spec;
  Model model;
  run::SpectralDensity density;
  run::InitialDensity initial;
  run::Series series;
  std::vector<Eigen::VectorXd> p;

  SpectralRun(const Problem& problem, const std::string& cells, bool check = true)
      : spec(read(problem, cells)), model(run::build_model(spec)), density(spec, model, run::build_grid(*spec.fokker_planck)), initial(spec, density.grid()) {
    run::check_spectral_section(spec);
    if (check) density.check_resolved(initial);
    density.evolve(initial, spec.time.at, [&](std::size_t, const Eigen::VectorXd& now, const auto& values) {
      p.push_back(now);
      for (const auto& [name, row] : values) series[name].push_back(row);
    });
  }
  [[nodiscard]] double at(const std::string& name, std::size_t output) const { return series.at(name).at(output).at(0); }
};

/// Mass 1, KL falls, F - F_ss = T KL, and dKL/dt = -T I to `dissipation` of 1 + I.
inline void check_invariants(const SpectralRun& run, double dissipation) {
  const double T = run.model.temperature(), steady = -T * run.density.steady().log_partition;
  for (std::size_t i = 0; i < run.p.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(run.at("mass", i) - 1) < 1e-13);
    if (i > 0) CHECK(run.at("kl", i) < run.at("kl", i - 1));
    CHECK(std::abs(run.at("free_energy", i) - steady - T * run.at("kl", i)) < 1e-10);
    if (i > 1) CHECK(std::abs(run.at("dissipation", i) + T * run.at("fisher_information", i)) < dissipation * (1 + run.at("fisher_information", i)));
  }
}

/// Finite volumes on n and n/2 cells an axis, extrapolated, with the error bar of the extrapolated value that n/2 and n/4 suggest.
struct VolumeRun {
  std::map<std::string, std::vector<run::Richardson>> values;

  VolumeRun(const Problem& problem, std::size_t n) {
    std::vector<run::Series> all;
    for (const std::size_t cells : {n, n / 2}) {
      const input::Spec spec = read(problem, std::to_string(cells), "auto");
      const Model model = run::build_model(spec);
      const Grid grid = run::build_grid(*spec.fokker_planck);
      const run::InitialDensity initial(spec, grid);
      const run::DensityRun density(spec, model, grid);
      double ignored = 0;
      all.push_back(density.series(initial, spec.time.at, *density.choose(initial, spec.time.at).propagator, ignored));
    }
    for (const auto& [name, rows] : all[0])
      for (std::size_t i = 0; i < rows.size(); ++i) values[name].push_back(run::richardson(rows[i][0], all[1].at(name)[i][0], 2));
  }
};

} // namespace spectral_test

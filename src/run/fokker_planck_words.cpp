// Section [fokker_planck] in words and numbers: before the run (`check`) and after it.
#include "fokker_planck.hpp"

#include <fmt/format.h>

#include <array>

namespace driftwell::run {

Section::Outlook FokkerPlanckSection::check() const {
  const Grid grid = build_grid(*spec_.fokker_planck);
  const CostEstimate cost = estimate_cost(spec_, model_, grid);
  // The box is looked at on a grid of at most some 60 000 cells: cheap, and finds what is not finite there.
  Grid probe = grid;
  while (probe.size() > 60'000) probe = probe.coarsened();
  const InitialDensity initial(spec_, halvings(grid).back());
  const DensityRun run(spec_, model_, probe);
  (void)run.choose(initial, spec_.time.at);
  const bool reversible = run.generator().reversible();
  return {cost.bytes, cost.seconds, {{"cells", grid.size()}, {"reversible", reversible}},
          fmt::format("  {} detailed balance\n  {} cells, {} outputs to t = {:g}\n  about {:.2g} MB and {:.2g} s, error bars included\n",
                      reversible ? "with" : "without", grid.size(), spec_.time.at.size(), spec_.time.end, cost.bytes / 1e6, cost.seconds)};
}

nlohmann::ordered_json json_of(const DensitySummary& s) {
  nlohmann::ordered_json json;
  json["propagator"] = s.propagator;
  json["propagator_report"] = s.report;
  json["outputs"] = s.outputs_done;
  json["time"] = s.last_time;
  for (const auto& [name, value] : s.last) {
    json[name] = value.first;
    json[name + "_error"] = value.second; // null where there is none
  }
  if (s.gap) json["spectral_gap"] = *s.gap;
  if (s.order) json["grid_halving_order"] = *s.order;
  json["entropy_production"] = s.entropy_production;
  json["warnings"] = s.warnings;
  return json;
}

std::string words_of(const DensitySummary& s, int verbosity) {
  constexpr std::array names{"kl", "free_energy", "mean_potential", "entropy", "fisher_information", "dissipation", "wasserstein_2", "mass"};
  std::string text = fmt::format("fokker_planck at t = {:g}\n", s.last_time);
  for (const char* name : names)
    if (const auto it = s.last.find(name); it != s.last.end()) text += fmt::format("  {:<20} {}\n", name, with_error(it->second.first, it->second.second));
  if (s.gap) text += fmt::format("  {:<20} {:.8g}{}\n", "leading eigenvalue", (*s.gap)[0], (*s.gap)[1] != 0 ? fmt::format(" +- {:.8g} i", (*s.gap)[1]) : "");
  if (s.entropy_production != 0) text += fmt::format("  {:<20} {:.10g}\n", "entropy production", s.entropy_production);
  if (verbosity < 2) return text;
  text += fmt::format("  {} ({})\n  {}\n", s.propagator, s.report, s.reason);
  if (s.order) text += fmt::format("  order of grid halving {:.3f}\n", *s.order);
  return text;
}

} // namespace driftwell::run

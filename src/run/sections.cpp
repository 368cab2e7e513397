// Which sections there are, in the order in which they are computed.
#include "comparison.hpp"
#include "fokker_planck.hpp"
#include "kinetic.hpp"
#include "langevin.hpp"
#include "section.hpp"
#include "sgd.hpp"
#include "spectral_section.hpp"
#include "stationary.hpp"
#include "trajectories.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

std::vector<std::unique_ptr<Section>> make_sections(const SectionContext& context) {
  const auto& [spec, model, progress, out, resume] = context;
  std::vector<std::unique_ptr<Section>> sections;
  const DensitySeries* series = nullptr;
  const DensityResults* density = nullptr;
  const auto add = [&](auto section) {
    series = section.get();
    sections.push_back(std::move(section));
  };
  if (spec.fokker_planck && model->underdamped()) {
    add(std::make_unique<KineticSection>(spec, *model, progress));
  } else if (spec.fokker_planck && spec.fokker_planck->propagator.value == "spectral") {
    add(std::make_unique<SpectralSection>(spec, *model, progress));
  } else if (spec.fokker_planck) {
    auto section = std::make_unique<FokkerPlanckSection>(spec, *model, progress);
    density = section.get();
    add(std::move(section));
  }
  if (spec.langevin) {
    auto section = std::make_unique<LangevinSection>(context, density);
    const LangevinSection& cloud = *section;
    sections.push_back(std::move(section));
    const bool has_series = spec.langevin->method.value == "plain"; // else there is nothing to compare
    if (series && has_series) sections.push_back(std::make_unique<ComparisonSection>(spec, *series, density, cloud));
  }
  if (spec.stationary && model->underdamped())
    throw invalid(spec.model.friction->origin, "[stationary] cannot analyse the underdamped equation yet", {"no 'friction' beside [stationary]", "", {}});
  if (spec.stationary && spec.model.temperature_schedule)
    throw invalid(spec.model.temperature_schedule->origin, "[stationary] needs a temperature that does not change", {"a number > 0", "", {}});
  if (spec.stationary) sections.push_back(std::make_unique<StationarySection>(spec, *model, progress));
  if (spec.sgd) sections.push_back(std::make_unique<SgdSection>(spec, progress));
  if (spec.trajectories) sections.push_back(std::make_unique<TrajectoriesSection>(spec, progress));
  return sections;
}

std::string with_error(double value, double error) {
  return std::isnan(error) ? fmt::format("{:.10g}", value) : fmt::format("{:<14.10g} +- {:.1e}", value, error);
}

} // namespace driftwell::run

// Which sections there are, in the order in which they are computed.
#include "comparison.hpp"
#include "fokker_planck.hpp"
#include "langevin.hpp"
#include "section.hpp"
#include "sgd.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

std::vector<std::unique_ptr<Section>> make_sections(const input::Spec& spec, const Model* model, Progress& progress) {
  std::vector<std::unique_ptr<Section>> sections;
  if (spec.fokker_planck && spec.model.friction)
    throw invalid(spec.model.friction->origin, "[fokker_planck] cannot solve the underdamped equation yet", {"no 'friction' beside [fokker_planck]", {}, {}});
  const DensityResults* density = nullptr;
  if (spec.fokker_planck && !model->underdamped()) {
    auto section = std::make_unique<FokkerPlanckSection>(spec, *model, progress);
    density = section.get();
    sections.push_back(std::move(section));
  }
  if (spec.langevin) {
    auto section = std::make_unique<LangevinSection>(spec, *model, density, progress);
    const LangevinSection& cloud = *section;
    sections.push_back(std::move(section));
    if (density) sections.push_back(std::make_unique<ComparisonSection>(spec, *density, cloud));
  }
  if (spec.sgd) sections.push_back(std::make_unique<SgdSection>(spec, progress));
  return sections;
}

std::string with_error(double value, double error) {
  return std::isnan(error) ? fmt::format("{:.10g}", value) : fmt::format("{:<14.10g} +- {:.1e}", value, error);
}

} // namespace driftwell::run

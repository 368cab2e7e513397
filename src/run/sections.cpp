// Which sections there are, in the order in which they are computed.
#include "comparison.hpp"
#include "fokker_planck.hpp"
#include "kinetic.hpp"
#include "langevin.hpp"
#include "section.hpp"
#include "sgd.hpp"
#include "sgd_diffusion.hpp"
#include "spectral_section.hpp"
#include "stationary.hpp"
#include "sweep.hpp"
#include "trajectories.hpp"
#include "verify.hpp"

#include "driftwell/run/build.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

namespace {

/// The theorems, and the cloud they look at.
std::vector<std::unique_ptr<Section>> only_verify(const SectionContext& context) {
  std::vector<std::unique_ptr<Section>> sections;
  auto verify = std::make_unique<VerifySection>(context.spec, context.model, context.progress);
  if (context.spec.langevin && context.spec.langevin->method.value == "plain") {
    auto cloud = std::make_unique<LangevinSection>(context, verify->density());
    verify->set_cloud(*cloud);
    sections.push_back(std::move(cloud));
  }
  sections.push_back(std::move(verify));
  return sections;
}

void refuse_stationary(const input::Spec& spec, const Model& model) {
  if (model.underdamped())
    throw invalid(spec.model.friction->origin, "[stationary] cannot analyse the underdamped equation yet", {"no 'friction' beside [stationary]", "", {}});
  if (!build_schedule(spec).constant()) {
    const auto& m = spec.model;
    const auto& schedule = m.temperature_schedule ? m.temperature_schedule : m.learning_rate_schedule ? m.learning_rate_schedule : m.batch_size_schedule;
    throw invalid(schedule->origin, "[stationary] needs a temperature that does not change", {"a number > 0", "", {}});
  }
}

} // namespace

std::vector<std::unique_ptr<Section>> make_sections(const SectionContext& context) {
  if (context.only_verify) return only_verify(context);
  const input::Spec& spec = context.spec;
  const Model* const model = context.model;
  Progress& progress = context.progress;
  std::vector<std::unique_ptr<Section>> sections;
  if (context.sweep_only) {
    sections.push_back(std::make_unique<SweepSection>(context));
    return sections;
  }
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
  const LangevinSection* plain_cloud = nullptr;
  if (spec.langevin) {
    auto section = std::make_unique<LangevinSection>(context, density);
    const LangevinSection& cloud = *section;
    sections.push_back(std::move(section));
    const bool has_series = spec.langevin->method.value == "plain"; // else there is nothing to compare
    if (has_series) plain_cloud = &cloud;
    if (series && has_series) sections.push_back(std::make_unique<ComparisonSection>(spec, *series, density, cloud));
  }
  if (spec.stationary) refuse_stationary(spec, *model);
  if (spec.stationary) sections.push_back(std::make_unique<StationarySection>(spec, *model, progress));
  if (spec.sgd) sections.push_back(std::make_unique<SgdSection>(context));
  if (spec.sgd && spec.sgd->diffusion) sections.push_back(std::make_unique<SgdDiffusionSection>(spec, progress));
  if (spec.sweep) sections.push_back(std::make_unique<SweepSection>(context));
  if (spec.trajectories) sections.push_back(std::make_unique<TrajectoriesSection>(spec, progress));
  if (spec.verify) {
    auto verify = std::make_unique<VerifySection>(spec, model, progress);
    if (plain_cloud) verify->set_cloud(*plain_cloud);
    sections.push_back(std::move(verify));
  }
  return sections;
}

std::string with_error(double value, double error) {
  return std::isnan(error) ? fmt::format("{:.10g}", value) : fmt::format("{:<14.10g} +- {:.1e}", value, error);
}

} // namespace driftwell::run

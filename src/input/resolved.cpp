// Every value in force as one JSON object: the `resolved` attribute. It has the keys of the experiment file, so that
// written as TOML it is an experiment again.
#include "driftwell/input/spec.hpp"
#include "input/resolved_sgd.hpp"
#include "input/resolved_trajectories.hpp"

#include <nlohmann/json.hpp>

namespace driftwell::input {
namespace {

using Json = nlohmann::ordered_json;

Json list(const std::vector<Text>& texts) {
  Json json = Json::array();
  for (const Text& text : texts) json.push_back(text.value);
  return json;
}

Json potential(const PotentialSpec& spec) {
  if (spec.name.value.empty()) return spec.expression.value;
  Json json{{"name", spec.name.value}};
  for (const auto& [name, option] : spec.options)
    json[name.value] = option.value.size() == 1 ? Json(option.value[0]) : Json(option.value);
  return json;
}

Json diffusion(const DiffusionSpec& spec) {
  switch (spec.kind) {
  case DiffusionSpec::Kind::identity:
    return "1";
  case DiffusionSpec::Kind::scalar:
    return spec.entries[0][0].value;
  case DiffusionSpec::Kind::diagonal:
    return list(spec.entries[0]);
  case DiffusionSpec::Kind::matrix:
    break;
  }
  Json rows = Json::array();
  for (const auto& row : spec.entries) rows.push_back(list(row));
  return rows;
}

Json model(const ModelSpec& spec) {
  Json json;
  if (spec.indexed) json["dimension"] = spec.variables.size();
  else json["variables"] = list(spec.variables);
  if (spec.potential) json["potential"] = potential(*spec.potential);
  if (!spec.force.empty()) json["force"] = list(spec.force);
  json["diffusion"] = diffusion(spec.diffusion);
  if (spec.circulation.kind == CirculationSpec::Kind::stream_function)
    json["circulation"] = {{"stream_function", spec.circulation.entries[0][0].value}};
  else if (spec.circulation.kind == CirculationSpec::Kind::scalar) json["circulation"] = spec.circulation.entries[0][0].value;
  else if (spec.circulation.kind == CirculationSpec::Kind::matrix)
    for (const auto& row : spec.circulation.entries) json["circulation"].push_back(list(row));
  if (spec.friction) json["friction"] = spec.friction->value;
  if (spec.learning_rate || spec.learning_rate_schedule) {
    json["learning_rate"] = resolved_quantity(spec.learning_rate, spec.learning_rate_schedule);
    json["batch_size"] = resolved_quantity(spec.batch_size, spec.batch_size_schedule);
  } else {
    json["temperature"] = resolved_quantity(spec.temperature, spec.temperature_schedule);
  }
  json["interpretation"] = spec.interpretation.value;
  Json parameters = Json::object();
  for (const auto& [name, value] : spec.parameters) parameters[name.value] = value;
  json["parameters"] = parameters;
  return json;
}

struct LawWriter {
  Json operator()(const GaussianLaw& law) const {
    if (!law.std.empty()) return {{"gaussian", {{"mean", law.mean}, {"std", law.std}}}};
    return {{"gaussian", {{"mean", law.mean}, {"covariance", law.covariance}}}};
  }
  Json operator()(const PointLaw& law) const { return {{"point", law.at}}; }
  Json operator()(const UniformLaw& law) const { return {{"uniform", {{"lower", law.lower}, {"upper", law.upper}}}}; }
  Json operator()(const SteadyStateLaw&) const { return {{"steady_state", true}}; }
  Json operator()(const SamplesLaw& law) const { return {{"samples", {{"file", law.file}, {"dataset", law.dataset}}}}; }
  Json operator()(const std::shared_ptr<const MixtureLaw>& law) const {
    Json parts = Json::array();
    for (std::size_t i = 0; i < law->parts.size(); ++i) {
      Json part{{"weight", law->weights[i]}};
      part.update(std::visit(*this, law->parts[i]));
      parts.push_back(part);
    }
    return {{"mixture", parts}};
  }
};

Json time(const TimeSpec& spec) {
  Json json{{"end", spec.end}};
  if (spec.spacing == "list") {
    json["at"] = spec.at;
    return json;
  }
  json["outputs"] = spec.at.size();
  json["spacing"] = spec.spacing;
  if (spec.spacing == "log" && spec.at.size() > 2) json["first"] = spec.at[1];
  return json;
}

Json box(const BoxSpec& spec) {
  constexpr std::array<const char*, 3> words{"reflecting", "periodic", "absorbing"};
  Json walls = Json::array();
  for (const auto& [lower, upper] : spec.boundary)
    walls.push_back({words[static_cast<std::size_t>(lower)], words[static_cast<std::size_t>(upper)]});
  return {{"lower", spec.lower.value}, {"upper", spec.upper.value}, {"boundary", walls}};
}

Json grid(const GridSpec& spec) {
  Json json = box(spec);
  json["cells"] = spec.cells.value;
  if (!spec.stretch.empty()) json["stretch"] = list(spec.stretch);
  return json;
}

Json stationary(const StationarySpec& spec) {
  Json json = spec.grid ? grid(*spec.grid) : Json::object();
  json["eigenvalues"] = spec.eigenvalues.value;
  if (spec.source) json["source"] = spec.source->value;
  if (spec.target) json["target"] = spec.target->value;
  if (spec.start) json["start"] = spec.start->value;
  json["method"] = spec.method.value;
  return json;
}

Json fokker_planck(const FokkerPlanckSpec& spec) {
  Json json = grid(spec);
  json.update({{"propagator", spec.propagator.value}, {"tolerance", spec.tolerance.value},
               {"snapshots", spec.snapshots.value},   {"wasserstein", spec.wasserstein.value}});
  if (spec.dt) json["dt"] = spec.dt->value;
  return json;
}

Json langevin_series(const LangevinSeriesSpec& spec) {
  Json json{{"every", spec.every.value}, {"from", spec.from.value}, {"particles", spec.particles.value}, {"lags", spec.lags.value}, {"segment", spec.segment.value}};
  if (!spec.of.empty()) json["of"] = list(spec.of);
  if (!spec.plane.empty()) {
    json["plane"] = list(spec.plane);
    json["centre"] = spec.centre;
  }
  return json;
}

Json langevin(const LangevinSpec& spec) {
  Json json{{"particles", spec.particles.value}, {"dt", spec.dt.value},
            {"stepper", spec.stepper.value},     {"seed", spec.seed.value},
            {"snapshots", spec.snapshots.value}, {"kept", spec.kept.value},
            {"method", spec.method.value}};
  if (spec.walls) json.update(box(*spec.walls));
  if (spec.target) json["target"] = spec.target->value;
  if (spec.series) json["series"] = langevin_series(*spec.series);
  if (spec.distance_to) json["distance_to"] = std::visit(LawWriter{}, *spec.distance_to);
  if (spec.log_partition) json["log_partition"] = spec.log_partition->value;
  if (spec.estimate) json["estimate"] = spec.estimate->value;
  if (spec.standard_error) json["standard_error"] = spec.standard_error->value;
  return json;
}

Json sweep(const SweepSpec& spec) {
  Json json{{"tolerance", spec.tolerance.value}, {"files", spec.files.value}};
  for (const SweepKey& key : spec.keys) {
    if (key.zipped) json["zip"].push_back(key.name);
    json[key.name] = key.numbers.empty() ? Json(key.values) : Json(key.numbers);
  }
  return json;
}

Json verify(const VerifySpec& spec) {
  Json json{{"confidence", spec.confidence.value}, {"precision", spec.precision.value}, {"expect", Json::object()}};
  if (spec.theorems.empty()) json["theorems"] = "all";
  else json["theorems"] = list(spec.theorems);
  if (spec.learning_rate) json["learning_rate"] = spec.learning_rate->value;
  if (spec.noise_radius) json["noise_radius"] = spec.noise_radius->value;
  if (spec.learning_rate) json["noise_shape"] = spec.noise_shape.value;
  for (const auto& [name, verdict] : spec.expect) json["expect"][name.value] = verdict.value;
  return json;
}

} // namespace

std::string resolved_json(const Spec& spec) {
  Json json{{"title", spec.title}};
  if (spec.memory_limit) json["memory_limit"] = spec.memory_limit->value;
  if (spec.has_model) json["model"] = model(spec.model);
  if (spec.has_model && spec.time.end > 0) { // something evolves
    json["initial"] = std::visit(LawWriter{}, spec.initial);
    json["time"] = time(spec.time);
  }
  if (spec.fokker_planck) json["fokker_planck"] = fokker_planck(*spec.fokker_planck);
  if (spec.fokker_planck && spec.model.friction) json["fokker_planck"]["hermite"] = spec.fokker_planck->hermite.value;
  if (spec.langevin) json["langevin"] = langevin(*spec.langevin);
  if (spec.stationary) json["stationary"] = stationary(*spec.stationary);
  if (spec.sgd) json["sgd"] = resolved_sgd(*spec.sgd);
  if (spec.sweep) json["sweep"] = sweep(*spec.sweep);
  if (spec.trajectories) json["trajectories"] = resolved_trajectories(*spec.trajectories);
  if (spec.verify) json["verify"] = verify(*spec.verify);
  json["output"] = {{"keep_bits", spec.output.keep_bits ? spec.output.keep_bits->value : 52}};
  return json.dump();
}

} // namespace driftwell::input

#include "input/resolved_sgd.hpp"

namespace driftwell::input {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& json, const char* key, const Text& text) {
  if (!text.value.empty()) json[key] = text.value;
}

template <class T> void put(Json& json, const char* key, const std::optional<Setting<T>>& setting) {
  if (setting) json[key] = setting->value;
}

Json dataset(const DatasetSpec& spec) {
  Json json = Json::object();
  put(json, "name", spec.name);
  put(json, "file", spec.file);
  put(json, "images", spec.images);
  put(json, "labels", spec.labels);
  put(json, "target", spec.target);
  for (const auto& [key, value] : spec.counts) json[key] = value.value;
  for (const auto& [key, value] : spec.numbers) json[key] = value.value;
  put(json, "standardise", spec.standardise);
  return json.size() == 1 && json.contains("name") ? json["name"] : json;
}

Json loss(const LossSpec& spec) {
  Json json{{"name", spec.name.value}};
  put(json, "hidden", spec.hidden);
  put(json, "activation", spec.activation);
  put(json, "objective", spec.objective);
  put(json, "weight_decay", spec.weight_decay);
  put(json, "bias", spec.bias);
  put(json, "hessian", spec.hessian);
  put(json, "covariance", spec.covariance);
  put(json, "minimum", spec.minimum);
  put(json, "rank", spec.rank);
  put(json, "term", spec.term);
  for (const Text& name : spec.weights) json["weights"].push_back(name.value);
  for (const auto& [name, value] : spec.parameters) json["parameters"][name.value] = value;
  return json;
}

Json diffusion(const SgdDiffusionSpec& spec) {
  Json json{{"order", spec.order.value}, {"noise", spec.noise.value}};
  put(json, "dt", spec.dt);
  json["stepper"] = spec.stepper.value;
  put(json, "particles", spec.particles);
  return json;
}

Json projection(const SgdProjectionSpec& spec) {
  Json json;
  if (spec.directions) json["directions"] = spec.directions->value;
  else json["principal_components"] = spec.principal_components.value;
  json.update({{"fokker_planck", spec.fokker_planck.value}, {"cells", spec.cells.value}, {"degree", spec.degree.value}});
  return json;
}

} // namespace

Json resolved_quantity(const std::optional<Setting<double>>& number, const std::optional<ScheduleSpec>& schedule) {
  if (!schedule) return number->value;
  if (!schedule->expression.value.empty()) return schedule->expression.value;
  return {{"t", schedule->t}, {"value", schedule->value}, {"interpolation", schedule->interpolation.value}};
}

Json resolved_sgd(const SgdSpec& spec) {
  Json json;
  if (spec.dataset) json["dataset"] = dataset(*spec.dataset);
  json["loss"] = loss(spec.loss);
  json["learning_rate"] = resolved_quantity(spec.learning_rate, spec.learning_rate_schedule);
  json["batch_size"] = resolved_quantity(spec.batch_size, spec.batch_size_schedule);
  json.update({{"sampling", spec.sampling.value},
               {"momentum", spec.momentum.value},
               {"nesterov", spec.nesterov.value},
               {"label_noise", spec.label_noise.value},
               {"svag", spec.svag.value},
               {"replicas", spec.replicas.value},
               {"steps", spec.steps.value},
               {"outputs", spec.outputs.value},
               {"snapshots", spec.snapshots.value},
               {"loss_replicas", spec.loss_replicas.value}});
  if (spec.start_at) json["start"] = spec.start_at->value;
  else json["start"] = spec.start.value;
  put(json, "start_std", spec.start_std);
  if (spec.target) json.update({{"target", spec.target->value}, {"target_every", spec.target_every.value}});
  if (spec.directions_at) json["directions"] = spec.directions_at->value;
  else if (!spec.directions.value.empty()) json.update({{"directions", spec.directions.value}, {"direction_count", spec.direction_count.value}});
  json["spectrum"] = spec.spectrum.value;
  if (spec.spectrum.value) json.update({{"spectrum_every", spec.spectrum_every.value}, {"spectrum_length", spec.spectrum_length.value}});
  json.update({{"seed", spec.seed.value}, {"noise", spec.noise.value}, {"leading", spec.leading.value}, {"minimum", spec.minimum.value},
               {"stationary_from", spec.stationary_from.value}});
  if (spec.diffusion) json.update({{"diffusion", diffusion(*spec.diffusion)}, {"projection", projection(spec.projection)}});
  return json;
}

} // namespace driftwell::input

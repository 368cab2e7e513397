#include "input/resolved_trajectories.hpp"

namespace driftwell::input {
namespace {

using Json = nlohmann::ordered_json;

Json projection(const ProjectionSpec& spec) {
  if (spec.components > 0) return {{"principal_components", spec.components}};
  Json json = Json::object();
  for (const auto& parameter : spec.parameters) json["parameters"].push_back(parameter.value);
  for (const auto& direction : spec.directions) json["directions"].push_back(direction.value);
  if (!spec.directions_dataset.value.empty()) json["directions"] = spec.directions_dataset.value;
  return json;
}

} // namespace

Json resolved_trajectories(const TrajectoriesSpec& spec) {
  Json json{{"file", spec.file.value}, {"dataset", spec.dataset.value}};
  if (spec.time) json["time"] = spec.time->value;
  else json["time_step"] = spec.time_step.value;
  if (spec.projection.given()) json["projection"] = projection(spec.projection);
  json.update({{"burn_in", spec.burn_in.value}, {"lag", spec.lag.value}, {"temperature", spec.temperature.value}});
  if (spec.bandwidth) json["bandwidth"] = spec.bandwidth->value;
  else json["bandwidth"] = "auto";
  if (spec.lower) json["lower"] = spec.lower->value;
  if (spec.upper) json["upper"] = spec.upper->value;
  if (spec.cells) json["cells"] = spec.cells->value;
  json.update({{"least_points", spec.least_points.value}, {"resamples", spec.resamples.value}, {"blocks", spec.blocks.value}, {"seed", spec.seed.value}});
  for (const Text& name : spec.names) json["names"].push_back(name.value);
  return json;
}

} // namespace driftwell::input

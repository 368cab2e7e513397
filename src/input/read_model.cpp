// [model]: the equation dx = (force - grad potential) dt + sqrt(2 temperature D) dW, as texts.
#include "input/sections.hpp"
#include "input/text_positions.hpp"
#include "input/values.hpp"

#include <array>

namespace driftwell::input {
namespace {

std::vector<double> option_values(const Value& value) {
  if (!value.is_list()) return {number(value)};
  if (value.node->items.empty()) value.wrong_type();
  return numbers(value, value.node->items.size());
}

PotentialSpec read_potential(const Value& value) {
  PotentialSpec potential;
  if (!value.is_table()) {
    potential.expression = expression(value);
    return potential;
  }
  if (constexpr std::size_t most = 1'000; value.node->members.size() > most)
    throw invalid(value.origin(), "'potential' has more than " + std::to_string(most) + " options");
  const Member* name = value.node->find("name");
  if (name == nullptr)
    throw invalid(value.origin(), "'potential' needs a name", {"{ name = \"double_well\", options }", {}, {}});
  potential.name = text({&name->value, "name", "the name of a potential", false});
  for (const Member& member : value.node->members) {
    if (member.name == "name") continue;
    const Value option{&member.value, brief(member.name), "a number, or a list of numbers", false};
    potential.options.push_back({make_text(member), {option_values(option), option.origin(), true}});
  }
  return potential;
}

DiffusionSpec read_diffusion(const Value& value, std::size_t dimension) {
  DiffusionSpec diffusion;
  diffusion.origin = value.origin();
  using Kind = DiffusionSpec::Kind;
  if (!value.is_list()) {
    diffusion.kind = Kind::scalar;
    diffusion.entries = {{expression(value)}};
    return diffusion;
  }
  const std::vector<Value> rows = entries(value, dimension);
  if (rows.front().is_list()) {
    diffusion.kind = Kind::matrix;
    for (const Value& row : rows) {
      if (!row.is_list()) row.wrong_type();
      diffusion.entries.emplace_back();
      for (const Value& entry : entries(row, dimension)) diffusion.entries.back().push_back(expression(entry));
    }
    return diffusion;
  }
  diffusion.kind = Kind::diagonal;
  diffusion.entries.emplace_back();
  for (const Value& entry : rows) diffusion.entries.back().push_back(expression(entry));
  return diffusion;
}

CirculationSpec read_circulation(const Value& value, std::size_t dimension) {
  CirculationSpec circulation;
  circulation.origin = value.origin();
  using Kind = CirculationSpec::Kind;
  const auto need_two = [&] {
    if (dimension != 2)
      throw invalid(value.origin(), "one expression is a circulation of two variables; the model has " + std::to_string(dimension),
                    {"a matrix Q with Q_ij = -Q_ji", {}, {}});
  };
  if (value.is_table()) {
    const Table table(*value.node, "model.circulation", value.origin());
    need_two();
    circulation.kind = Kind::stream_function;
    circulation.entries = {{expression(table.require("stream_function"))}};
    return circulation;
  }
  if (!value.is_list()) {
    need_two();
    circulation.kind = Kind::scalar;
    circulation.entries = {{expression(value)}};
    return circulation;
  }
  circulation.kind = Kind::matrix;
  for (const Value& row : entries(value, dimension)) {
    if (!row.is_list()) row.wrong_type();
    circulation.entries.emplace_back();
    for (const Value& entry : entries(row, dimension)) circulation.entries.back().push_back(expression(entry));
  }
  return circulation;
}

std::optional<Setting<double>> read_positive(const Table& table, std::string_view key) {
  const std::optional<Value> value = table.find(key);
  if (!value) return std::nullopt;
  return Setting<double>{positive(*value), value->origin(), true};
}

const std::string both_ways = "temperature = T, or learning_rate = h with batch_size = B (then T = h / (2 B))";

void read_temperature(const Table& table, ModelSpec& model) {
  if (const auto value = table.find("temperature"); value && value->node->kind == Node::Kind::string)
    throw invalid(value->origin(), "schedules are not available in " + std::string(this_version) + "; give a number",
                  {value->allowed, {}, {}});
  table.exclude("temperature", "learning_rate", both_ways);
  table.exclude("temperature", "batch_size", both_ways);
  model.learning_rate = read_positive(table, "learning_rate");
  model.batch_size = read_positive(table, "batch_size");
  if (const auto value = table.find("temperature")) {
    model.temperature = {positive(*value), value->origin(), true};
    return;
  }
  if (!model.learning_rate && !model.batch_size)
    throw invalid(table.origin(), "[model] needs 'temperature'", {both_ways, {}, {}});
  if (!model.learning_rate || !model.batch_size) {
    const bool has_rate = model.learning_rate.has_value();
    throw invalid(table.key_origin(has_rate ? "learning_rate" : "batch_size"),
                  has_rate ? "'learning_rate' needs 'batch_size' beside it"
                           : "'batch_size' needs 'learning_rate' beside it",
                  {both_ways, {}, {}});
  }
  const double temperature = model.learning_rate->value / (2 * model.batch_size->value);
  if (!(temperature > 0) || !(temperature < 1e308))
    throw invalid(model.learning_rate->origin, "learning_rate / (2 batch_size) is no usable temperature",
                  {both_ways, {}, {}});
  model.temperature = {temperature, model.learning_rate->origin, true};
}

} // namespace

ModelSpec read_model(const Node& section, const Origin& origin) {
  ModelSpec model;
  model.origin = origin;
  read_names(section, origin, model);
  const Table table(section, "model", origin);
  const std::size_t dimension = model.variables.size();
  if (const auto value = table.find("potential")) model.potential = read_potential(*value);
  if (const auto value = table.find("force"))
    for (const Value& entry : entries(*value, dimension)) model.force.push_back(expression(entry));
  if (!model.potential && model.force.empty())
    throw invalid(origin, "[model] needs 'potential' or 'force'",
                  {"potential = \"x^2/2\", or force = [\"-x\"], or both", {}, {}});
  model.diffusion.origin = origin;
  if (const auto value = table.find("diffusion")) model.diffusion = read_diffusion(*value, dimension);
  model.circulation.origin = origin;
  if (const auto value = table.find("circulation")) {
    model.circulation = read_circulation(*value, dimension);
    if (!model.potential)
      throw invalid(table.key_origin("circulation"), "'circulation' needs a potential: it circulates around exp(-f/T)",
                    {"potential = \"...\", or the drift as a force", {}, {}});
  }
  read_temperature(table, model);
  static const std::array<std::string, 3> conventions{"ito", "stratonovich", "anti_ito"};
  model.interpretation = {"ito", origin, {}};
  if (const auto value = table.find("interpretation")) model.interpretation = keyword(*value, conventions);
  return model;
}

} // namespace driftwell::input

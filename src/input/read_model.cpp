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

/// The underdamped equation has unit mass and equal friction on every momentum.
void read_friction(const Table& table, ModelSpec& model) {
  const auto value = table.find("friction");
  if (!value) return;
  model.friction = Setting<double>{positive(*value), value->origin(), true};
  if (model.diffusion.kind != DiffusionSpec::Kind::identity)
    throw invalid(table.key_origin("diffusion"), "'diffusion' cannot be combined with 'friction' yet: the noise of the momenta is sqrt(2 friction temperature)",
                  {"no 'diffusion', or no 'friction'", {}, {}});
  if (model.circulation.kind != CirculationSpec::Kind::none)
    throw invalid(table.key_origin("circulation"), "'circulation' cannot be combined with 'friction' yet", {"no 'circulation', or no 'friction'", {}, {}});
  for (const std::string_view key : {"temperature", "learning_rate", "batch_size"})
    if ((key == "temperature" && model.temperature_schedule) || (key == "learning_rate" && model.learning_rate_schedule) ||
        (key == "batch_size" && model.batch_size_schedule))
      throw invalid(table.key_origin(key), "a schedule cannot be combined with 'friction' yet", {"'" + std::string(key) + "' as a number", {}, {}});
  for (const Text& name : model.variables)
    for (const Text& other : model.variables)
      if (other.value == momentum_name(name.value))
        throw invalid(other.origin, "'" + other.value + "' cannot be the name of a variable: it is the momentum of '" + name.value + "'", {"any other name", {}, {}});
}

} // namespace

std::string momentum_name(std::string_view position) { return "p_" + std::string(position); }

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
  read_temperature(section, origin, model);
  read_friction(table, model);
  static const std::array<std::string, 3> conventions{"ito", "stratonovich", "anti_ito"};
  model.interpretation = {"ito", origin, {}};
  if (const auto value = table.find("interpretation")) model.interpretation = keyword(*value, conventions);
  return model;
}

} // namespace driftwell::input

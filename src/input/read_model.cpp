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
  read_temperature(section, origin, model);
  static const std::array<std::string, 3> conventions{"ito", "stratonovich", "anti_ito"};
  model.interpretation = {"ito", origin, {}};
  if (const auto value = table.find("interpretation")) model.interpretation = keyword(*value, conventions);
  return model;
}

} // namespace driftwell::input

// [model] variables, dimension and parameters: every name means one thing, in expressions and in the result file.
#include "input/schema.hpp"
#include "input/sections.hpp"
#include "input/text_positions.hpp"
#include "input/values.hpp"

#include <algorithm>
#include <unordered_map>

namespace driftwell::input {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::int64_t most_dimensions = 10'000;
constexpr std::size_t most_parameters = 1'000;
using Taken = std::unordered_map<std::string, Origin>;

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= longest_name && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

[[noreturn]] void refuse(const Text& name, const std::string& message, const std::string& allowed) {
  throw invalid(name.origin, message, {allowed, {}, {}});
}

void check_name(const Text& name, std::string_view kind, const Taken& taken) {
  const std::string quoted = "'" + brief(name.value) + "'", what(kind);
  if (!is_identifier(name.value))
    refuse(name, quoted + " cannot be the name of a " + what,
           "a letter or _, then letters, digits and _, at most " + std::to_string(longest_name));
  const auto names = expression_names();
  if (std::find(names.begin(), names.end(), name.value) != names.end())
    refuse(name, quoted + " cannot be the name of a " + what + ": in expressions it means something else",
           "any name but those of the functions, pi and t");
  if (const auto earlier = taken.find(name.value); earlier != taken.end())
    throw invalid(name.origin, "the name " + quoted + " is given twice",
                  {{}, {}, {quoted + " is given first " + place(earlier->second)}});
}

std::vector<Text> read_variables(const Value& value, Taken& taken) {
  if (!value.is_list()) value.wrong_type();
  if (value.node->items.empty()) throw invalid(value.origin(), "'variables' is empty", {value.allowed, {}, {}});
  if (value.node->items.size() > static_cast<std::size_t>(most_dimensions))
    throw invalid(value.origin(), "'variables' has more than " + std::to_string(most_dimensions) + " names");
  std::vector<Text> names;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    if (value.entry(i).node->kind != Node::Kind::string) value.entry(i).wrong_type();
    Text name = make_text(value.node->items[i]);
    check_name(name, "variable", taken);
    if (is_result_name(name.value))
      refuse(name, "'" + name.value + "' cannot be the name of a variable: the result file uses it for something else",
             "any other name");
    taken.emplace(name.value, name.origin);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<Text> indexed_variables(const Value& value, Taken& taken) {
  const std::int64_t dimension = integer(value, 1, most_dimensions);
  std::vector<Text> names;
  for (std::int64_t i = 1; i <= dimension; ++i) names.push_back({"x" + std::to_string(i), value.origin(), {}});
  taken.emplace("x", value.origin()); // expressions write x[i], and d for the dimension
  taken.emplace("d", value.origin());
  return names;
}

void read_parameters(const Value& value, Taken& taken, ModelSpec& model) {
  if (!value.is_table()) value.wrong_type();
  if (value.node->members.size() > most_parameters)
    throw invalid(value.origin(), "'parameters' has more than " + std::to_string(most_parameters) + " names");
  for (const Member& member : value.node->members) {
    Text name = make_text(member);
    check_name(name, "parameter", taken);
    taken.emplace(name.value, name.origin);
    model.parameters.emplace_back(std::move(name), number({&member.value, member.name, "a number", false}));
  }
}

} // namespace

void read_names(const Node& section, const Origin& origin, ModelSpec& model) {
  const Table table(section, "model", origin);
  Taken taken;
  table.exclude("variables", "dimension", "one of them: variables names each axis, dimension numbers them");
  if (const auto dimension = table.find("dimension")) {
    model.indexed = true;
    model.variables = indexed_variables(*dimension, taken);
  } else {
    model.variables = read_variables(table.require("variables"), taken);
  }
  if (const auto parameters = table.find("parameters")) read_parameters(*parameters, taken, model);
}

} // namespace driftwell::input

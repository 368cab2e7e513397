// [verify]: which theorems, how sure, and what is no surprise.
#include "input/sections.hpp"
#include "input/values.hpp"

namespace driftwell::input {
namespace {

double share(const Value& value) {
  const double x = positive(value);
  if (!(x < 1)) value.out_of_range();
  return x;
}

std::vector<Text> read_theorems(const Value& value) {
  if (!value.is_list()) {
    const Text word = text(value);
    if (word.value == "all") return {};
    return {word};
  }
  std::vector<Text> names;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) names.push_back(text(value.entry(i)));
  if (names.empty()) value.wrong_type();
  return names;
}

/// Both "theorem.claim" in quotes and the dotted key, which TOML makes a table of.
void add_expected(const Node& table, const std::string& prefix, std::vector<std::pair<Text, Text>>& result) {
  for (const Member& member : table.members) {
    const std::string name = prefix + member.name;
    if (member.value.kind == Node::Kind::table && prefix.empty()) {
      add_expected(member.value, name + ".", result);
      continue;
    }
    const Value value{&member.value, name, "\"holds\", \"violated\", \"undecided\" or \"not applicable\"", false};
    static const std::vector<std::string> verdicts{"holds", "violated", "undecided", "not applicable"};
    result.emplace_back(Text{name, member.origin, {}}, keyword(value, verdicts));
  }
}

std::vector<std::pair<Text, Text>> read_expect(const Value& value) {
  if (!value.is_table()) value.wrong_type();
  std::vector<std::pair<Text, Text>> result;
  add_expected(*value.node, "", result);
  return result;
}

} // namespace

VerifySpec read_verify(const Node& section, const Origin& origin) {
  const Table table(section, "verify", origin);
  VerifySpec spec;
  spec.origin = origin;
  if (const auto value = table.find("theorems")) spec.theorems = read_theorems(*value);
  if (const auto value = table.find("confidence")) spec.confidence = {share(*value), value->origin(), true};
  if (const auto value = table.find("precision")) spec.precision = {share(*value), value->origin(), true};
  if (const auto value = table.find("learning_rate")) spec.learning_rate = Setting<double>{positive(*value), value->origin(), true};
  if (const auto value = table.find("noise_radius")) {
    spec.noise_radius = Setting<double>{number(*value), value->origin(), true};
    if (spec.noise_radius->value < 0) value->out_of_range();
  }
  if (const auto value = table.find("noise_shape")) spec.noise_shape = keyword(*value, std::vector<std::string>{"cube", "ball"});
  if (const auto value = table.find("expect")) spec.expect = read_expect(*value);
  return spec;
}

} // namespace driftwell::input

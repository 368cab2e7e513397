// [trajectories]: whose paths, seen along which coordinates, and how they are analysed. What depends on the file is checked by the run.
#include "input/sections.hpp"
#include "input/values.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace driftwell::input {
namespace {

/// Of datasets in /trajectories, beside those of all sections.
constexpr std::array<std::string_view, 11> own_names{"coordinate", "coordinate_2", "parameter", "histogram", "points", "supported", "markov_correlation", "excess_kurtosis", "direction", "origin",
                                                     "variance_share"};

constexpr std::int64_t largest_seed = (std::int64_t{1} << 48) - 1;

Setting<std::int64_t> count(const Table& table, std::string_view key, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto value = table.find(key);
  if (!value) return {fallback, table.origin(), false};
  return {integer(*value, least, most), value->origin(), true};
}

/// The value itself, or the entries of a list of one to three.
std::vector<Value> one_to_three(const Value& value) {
  if (!value.is_list()) return {value};
  const std::size_t size = value.node->items.size();
  if (size < 1 || size > 3)
    throw invalid(value.origin(), "'" + value.name + "' has " + counted(size, "entry") + " for one to three coordinates", {value.allowed, {}, {}});
  std::vector<Value> all;
  for (std::size_t i = 0; i < size; ++i) all.push_back(value.entry(i));
  return all;
}

template <class T, class Read> std::optional<Setting<std::vector<T>>> list(const Table& table, std::string_view key, const Read& read) {
  const auto value = table.find(key);
  if (!value) return std::nullopt;
  Setting<std::vector<T>> setting{{}, value->origin(), true};
  for (const Value& entry : one_to_three(*value)) setting.value.push_back(read(entry));
  return setting;
}

std::vector<double> direction(const Value& value) {
  if (!value.is_list() || value.node->items.empty()) value.wrong_type();
  std::vector<double> all;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) all.push_back(number(value.entry(i)));
  if (std::all_of(all.begin(), all.end(), [](double x) { return x == 0; }))
    throw invalid(value.origin(), "a direction has entries other than 0", {value.allowed, {}, {}});
  return all;
}

ProjectionSpec read_projection(const Value& value) {
  if (!value.is_table()) value.wrong_type();
  const Table table(*value.node, "trajectories.projection", value.origin());
  ProjectionSpec spec;
  spec.origin = value.origin();
  const std::vector<std::string_view> ways{"principal_components", "parameters", "directions"};
  for (std::size_t i = 0; i < ways.size(); ++i)
    for (std::size_t j = i + 1; j < ways.size(); ++j) table.exclude(ways[i], ways[j], "one of them");
  if (const auto components = table.find("principal_components")) spec.components = integer(*components, 1, 3);
  if (const auto parameters = table.find("parameters")) {
    if (!parameters->is_list()) parameters->wrong_type();
    for (const Value& entry : one_to_three(*parameters)) {
      spec.parameters.push_back({integer(entry, 0, std::numeric_limits<std::int64_t>::max()), entry.origin(), true});
      for (std::size_t i = 0; i + 1 < spec.parameters.size(); ++i)
        if (spec.parameters[i].value == spec.parameters.back().value) throw invalid(entry.origin(), "parameter " + entry.node->text + " is listed twice", {parameters->allowed, {}, {}});
    }
  }
  if (const auto directions = table.find("directions")) {
    if (directions->node->kind == Node::Kind::string) spec.directions_dataset = text(*directions);
    else if (!directions->is_list()) directions->wrong_type();
    else
      for (const Value& entry : one_to_three(*directions)) spec.directions.push_back({direction(entry), entry.origin(), true});
  }
  if (spec.components == 0 && spec.parameters.empty() && spec.directions.empty() && spec.directions_dataset.value.empty())
    throw invalid(value.origin(), "'projection' says nothing", {value.allowed, {}, {}});
  return spec;
}

/// Names that can stand for variables of the result file.
std::vector<Text> read_names_of(const Table& table) {
  std::vector<Text> names;
  const auto value = table.find("names");
  if (!value) return names;
  if (!value->is_list()) value->wrong_type();
  for (const Value& entry : one_to_three(*value)) {
    const Text name = text(entry);
    const bool letters = std::isalpha(static_cast<unsigned char>(name.value[0])) &&
                         std::all_of(name.value.begin(), name.value.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    if (!letters) throw invalid(name.origin, "\"" + name.value + "\" is not a name", {"letters, digits and _, a letter first", {}, {}});
    const bool own = std::find(own_names.begin(), own_names.end(), name.value) != own_names.end();
    if (own || is_result_name(name.value) || name.value.starts_with("drift_") || name.value.starts_with("diffusion_"))
      throw invalid(name.origin, "\"" + name.value + "\" is the name of a result", {"another name", {}, {}});
    for (const Text& other : names)
      if (other.value == name.value) throw invalid(name.origin, "\"" + name.value + "\" is given twice", {"different names", {}, {}});
    names.push_back(name);
  }
  return names;
}

void read_box_of(const Table& table, TrajectoriesSpec& spec) {
  spec.lower = list<double>(table, "lower", number);
  spec.upper = list<double>(table, "upper", number);
  spec.cells = list<std::int64_t>(table, "cells", [](const Value& v) { return integer(v, 8, 10'000); });
  if (!spec.lower || !spec.upper) return;
  const auto &low = spec.lower->value, &high = spec.upper->value;
  for (std::size_t i = 0; i < std::max(low.size(), high.size()); ++i) // of unequal lists: the run, which knows the dimension
    if (!(high[std::min(i, high.size() - 1)] > low[std::min(i, low.size() - 1)]))
      throw invalid(spec.upper->origin, "'upper' is not above 'lower'", {"upper > lower on every axis", {}, {"'lower' is given " + place(spec.lower->origin)}});
}

} // namespace

TrajectoriesSpec read_trajectories(const Node& section, const Origin& origin) {
  const Table table(section, "trajectories", origin);
  TrajectoriesSpec spec;
  spec.origin = origin;
  spec.file = text(table.require("file"));
  spec.dataset = {"weights", spec.file.origin, {}};
  if (const auto value = table.find("dataset")) spec.dataset = text(*value);
  table.exclude("time_step", "time", "one of them");
  spec.time_step = {1, origin, false};
  if (const auto value = table.find("time_step")) spec.time_step = {positive(*value), value->origin(), true};
  if (const auto value = table.find("time")) spec.time = text(*value);
  if (const auto value = table.find("projection")) spec.projection = read_projection(*value);
  spec.burn_in = {0, origin, false};
  if (const auto value = table.find("burn_in")) {
    spec.burn_in = {number(*value), value->origin(), true};
    if (!(spec.burn_in.value >= 0 && spec.burn_in.value < 1)) value->out_of_range();
  }
  spec.temperature = {1, origin, false};
  if (const auto value = table.find("temperature")) spec.temperature = {positive(*value), value->origin(), true};
  if (const auto value = table.find("bandwidth"))
    if (value->node->kind != Node::Kind::string || keyword(*value, std::vector<std::string>{"auto"}).value != "auto")
      spec.bandwidth = list<double>(table, "bandwidth", positive);
  read_box_of(table, spec);
  spec.lag = count(table, "lag", 1, 1, 1'000'000);
  spec.least_points = count(table, "least_points", 100, 1, 1'000'000'000);
  spec.resamples = count(table, "resamples", 32, 4, 10'000);
  spec.blocks = count(table, "blocks", 32, 8, 10'000);
  spec.seed = count(table, "seed", 1, 0, largest_seed);
  spec.names = read_names_of(table);
  return spec;
}

} // namespace driftwell::input

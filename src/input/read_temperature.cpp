// temperature, or learning_rate and batch_size: each a number, an expression in t or a table.
#include "input/read_quantity.hpp"
#include "input/sections.hpp"
#include "input/values.hpp"

#include <array>

namespace driftwell::input {
namespace {

constexpr double coldest = 1e-100, hottest = 1e100;
const std::string both_ways = "temperature = T, or learning_rate = h with batch_size = B (then T = h / (2 B))";

std::vector<Value> items(const Value& value) {
  if (!value.is_list() || value.node->items.empty()) value.wrong_type();
  std::vector<Value> all;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) all.push_back(value.entry(i));
  return all;
}

ScheduleSpec read_table(const Value& value) {
  const Table table(*value.node, "model.temperature", value.origin());
  ScheduleSpec schedule;
  schedule.origin = value.origin();
  const Value times = table.require("t"), levels = table.require("value");
  for (const Value& entry : items(times)) {
    const double t = number(entry);
    if (!schedule.t.empty() && !(schedule.t.back() < t))
      throw invalid(entry.origin(), "'t' does not increase: found " + entry.node->text + " after " + times.entry(schedule.t.size() - 1).node->text,
                    {times.allowed, {}, {}});
    schedule.t.push_back(t);
  }
  for (const Value& entry : items(levels)) schedule.value.push_back(positive(entry));
  if (schedule.value.size() != schedule.t.size())
    throw invalid(levels.origin(), "'value' has " + counted(schedule.value.size(), "entry") + " for " + counted(schedule.t.size(), "time"),
                  {levels.allowed, {}, {}});
  static const std::array<std::string, 2> kinds{"linear", "step"};
  schedule.interpolation = {"linear", value.origin(), {}};
  if (const auto kind = table.find("interpolation")) schedule.interpolation = keyword(*kind, kinds);
  return schedule;
}

} // namespace

Quantity read_quantity(const Table& table, std::string_view key) {
  const std::optional<Value> value = table.find(key);
  if (!value) return {};
  if (value->is_table()) return {{}, read_table(*value)};
  if (value->node->kind != Node::Kind::string) return {Setting<double>{positive(*value), value->origin(), true}, {}};
  ScheduleSpec schedule;
  schedule.expression = text(*value);
  schedule.origin = value->origin();
  return {{}, schedule};
}

void read_temperature(const Node& section, const Origin& origin, ModelSpec& model) {
  const Table table(section, "model", origin);
  table.exclude("temperature", "learning_rate", both_ways);
  table.exclude("temperature", "batch_size", both_ways);
  const Quantity rate = read_quantity(table, "learning_rate"), batch = read_quantity(table, "batch_size");
  const Quantity temperature = read_quantity(table, "temperature");
  if (!temperature.given() && !rate.given() && !batch.given())
    throw invalid(table.origin(), "[model] needs 'temperature'", {both_ways, {}, {}});
  if (!temperature.given() && !(rate.given() && batch.given()))
    throw invalid(table.key_origin(rate.given() ? "learning_rate" : "batch_size"),
                  rate.given() ? "'learning_rate' needs 'batch_size' beside it" : "'batch_size' needs 'learning_rate' beside it",
                  {both_ways, {}, {}});
  model.learning_rate = rate.number;
  model.batch_size = batch.number;
  model.temperature_schedule = temperature.schedule;
  model.learning_rate_schedule = rate.schedule;
  model.batch_size_schedule = batch.schedule;
  if (temperature.number) {
    model.temperature = *temperature.number;
    if (model.temperature.value < coldest || model.temperature.value > hottest)
      throw invalid(model.temperature.origin, "'temperature' is out of range: found " + table.find("temperature")->node->text,
                    {"a number from 1e-100 to 1e100, whose powers are numbers, too; in other units", {}, {}});
    return;
  }
  for (const Quantity* quantity : {&temperature, &rate, &batch})
    if (quantity->schedule) {
      model.temperature = {0, quantity->schedule->origin, true};
      return;
    }
  const double value = rate.number->value / (2 * batch.number->value);
  if (!(value >= coldest) || !(value <= hottest))
    throw invalid(rate.number->origin, "learning_rate / (2 batch_size) is no usable temperature", {both_ways, {}, {}});
  model.temperature = {value, rate.number->origin, true};
}

} // namespace driftwell::input

// The temperature of an experiment as a function of time.
#include "driftwell/run/build.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

using expression::ParseError;
using input::ModelSpec;
using input::ScheduleSpec;
using input::Setting;

Schedule formula(const ModelSpec& model, const input::Text& text) {
  expression::Symbols symbols;
  symbols.variables = {"t"};
  for (const auto& [name, value] : model.parameters) symbols.parameters.emplace_back(name.value, value);
  try {
    return Schedule(Expression::parse(text.value, symbols));
  } catch (const ParseError& error) {
    const std::string word = text.value.substr(std::min(error.offset, text.value.size()), error.length);
    const bool variable = std::any_of(model.variables.begin(), model.variables.end(), [&](const input::Text& name) { return name.value == word; });
    std::vector<std::string> notes;
    if (variable) notes.emplace_back("a schedule depends on the time t only; noise that depends on the place belongs into 'diffusion'");
    throw invalid(text.at(error.offset, error.length), error.what(), {error.allowed, variable ? "" : error.nearest, notes});
  }
}

Schedule quantity(const input::Spec& spec, const std::string& words, const std::optional<Setting<double>>& number,
                  const std::optional<ScheduleSpec>& given) {
  if (!given) return number->value;
  const bool is_table = given->expression.value.empty();
  Schedule schedule = is_table ? Schedule(given->t, given->value,
                                          given->interpolation.value == "step" ? Schedule::Interpolation::step : Schedule::Interpolation::linear)
                               : formula(spec.model, given->expression);
  try {
    (void)schedule.range(spec.time.end);
  } catch (const ScheduleError& error) {
    throw invalid(given->origin, fmt::format("the {} {}", words, error.what()),
                  {fmt::format("positive and finite values for all t from 0 to {:g}", spec.time.end), "", {}});
  }
  return schedule;
}

} // namespace

Schedule build_schedule(const input::Spec& spec) {
  const ModelSpec& m = spec.model;
  if (m.temperature_schedule) return quantity(spec, "temperature", m.temperature, m.temperature_schedule);
  if (!m.learning_rate_schedule && !m.batch_size_schedule) return m.temperature.value;
  Schedule temperature = Schedule::sgd(quantity(spec, "learning rate", m.learning_rate, m.learning_rate_schedule),
                                       quantity(spec, "batch size", m.batch_size, m.batch_size_schedule));
  try {
    (void)temperature.range(spec.time.end);
  } catch (const ScheduleError& error) {
    throw invalid(m.temperature.origin, fmt::format("the temperature learning_rate / (2 batch_size) {}", error.what()),
                  {fmt::format("positive and finite values for all t from 0 to {:g}", spec.time.end), "", {}});
  }
  return temperature;
}

} // namespace driftwell::run

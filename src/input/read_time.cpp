// [time]: resolved here into the list of output times, so that every later room reads one list.
#include "input/sections.hpp"
#include "input/values.hpp"

#include <array>
#include <cmath>

namespace driftwell::input {
namespace {

constexpr std::int64_t most_outputs = 1'000'000;

std::vector<double> linear_times(double end, std::int64_t count) {
  std::vector<double> at;
  const auto last = static_cast<double>(count - 1);
  for (std::int64_t i = 0; i < count; ++i) at.push_back(end * (static_cast<double>(i) / last));
  return at;
}

std::vector<double> log_times(double first, double end, std::int64_t count) {
  std::vector<double> at{0.0};
  const auto intervals = static_cast<double>(count - 2);
  for (std::int64_t i = 0; i + 2 < count; ++i)
    at.push_back(first * std::exp(std::log(end / first) * (static_cast<double>(i) / intervals)));
  at.push_back(end);
  return at;
}

double read_first(const Table& table, const std::string& spacing, double end) {
  const auto value = table.find("first");
  if (!value) return end * 1e-4;
  if (spacing != "log")
    throw invalid(table.key_origin("first"), "'first' is used only with spacing = \"log\"", {value->allowed, {}, {}});
  const double first = positive(*value);
  if (!(first < end))
    throw invalid(value->origin(), "'first' is not before 'end': found " + value->node->text, {value->allowed, {}, {}});
  return first;
}

void read_spaced(const Table& table, TimeSpec& time) {
  const Value end = table.require("end");
  time.end = positive(end);
  time.end_origin = end.origin();
  const auto outputs = table.find("outputs");
  time.at_origin = outputs ? outputs->origin() : table.origin();
  const std::int64_t count = outputs ? integer(*outputs, 2, most_outputs) : 101;
  static const std::array<std::string, 2> spacings{"linear", "log"};
  const auto spacing = table.find("spacing");
  time.spacing = spacing ? keyword(*spacing, spacings).value : "linear";
  const double first = read_first(table, time.spacing, time.end);
  time.at = time.spacing == "log" ? log_times(first, time.end, count) : linear_times(time.end, count);
  for (std::size_t i = 1; i < time.at.size(); ++i)
    if (!(time.at[i - 1] < time.at[i]))
      throw invalid(time.end_origin, std::to_string(count) + " outputs are more than there are numbers up to 'end'",
                    {"fewer outputs, or a later end", {}, {}});
}

void read_listed(const Table& table, const Value& value, TimeSpec& time) {
  for (const std::string_view other : {"outputs", "spacing", "first"})
    table.exclude("at", other, "at = [...] gives the times themselves; outputs, spacing and first make them");
  if (!value.is_list() || value.node->items.empty()) value.wrong_type();
  time.spacing = "list";
  time.at_origin = value.origin();
  time.at = numbers(value, value.node->items.size());
  for (std::size_t i = 0; i < time.at.size(); ++i) {
    if (time.at[i] < 0) value.entry(i).out_of_range();
    if (i > 0 && !(time.at[i - 1] < time.at[i]))
      throw invalid(value.entry(i).origin(),
                    "'at' does not increase: found " + value.entry(i).node->text + " after " +
                        value.entry(i - 1).node->text,
                    {value.allowed, {}, {}});
  }
  const Value last = value.entry(time.at.size() - 1);
  const auto end = table.find("end");
  time.end = end ? positive(*end) : time.at.back();
  time.end_origin = end ? end->origin() : last.origin();
  if (!(time.end > 0)) throw invalid(last.origin(), "'at' has no time after 0", {value.allowed, {}, {}});
  if (time.at.back() > time.end)
    throw invalid(last.origin(), "'at' goes beyond 'end': found " + last.node->text,
                  {value.allowed, {}, {"'end' is given " + place(time.end_origin)}});
  if (time.at.front() > 0) time.at.insert(time.at.begin(), 0.0);
}

} // namespace

TimeSpec read_time(const Node& section, const Origin& origin) {
  const Table table(section, "time", origin);
  TimeSpec time;
  time.origin = origin;
  if (const auto at = table.find("at")) read_listed(table, *at, time);
  else read_spaced(table, time);
  return time;
}

} // namespace driftwell::input

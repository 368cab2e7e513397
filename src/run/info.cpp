// `driftwell info`: what a result file holds, without any other tool.
#include "driftwell/run/commands.hpp"

#include "driftwell/record/reader.hpp"

#include "stdout.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace driftwell::run {

namespace {

using Json = nlohmann::ordered_json;

Json value_json(const record::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

/// A foreign file's text as it may go to a terminal: control characters as escapes, bytes that are no UTF-8 replaced.
std::string printable(const std::string& text) {
  const std::string quoted = to_text(Json(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string first_line(const record::Value& value) {
  std::string text = std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : value_json(value).dump();
  const std::size_t lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const std::size_t cut = std::min(text.find('\n'), std::size_t{100});
  const bool longer = cut < text.size();
  text = printable(text.substr(0, cut));
  if (lines > 1) return fmt::format("{} ... ({} lines)", text, lines + 1);
  return longer ? text + " ..." : text;
}

/// First and last row of a series, for the table.
std::string ends(const record::Reader& reader, const std::string& path, const record::VariableInfo& variable) {
  if (variable.shape.size() != 1 || variable.shape[0] == 0) return {};
  if (variable.text) return printable(fmt::format("{}", fmt::join(reader.read_text(path), ", ")));
  const auto [values, shape] = reader.read(path);
  return fmt::format("{:.8g} .. {:.8g}", values.front(), values.back());
}

std::string shape_text(const record::VariableInfo& variable) {
  std::string text;
  for (std::size_t a = 0; a < variable.shape.size(); ++a)
    text += fmt::format("{}{}: {}", a ? ", " : "", variable.dimensions[a].empty() ? "?" : printable(variable.dimensions[a]), variable.shape[a]);
  return "(" + text + ")";
}

} // namespace

void info(const std::string& path, bool json) {
  const record::Reader reader(path);
  if (json) {
    Json root{{"file", path}, {"attributes", Json::object()}, {"groups", Json::object()}};
    for (const auto& [name, value] : reader.attributes()) root["attributes"][name] = value_json(value);
    for (const std::string& group : reader.groups()) {
      Json entry{{"attributes", Json::object()}, {"variables", Json::object()}};
      for (const auto& [name, value] : reader.attributes(group)) entry["attributes"][name] = value_json(value);
      for (const auto& variable : reader.variables(group))
        entry["variables"][variable.name] = {{"dimensions", variable.dimensions}, {"shape", variable.shape}};
      root["groups"][group] = entry;
    }
    print_line(to_text(root));
    return;
  }
  fmt::print("{}\n", path);
  for (const auto& [name, value] : reader.attributes()) fmt::print("  {:<20} {}\n", printable(name), first_line(value));
  for (const std::string& group : reader.groups()) {
    fmt::print("\n/{}\n", printable(group));
    for (const auto& [name, value] : reader.attributes(group)) fmt::print("  {:<24} {}\n", printable(name), first_line(value));
    fmt::print("\n");
    for (const auto& variable : reader.variables(group))
      fmt::print("  {:<30} {:<42} {}\n", printable(variable.name), shape_text(variable), ends(reader, "/" + group + "/" + variable.name, variable));
  }
}

} // namespace driftwell::run

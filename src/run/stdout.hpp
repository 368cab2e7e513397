#pragma once
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace driftwell::run {

/// One line of JSON. Names of files need not be UTF-8, JSON must be: other bytes become U+FFFD.
[[nodiscard]] inline std::string to_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

inline void print_line(const std::string& line) { fmt::print("{}\n", line); }

} // namespace driftwell::run

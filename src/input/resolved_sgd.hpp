#pragma once
#include "driftwell/input/spec.hpp"

#include <nlohmann/json.hpp>

namespace driftwell::input {

/// Every value of [sgd] in force, under the keys of the file.
[[nodiscard]] nlohmann::ordered_json resolved_sgd(const SgdSpec& spec);
/// A number, an expression or a table.
[[nodiscard]] nlohmann::ordered_json resolved_quantity(const std::optional<Setting<double>>& number, const std::optional<ScheduleSpec>& schedule);

} // namespace driftwell::input

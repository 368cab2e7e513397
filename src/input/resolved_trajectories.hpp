#pragma once
#include "driftwell/input/spec.hpp"

#include <nlohmann/json.hpp>

namespace driftwell::input {

/// Every value of [trajectories] in force, under the keys of the file; what is found in the data is left out.
[[nodiscard]] nlohmann::ordered_json resolved_trajectories(const TrajectoriesSpec& spec);

} // namespace driftwell::input

#pragma once
#include <fmt/format.h>

#include <string>

namespace driftwell::theorems {

/// Where a comparison stands: "t = 0.5"
[[nodiscard]] inline std::string at_time(double t) { return fmt::format("t = {:.6g}", t); }

} // namespace driftwell::theorems

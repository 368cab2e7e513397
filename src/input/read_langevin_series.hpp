#pragma once
#include "driftwell/input/spec.hpp"
#include "input/values.hpp"

namespace driftwell::input {

/// series = { ... } of [langevin].
[[nodiscard]] LangevinSeriesSpec read_langevin_series(const Value& value);

} // namespace driftwell::input

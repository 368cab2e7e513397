#pragma once
// A quantity that is a number > 0 or changes with time: an expression in t, or a table.
#include "driftwell/input/spec.hpp"
#include "input/values.hpp"

#include <optional>

namespace driftwell::input {

/// One of the two: a number, or a schedule.
struct Quantity {
  std::optional<Setting<double>> number;
  std::optional<ScheduleSpec> schedule;

  [[nodiscard]] bool given() const { return number || schedule; }
};

[[nodiscard]] Quantity read_quantity(const Table& table, std::string_view key);

} // namespace driftwell::input

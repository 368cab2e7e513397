#pragma once
// A box and its walls: the keys lower, upper and boundary, which several sections have.
#include "input/values.hpp"

namespace driftwell::input {

/// One entry of a list, or the plain value that stands for all of them.
[[nodiscard]] inline Value entry_or_all(const Value& value, std::size_t i) { return value.is_list() ? value.entry(i) : value; }

[[nodiscard]] BoxSpec read_box(const Table& table, std::size_t dimension);

} // namespace driftwell::input

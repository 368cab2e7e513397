#pragma once
#include "driftwell/input/spec.hpp"
#include "input/values.hpp"

namespace driftwell::input {

/// target, directions and spectrum of [sgd].
void read_sgd_probes(const Table& table, SgdSpec& spec);

} // namespace driftwell::input

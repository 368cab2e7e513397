#pragma once
#include "driftwell/input/spec.hpp"
#include "input/values.hpp"

namespace driftwell::input {

/// `diffusion` and `projection` of [sgd], after all its other keys.
void read_sgd_diffusion(const Table& section, SgdSpec& spec);

} // namespace driftwell::input

#pragma once
// What must not reach the TOML parser: it would overflow the stack or eat the memory.
#include "driftwell/core/source.hpp"

#include <memory>

namespace driftwell::input {

/// Throws InvalidExperiment for a dotted key of absurd depth (every part is a nested table, which the parser builds
/// and destroys recursively, without a limit of its own) and for millions of values.
void refuse_hostile_toml(const std::shared_ptr<const Source>& source);

} // namespace driftwell::input

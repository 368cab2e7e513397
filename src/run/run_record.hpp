#pragma once
// What every result file says about where it comes from.
#include "driftwell/input/spec.hpp"
#include "driftwell/record/result_file.hpp"
#include "driftwell/run/commands.hpp"

namespace driftwell::run {

/// Attributes of the root, those known before anything is computed.
void write_root(record::ResultFile& file, const input::Spec& spec, const RunOptions& options);

} // namespace driftwell::run

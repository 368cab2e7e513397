#pragma once
// What the root of every result file says.
#include "driftwell/input/spec.hpp"
#include "driftwell/record/result_file.hpp"

#include <string>

namespace driftwell::run {

/// `command`: as typed.
void write_root(record::ResultFile& file, const input::Spec& spec, const std::string& command);

} // namespace driftwell::run

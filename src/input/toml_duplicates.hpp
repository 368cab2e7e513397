#pragma once
// A key or a section given twice: the parser names the second place, a person needs both.
#include "input/toml_tree.hpp"

namespace driftwell::input {

/// For a "cannot redefine existing ..." error.
[[nodiscard]] InvalidExperiment duplicate_error(const std::shared_ptr<const Source>& source, const SyntaxError& error);

} // namespace driftwell::input

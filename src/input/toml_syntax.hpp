#pragma once
// Syntax errors in plain words: what the person meant, rather than the state the parser was in.
#include "input/toml_tree.hpp"

namespace driftwell::input {

[[nodiscard]] InvalidExperiment syntax_error(const std::shared_ptr<const Source>& source, const SyntaxError& error);

} // namespace driftwell::input

#pragma once
// Where every character of a TOML string stands in the file, so that a caret can point into an expression.
#include "driftwell/input/spec.hpp"
#include "input/toml_tree.hpp"

namespace driftwell::input {

/// A string, or a number taken as text, with the positions of its characters (none where they cannot be matched).
[[nodiscard]] Text make_text(const Node& node);

/// A key as text.
[[nodiscard]] Text make_text(const Member& member);

} // namespace driftwell::input

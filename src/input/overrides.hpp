#pragma once
// --set section.key=value: changes the tree before it is validated, so that an override is judged like the file.
#include "input/toml_tree.hpp"

namespace driftwell::input {

/// Puts one override into the tree, in place of what is there. Tables on the way are created; everything it puts
/// there has its origin in a Source named "--set <argument>". Throws UsageError without '=' or key.
void apply_override(Node& tree, const std::string& argument);

} // namespace driftwell::input

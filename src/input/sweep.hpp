#pragma once
// What read.cpp needs of a sweep.
#include "driftwell/input/spec.hpp"
#include "input/toml_tree.hpp"

#include <string>

namespace driftwell::input {

/// [sweep] of a file whose other sections are in `tree`.
[[nodiscard]] SweepSpec read_sweep(const Node& section, const Origin& origin, const Node& tree);

/// Takes [sweep] out of the tree and puts its values of one point in their places, each with its origin in the list of the sweep.
void place_values(Node& tree, const SweepSpec& spec, std::size_t point);

/// A value as it might be spelled in a file.
[[nodiscard]] std::string spelled(const Node& node);

} // namespace driftwell::input

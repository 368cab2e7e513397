#pragma once
// What can be said before a run about whether it stays where it is.
#include "build_sgd.hpp"

#include <string>
#include <vector>

namespace driftwell::run {

/// Sentences of warning: a parabola without a minimum, steps that are too long for its curvature, replicas without error bars.
[[nodiscard]] std::vector<std::string> stability_warnings(const input::SgdSpec& spec, const SgdProblem& problem);

} // namespace driftwell::run

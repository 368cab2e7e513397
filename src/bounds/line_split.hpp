#pragma once
// The log-Sobolev constant of a law with several wells on a line, from below, by splitting it at the barriers.
#include "driftwell/bounds/log_sobolev.hpp"

#include "convexification_parts.hpp"

namespace driftwell::bounds {

/// rho = 0: no barrier to split at, an infinite interval, or f is not continuous.
[[nodiscard]] LowerBound split_line(const LineOf& f, double temperature, const Interval& domain);

} // namespace driftwell::bounds

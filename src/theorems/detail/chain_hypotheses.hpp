#pragma once
// That the chain on the grid is what theorems about Markov processes presume.
#include "driftwell/theorems/density_evidence.hpp"

#include <vector>

namespace driftwell::theorems {

/// Rates >= 0; columns that sum to 0; Q p_ss = 0, to rounding.
[[nodiscard]] std::vector<Hypothesis> chain_hypotheses(const Level& level);

} // namespace driftwell::theorems

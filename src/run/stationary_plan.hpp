#pragma once
// How section [stationary] goes about one grid: by elimination, or iteratively where that does not fit or takes too long.
#include "driftwell/run/density_run.hpp"
#include "driftwell/stationary/steady_state.hpp"

namespace driftwell::run {

struct StationaryPlan {
  SteadyMethod steady = SteadyMethod::automatic;
  bool iterative = false;        ///< passages, committors and eigenfunctions
  bool elimination_fits = true;  ///< in memory: to fall back on where iterations do not get there
  CostEstimate cost{};           ///< of the way taken
};

/// `method` as asked for; "auto" iterates where the factors do not fit into the memory there is, or would take more than 20 s and longer.
[[nodiscard]] StationaryPlan plan_stationary(const input::StationarySpec& spec, const Model& model, const Grid& grid);

/// Throws NumericalFailure, with the largest grid of the same proportions that fits, where not even the plan does.
void require_memory(const input::StationarySpec& spec, const Model& model, const Grid& grid);

} // namespace driftwell::run

#pragma once
// How section [stationary] goes about one grid: by elimination, or iteratively where that does not fit or takes too long.
#include "driftwell/generator/generator.hpp"
#include "driftwell/run/density_run.hpp"
#include "driftwell/stationary/steady_state.hpp"

namespace driftwell::run {

struct StationaryPlan {
  SteadyMethod steady = SteadyMethod::automatic;
  bool iterative = false;        ///< passages, committors and eigenfunctions
  bool elimination_fits = true;  ///< in memory: to fall back on where iterations do not get there
  CostEstimate cost{};           ///< of the way taken
};

/// What the chain, not the model, says of itself: a tilt around a period drives a current under a potential, too.
struct ChainKind {
  bool gibbs;      ///< exp(-f/T) is stationary
  bool reversible; ///< detailed balance
};
[[nodiscard]] ChainKind kind_of(const Model& model, const Generator& generator);

/// `method` as asked for; "auto" iterates where the factors do not fit into the `available` bytes, or would take more than 20 s and longer than iterations.
[[nodiscard]] StationaryPlan plan_stationary(const input::StationarySpec& spec, const ChainKind& chain, const Grid& grid, double available);
/// Of the grid and the coarser ones for its error bars, one after the other, in the memory there is; the chain of a coarse grid is asked for its kind.
[[nodiscard]] CostEstimate stationary_cost(const input::Spec& spec, const Model& model, const Grid& grid);

/// Throws NumericalFailure, with the largest grid of the same proportions that fits, where not even the plan does.
void require_memory(const input::Spec& spec, const Model& model, const Grid& grid);

} // namespace driftwell::run

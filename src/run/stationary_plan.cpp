#include "stationary_plan.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/run/memory.hpp"
#include "fitting_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

/// Iterations take over where elimination takes longer, in processor seconds, and they do not.
constexpr double longest_elimination = 20;

struct Parts {
  bool closed, passages;
  double modes; ///< how many
};

Parts parts_of(const input::StationarySpec& spec, const Model& model, const Grid& grid) {
  const std::string& method = spec.method.value;
  return {model.gibbs() && !grid.absorbing() && (method == "auto" || method == "closed_form"), spec.target || grid.absorbing(),
          static_cast<double>(spec.eigenvalues.value)};
}

/// Fits to processor seconds and peaks of whole runs with 4 eigenvalues or with source and target, force and gradient, 128^2, 320^2, 20^3, 28^3, 40^3 and (by
/// iteration) 64^3 cells, T = 0.1 in [-2, 2]^d, on a server core of 2023: all within a factor of 2. Low temperatures, strong forces and slow modes
/// next to each other take more.
CostEstimate by_elimination(const Parts& parts, const Model& model, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size()), m = parts.modes;
  const FactorEstimate factor = estimate_factor(grid, SparseFactor::Kind::general);
  const bool turns = !model.gradient_system();
  // Out of detailed balance two factors for Arnoldi's method and one for the tails, and some hundred solves, each reading its factor.
  const double factors = (parts.passages ? 1 : 0) + (steady ? 1 : 0) + (m > 0 ? (turns ? 3 : 0.5) : 0);
  const double solves = m > 0 ? (turns ? 3.3e-8 * (0.6 + 0.1 * m) : 5e-9 * (0.6 + 0.1 * m)) * factor.bytes : 0;
  const double vectors = 60 + 16 * m;
  return {factors * (1e-10 * factor.operations + 5e-6 * n) + solves + n * (2e-6 + vectors * 2e-8),
          (factors > 0 ? (m > 0 && turns ? 1.5 : 1) * factor.bytes : 0) + 8 * n * (m > 0 ? vectors : 30)};
}

/// Chain, two hierarchies and the vectors of a window; Davidson's vectors, their images and the functions found. In detailed balance modes take cycles, whose number hardly
/// depends on the grid, else products, whose number grows like the cells along an axis.
CostEstimate by_iteration(const Parts& parts, const Model& model, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size()), m = parts.modes;
  double longest = 1;
  for (const Axis& axis : grid.axes()) longest = std::max(longest, static_cast<double>(axis.cells));
  const double products = grid.dimension() < 3 ? 4.5e-5 + 4.5e-7 * longest : 3e-5 + 2e-6 * longest;
  const double modes = m > 0 ? (m + 2) * (model.gradient_system() ? 9e-6 : products / 6) : 0;
  return {n * (2e-6 + (steady ? 8e-6 : 0) + (parts.passages ? 4e-5 : 0) + modes), 7e6 + 8 * n * std::max(70.0, m > 0 ? 60 + 16 * m : 0)};
}

} // namespace

StationaryPlan plan_stationary(const input::StationarySpec& spec, const Model& model, const Grid& grid) {
  const Parts parts = parts_of(spec, model, grid);
  const std::string& method = spec.method.value;
  StationaryPlan plan;
  for (const auto candidate : {SteadyMethod::closed_form, SteadyMethod::state_reduction, SteadyMethod::direct, SteadyMethod::iterative})
    if (method == name_of(candidate)) plan.steady = candidate;
  const double available = available_memory();
  const CostEstimate direct = by_elimination(parts, model, grid, !parts.closed && method != "iterative");
  plan.elimination_fits = direct.bytes < available;
  const bool demanded = method == "state_reduction" || method == "direct", solves = parts.passages || parts.modes > 0;
  const bool slow = solves && direct.seconds > longest_elimination && by_iteration(parts, model, grid, !parts.closed).seconds < direct.seconds;
  plan.iterative = method == "iterative" || (!demanded && (!plan.elimination_fits || slow));
  const CostEstimate law = by_elimination({false, false, 0}, model, grid, true);
  if (method == "auto" && !parts.closed && (!plan.elimination_fits || (slow && law.seconds > longest_elimination))) plan.steady = SteadyMethod::iterative;
  plan.cost = plan.iterative ? by_iteration(parts, model, grid, plan.steady == SteadyMethod::iterative) : direct;
  if (plan.iterative && !parts.closed && plan.steady != SteadyMethod::iterative) // a law that still is eliminated
    plan.cost = {plan.cost.seconds + law.seconds, std::max(plan.cost.bytes, law.bytes)};
  return plan;
}

void require_memory(const input::StationarySpec& spec, const Model& model, const Grid& grid) {
  const double bytes = plan_stationary(spec, model, grid).cost.bytes;
  if (bytes <= available_memory()) return;
  const std::string advice = fitting_cells(grid, [&](const Grid& smaller) { return plan_stationary(spec, model, smaller).cost.bytes <= available_memory(); });
  throw NumericalFailure(fmt::format("[stationary] with {} cells needs about {:.3g} GB, {}. {}{}", cells_text(grid), bytes / 1e9, memory_words(),
                                     advice,
                                     spec.method.value == "state_reduction" || spec.method.value == "direct" ? ", or method = \"iterative\"." : "."));
}

} // namespace driftwell::run

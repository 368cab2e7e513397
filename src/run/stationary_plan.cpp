#include "stationary_plan.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/memory.hpp"
#include "fitting_grid.hpp"
#include "fokker_planck.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

/// Iterations take over where elimination takes longer, in processor seconds, and they do not.
constexpr double longest_elimination = 20;

constexpr std::size_t probe_cells = 4000; ///< of the grid whose chain is asked for its kind

struct Parts {
  bool closed, passages, reversible;
  double modes; ///< how many
};

Parts parts_of(const input::StationarySpec& spec, const ChainKind& chain, const Grid& grid) {
  const std::string& method = spec.method.value;
  return {chain.gibbs && (method == "auto" || method == "closed_form"), spec.target || grid.absorbing(), chain.reversible, static_cast<double>(spec.eigenvalues.value)};
}

ChainKind probed(const input::Spec& spec, const Model& model, const Grid& grid) {
  Grid probe = grid;
  while (probe.size() > probe_cells) probe = probe.coarsened();
  return kind_of(model, build_chain(spec, model, probe));
}

/// Fits to processor seconds and peaks of whole runs with 4 eigenvalues or with source and target, force and gradient, 128^2, 320^2, 20^3, 28^3, 40^3 and (by
/// iteration) 64^3 cells, T = 0.1 in [-2, 2]^d, on a server core of 2023: all within a factor of 2. Low temperatures, strong forces and slow modes
/// next to each other take more.
CostEstimate by_elimination(const Parts& parts, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size()), m = parts.modes;
  const FactorEstimate factor = estimate_factor(grid, SparseFactor::Kind::general);
  const bool turns = !parts.reversible;
  // Out of detailed balance two factors for Arnoldi's method and one for the tails, and some hundred solves, each reading its factor.
  const double factors = (parts.passages ? 1 : 0) + (steady ? 1 : 0) + (m > 0 ? (turns ? 3 : 0.5) : 0);
  const double solves = m > 0 ? (turns ? 3.3e-8 * (0.6 + 0.1 * m) : 5e-9 * (0.6 + 0.1 * m)) * factor.bytes : 0;
  const double vectors = 60 + 16 * m;
  return {factors * (1e-10 * factor.operations + 5e-6 * n) + solves + n * (2e-6 + vectors * 2e-8),
          (factors > 0 ? (m > 0 && turns ? 1.5 : 1) * factor.bytes : 0) + 8 * n * (m > 0 ? vectors : 30)};
}

/// Chain, two hierarchies and the vectors of a window; Davidson's vectors, their images and the functions found. In detailed balance modes take cycles, whose number hardly
/// depends on the grid, else products, whose number grows like the cells along an axis.
CostEstimate by_iteration(const Parts& parts, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size()), m = parts.modes;
  double longest = 1;
  for (const Axis& axis : grid.axes()) longest = std::max(longest, static_cast<double>(axis.cells));
  const double products = grid.dimension() < 3 ? 4.5e-5 + 4.5e-7 * longest : 3e-5 + 2e-6 * longest;
  const double modes = m > 0 ? (m + 2) * (parts.reversible ? 9e-6 : products / 6) : 0;
  return {n * (2e-6 + (steady ? 8e-6 : 0) + (parts.passages ? 4e-5 : 0) + modes), 7e6 + 8 * n * std::max(70.0, m > 0 ? 60 + 16 * m : 0)};
}

} // namespace

ChainKind kind_of(const Model& model, const Generator& generator) { return {gibbs_on(model, generator), generator.reversible()}; }

StationaryPlan plan_stationary(const input::StationarySpec& spec, const ChainKind& chain, const Grid& grid, double available) {
  const Parts parts = parts_of(spec, chain, grid);
  const std::string& method = spec.method.value;
  StationaryPlan plan;
  for (const auto candidate : {SteadyMethod::closed_form, SteadyMethod::state_reduction, SteadyMethod::direct, SteadyMethod::iterative})
    if (method == name_of(candidate)) plan.steady = candidate;
  const CostEstimate direct = by_elimination(parts, grid, !parts.closed && method != "iterative");
  plan.elimination_fits = direct.bytes < available;
  const bool demanded = method == "state_reduction" || method == "direct", eliminates = parts.passages || parts.modes > 0 || !parts.closed;
  const bool slow = eliminates && direct.seconds > longest_elimination && by_iteration(parts, grid, !parts.closed).seconds < direct.seconds;
  plan.iterative = method == "iterative" || (!demanded && (!plan.elimination_fits || slow));
  const CostEstimate law = by_elimination({false, false, parts.reversible, 0}, grid, true);
  if (method == "auto" && !parts.closed && (!plan.elimination_fits || (slow && law.seconds > longest_elimination))) plan.steady = SteadyMethod::iterative;
  plan.cost = plan.iterative ? by_iteration(parts, grid, plan.steady == SteadyMethod::iterative) : direct;
  if (plan.iterative && !parts.closed && plan.steady != SteadyMethod::iterative) // a law that still is eliminated
    plan.cost = {plan.cost.seconds + law.seconds, std::max(plan.cost.bytes, law.bytes)};
  return plan;
}

CostEstimate stationary_cost(const input::Spec& spec, const Model& model, const Grid& grid) {
  const ChainKind chain = probed(spec, model, grid);
  CostEstimate cost{};
  for (const Grid& each : halvings(grid)) {
    const CostEstimate part = plan_stationary(*spec.stationary, chain, each, available_memory()).cost;
    cost = {cost.seconds + part.seconds, std::max(cost.bytes, part.bytes)};
  }
  return cost;
}

void require_memory(const input::Spec& spec, const Model& model, const Grid& grid) {
  const ChainKind chain = probed(spec, model, grid); // the same for every number of cells
  const double available = available_memory();
  const auto bytes_of = [&](const Grid& any) { return plan_stationary(*spec.stationary, chain, any, available).cost.bytes; };
  const double bytes = bytes_of(grid);
  if (bytes <= available) return;
  const std::string& method = spec.stationary->method.value;
  throw NumericalFailure(fmt::format("[stationary] with {} cells needs about {:.3g} GB, {}. {}{}", cells_text(grid), bytes / 1e9, memory_words(),
                                     fitting_cells(grid, [&](const Grid& smaller) { return bytes_of(smaller) <= available; }),
                                     method == "state_reduction" || method == "direct" ? ", or method = \"iterative\"." : "."));
}

} // namespace driftwell::run

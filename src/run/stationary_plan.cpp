#include "stationary_plan.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/memory.hpp"
#include "fitting_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace driftwell::run {

namespace {

/// One factor of so many operations takes half a minute.
constexpr double longest_elimination = 1e11;

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

/// Rough: elimination keeps both triangles of its fronts, eigenvalues a factor and, out of detailed balance, 300 vectors.
CostEstimate by_elimination(const Parts& parts, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size());
  const FactorEstimate factor = estimate_factor(grid, SparseFactor::Kind::general);
  const double factors = (parts.passages ? 1 : 0) + (parts.modes > 0 ? 2 : 0) + (steady ? 1 : 0);
  const double vectors = 60 + (parts.modes > 0 ? 32 * parts.modes + (parts.reversible ? 60 : 300) : 0);
  return {factors * factor.operations / 1e9 + n * vectors * 2e-8, (factors > 0 ? std::min(factors, 2.0) * factor.bytes : 0) + 8 * n * vectors};
}

/// Chain, two hierarchies and the vectors of a window; Davidson's or Arnoldi's vectors and the functions found.
CostEstimate by_iteration(const Parts& parts, const Grid& grid, bool steady) {
  const double n = static_cast<double>(grid.size());
  const double vectors = 75 + (parts.modes > 0 ? (parts.reversible ? 12 * parts.modes + 30 : 8 * parts.modes + 130) : 0);
  const double cycles = (steady ? 40 : 0) + (parts.passages ? 250 : 0) + (parts.modes > 0 ? (parts.reversible ? 150 : 1500) * parts.modes : 0);
  return {n * (2e-6 + cycles * 1.5e-7), 8 * n * vectors};
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
  const bool demanded = method == "state_reduction" || method == "direct", solves = parts.passages || parts.modes > 0;
  plan.iterative = method == "iterative" ||
                   (!demanded && (!plan.elimination_fits || (solves && estimate_factor(grid, SparseFactor::Kind::general).operations > longest_elimination)));
  if (method == "auto" && !parts.closed && !plan.elimination_fits) plan.steady = SteadyMethod::iterative;
  plan.cost = plan.iterative ? by_iteration(parts, grid, plan.steady == SteadyMethod::iterative) : direct;
  if (plan.iterative && !parts.closed && plan.steady != SteadyMethod::iterative) { // a law that still is eliminated
    const CostEstimate law = by_elimination({false, false, parts.reversible, 0}, grid, true);
    plan.cost = {plan.cost.seconds + law.seconds, std::max(plan.cost.bytes, law.bytes)};
  }
  return plan;
}

StationaryPlan plan_stationary(const input::Spec& spec, const Model& model, const Grid& grid) {
  return plan_stationary(*spec.stationary, probed(spec, model, grid), grid, available_memory());
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

#include "driftwell/propagators/propagator.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(PropagatorCatalogue)

namespace {

std::string megabytes(double bytes) { return fmt::format("{:.3g} MB", bytes / 1e6); }

} // namespace

Choice choose_propagator(const std::string& name, const EvolutionProblem& problem, double memory) {
  if (name != "auto") {
    const auto* item = PropagatorCatalogue::find(name);
    if (!item) throw std::invalid_argument("unknown propagator " + name);
    return {item->make(), name, "as asked"};
  }
  Choice best;
  double seconds = 0;
  std::string listing;
  for (const std::string& candidate : PropagatorCatalogue::names()) {
    auto propagator = PropagatorCatalogue::find(candidate)->make();
    if (!propagator->candidate()) continue;
    const CostEstimate cost = propagator->estimate(problem);
    const bool fits = cost.bytes < memory;
    listing += fmt::format("{}{} {:.2g} s, {}{}", listing.empty() ? "" : "; ", candidate, cost.seconds,
                           megabytes(cost.bytes), fits ? "" : " (does not fit)");
    if (fits && (!best.propagator || cost.seconds < seconds)) {
      seconds = cost.seconds;
      best.propagator = std::move(propagator);
      best.name = candidate;
    }
  }
  if (!best.propagator)
    throw NumericalFailure(fmt::format("no propagator fits into {} of free memory (estimated: {}). Use fewer cells.",
                                       megabytes(memory), listing));
  best.reason = "auto, by estimated cost: " + listing;
  return best;
}

} // namespace driftwell

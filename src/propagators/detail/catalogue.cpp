#include "driftwell/propagators/propagator.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(PropagatorCatalogue)

namespace {

std::string megabytes(double bytes) { return fmt::format("{:.3g} MB", bytes / 1e6); }

/// What `auto` chose, and the next candidate where that one cannot reach the tolerance (a start at a point far from the steady state
/// can ask more of the small matrix of krylov than it holds). Outputs that were reached are not given twice.
class WithSecond : public Propagator {
public:
  WithSecond(std::unique_ptr<Propagator> first, std::unique_ptr<Propagator> second, std::string second_name)
      : first_(std::move(first)), second_(std::move(second)), second_name_(std::move(second_name)) {}

  [[nodiscard]] CostEstimate estimate(const EvolutionProblem& problem) const override { return first_->estimate(problem); }

  EvolutionReport propagate(const EvolutionProblem& problem, const Observe& observe) const override {
    std::size_t done = 0;
    const Observe counted = [&](std::size_t index, const Eigen::VectorXd& p) {
      if (index < done) return;
      observe(index, p);
      done = index + 1;
    };
    try {
      return first_->propagate(problem, counted);
    } catch (const NumericalFailure& failure) {
      EvolutionReport report = second_->propagate(problem, counted);
      report.summary = fmt::format("{}: {}, after {}", second_name_, report.summary, failure.what());
      return report;
    }
  }

private:
  std::unique_ptr<Propagator> first_, second_;
  std::string second_name_;
};

} // namespace

Choice choose_propagator(const std::string& name, const EvolutionProblem& problem, double memory) {
  if (name != "auto") {
    const auto* item = PropagatorCatalogue::find(name);
    if (!item) throw std::invalid_argument("unknown propagator " + name);
    auto propagator = item->make();
    const double bytes = propagator->estimate(problem).bytes;
    if (bytes > memory)
      throw NumericalFailure(fmt::format("{} needs about {}, more than the {} it may take. Use fewer cells, or propagator = \"chebyshev\".", name, megabytes(bytes),
                                         megabytes(memory)));
    return {std::move(propagator), name, "as asked", bytes};
  }
  Choice best;
  std::string other;
  double seconds = 0;
  std::string listing;
  for (const std::string& candidate : PropagatorCatalogue::names()) {
    auto propagator = PropagatorCatalogue::find(candidate)->make();
    if (!propagator->candidate() || !propagator->applies(problem)) continue;
    const CostEstimate cost = propagator->estimate(problem);
    const bool fits = cost.bytes < memory;
    listing += fmt::format("{}{} {:.2g} s, {}{}", listing.empty() ? "" : "; ", candidate, cost.seconds,
                           megabytes(cost.bytes), fits ? "" : " (does not fit)");
    if (!fits) continue;
    if (best.propagator && cost.seconds >= seconds) {
      other = candidate;
    } else {
      other = best.name;
      seconds = cost.seconds;
      best.propagator = std::move(propagator);
      best.name = candidate;
      best.bytes = cost.bytes;
    }
  }
  if (!best.propagator)
    throw NumericalFailure(fmt::format("no propagator fits into {} of free memory (estimated: {}). Use fewer cells.",
                                       megabytes(memory), listing));
  best.reason = "auto, by estimated cost: " + listing;
  if (!other.empty()) best.propagator = std::make_unique<WithSecond>(std::move(best.propagator), PropagatorCatalogue::find(other)->make(), other);
  return best;
}

} // namespace driftwell

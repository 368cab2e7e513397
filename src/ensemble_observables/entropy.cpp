// H by Kozachenko-Leonenko (estimators/entropy.hpp) from the first particles of the cloud.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleEntropy : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.has_entropy(); }
  [[nodiscard]] std::string long_name() const override { return "differential entropy, -int rho log rho, nats, from nearest neighbours"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    if (!state.reference.has_potential()) return {state.entropy().entropy};
    return {state.free_energy().entropy}; // with the potential as control variate
  }
};

const EnsembleObservableCatalogue::Entry entry{"entropy", "entropy from nearest neighbours", [] { return std::make_unique<EnsembleEntropy>(); }};

} // namespace

} // namespace driftwell

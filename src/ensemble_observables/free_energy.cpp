// F = E Phi - T H, with the joint error of both parts.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleFreeEnergy : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.has_potential() && reference.has_entropy(); }
  [[nodiscard]] std::string long_name() const override { return "free energy, E[Phi] - T H"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return {state.free_energy().free_energy};
  }
};

const EnsembleObservableCatalogue::Entry entry{"free_energy", "free energy E[Phi] - T H", [] { return std::make_unique<EnsembleFreeEnergy>(); }};

} // namespace

} // namespace driftwell

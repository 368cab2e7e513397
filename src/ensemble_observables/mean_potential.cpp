// E Phi; Phi = f (+ |p|^2 / 2) where exp(-f/T) is the steady state, else interpolated on the grid of the density.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleMeanPotential : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.has_potential(); }
  [[nodiscard]] std::string long_name() const override { return "mean of the implicit potential, E[Phi]"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return {estimators::mean_of(state.potential(), "the implicit potential")};
  }
};

const EnsembleObservableCatalogue::Entry entry{"mean_potential", "mean of the implicit potential", [] { return std::make_unique<EnsembleMeanPotential>(); }};

} // namespace

} // namespace driftwell

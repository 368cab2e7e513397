// KL = -H + E Phi / T + log Z; near the steady state most of the noise of H and E Phi cancels.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleKl : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.has_potential() && reference.has_entropy() && reference.log_partition(); }
  [[nodiscard]] std::string long_name() const override { return "Kullback-Leibler divergence to the steady state, -H + E[Phi]/T + log Z, nats, from nearest neighbours"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return {*state.free_energy().kl};
  }
};

const EnsembleObservableCatalogue::Entry entry{"kl", "KL divergence to the steady state", [] { return std::make_unique<EnsembleKl>(); }};

} // namespace

} // namespace driftwell

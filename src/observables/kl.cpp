// KL = sum_k c_k log(c_k / p_ss,k), nats.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class Kl : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "Kullback-Leibler divergence to the steady state, int rho log(rho/rho_ss), nats"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return {state.averages.kl}; }
};

const ObservableCatalogue::Entry entry{"kl", "KL divergence to the steady state", [] { return std::make_unique<Kl>(); }};

} // namespace

} // namespace driftwell

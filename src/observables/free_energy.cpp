// F = E[Phi] - T H. F - F_ss = T KL with F_ss = -T log Z.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class FreeEnergy : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "free energy, E[Phi] - T H"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    return {state.averages.potential + state.dynamics.temperature() * state.averages.log_density()};
  }
};

const ObservableCatalogue::Entry entry{"free_energy", "free energy F = E[Phi] - T H", [] { return std::make_unique<FreeEnergy>(); }};

} // namespace

} // namespace driftwell

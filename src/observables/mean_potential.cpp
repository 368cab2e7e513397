// E[Phi] with the implicit potential Phi = -T log rho_ss + constant.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class MeanPotential : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "mean implicit potential, E[Phi]"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return {state.averages.potential}; }
};

const ObservableCatalogue::Entry entry{"mean_potential", "mean implicit potential E[Phi]", [] { return std::make_unique<MeanPotential>(); }};

} // namespace

} // namespace driftwell

// I = int rho |grad log(rho/rho_ss)|^2_D = 4 int rho_ss |grad sqrt(rho/rho_ss)|^2_D, relative Fisher information.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class FisherInformation : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override {
    return "relative Fisher information, int rho |grad log(rho/rho_ss)|^2_D";
  }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return {state.dynamics.fisher_information(state)}; }
};

const ObservableCatalogue::Entry entry{"fisher_information", "relative Fisher information I",
                                       [] { return std::make_unique<FisherInformation>(); }};

} // namespace

} // namespace driftwell

// H = -sum_k c_k log(c_k / v), v the volume of a cell: the differential entropy in nats.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class Entropy : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "differential entropy, -int rho log rho, nats"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return {-state.averages.log_density()}; }
};

const ObservableCatalogue::Entry entry{"entropy", "differential entropy H", [] { return std::make_unique<Entropy>(); }};

} // namespace

} // namespace driftwell

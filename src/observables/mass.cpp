// sum_k p_k: 1 in a closed box, the survival probability with absorbing walls.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class Mass : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "total probability (survival probability with absorbing walls)"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    return {state.mass};
  }
};

const ObservableCatalogue::Entry entry{"mass", "total probability, or survival", [] { return std::make_unique<Mass>(); }};

} // namespace

} // namespace driftwell

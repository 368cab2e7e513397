// E x_i, standard error sqrt(S_ii / n).
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleMean : public EnsembleObservable {
public:
  [[nodiscard]] Shape shape() const override { return Shape::vector; }
  [[nodiscard]] std::string long_name() const override { return "mean of each variable over the particles"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return state.moments().mean;
  }
};

const EnsembleObservableCatalogue::Entry entry{"mean", "mean of each variable", [] { return std::make_unique<EnsembleMean>(); }};

} // namespace

} // namespace driftwell

// E f.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleMeanLoss : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.has_loss(); }
  [[nodiscard]] std::string long_name() const override { return "mean of the potential f as given"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return {estimators::mean_of(state.loss(), "the potential")};
  }
};

const EnsembleObservableCatalogue::Entry entry{"mean_loss", "mean of the potential f", [] { return std::make_unique<EnsembleMeanLoss>(); }};

} // namespace

} // namespace driftwell

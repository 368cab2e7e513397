// E[f] with the potential f that the user gave.
#include "driftwell/observables/observable.hpp"

namespace driftwell {

namespace {

class MeanLoss : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "mean of the given potential, E[f]"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override { return {state.averages.loss}; }
};

const ObservableCatalogue::Entry entry{"mean_loss", "mean of the given potential E[f]", [] { return std::make_unique<MeanLoss>(); }};

} // namespace

} // namespace driftwell

// Sliced W2 in any number of variables, to a cloud drawn from another law (estimators/wasserstein.hpp): root of the mean over directions of the
// W2^2 of projections, corrected for its bias; errors of both clouds.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/estimators/wasserstein.hpp"

#include <algorithm>

namespace driftwell {

namespace {

class SlicedWasserstein : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return !reference.sample.empty(); }
  [[nodiscard]] std::string long_name() const override { return "sliced Wasserstein-2 distance of the first particles to the law distance_to"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    std::vector<const double*> law;
    for (const auto& column : state.reference.sample) law.push_back(column.data());
    const std::size_t n = std::min(state.n, EnsembleReference::most_for_distance);
    return {estimators::sliced_wasserstein_2(state.columns, n, law, state.reference.sample[0].size()).distance.distance};
  }
};

const EnsembleObservableCatalogue::Entry entry{"sliced_wasserstein_2", "sliced Wasserstein-2 distance to the law distance_to", [] { return std::make_unique<SlicedWasserstein>(); }};

} // namespace

} // namespace driftwell

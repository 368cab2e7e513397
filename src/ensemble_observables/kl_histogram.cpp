// KL of the histogram on the density's grid, with Grassberger's correction of its bias; in one and two dimensions. Cells are
// merged until 25 particles would fall into each of the box, which makes KL smaller by O(h^2): what is compared are laws of
// cells, and /comparison bins the density the same way.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"
#include "driftwell/estimators/divergence.hpp"

namespace driftwell {

namespace {

class EnsembleKlHistogram : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.steady() && reference.grid()->dimension() <= 2; }
  [[nodiscard]] std::string long_name() const override { return "Kullback-Leibler divergence of the histogram to the steady state of the merged cells, nats"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    const MergedCells cells(*state.reference.grid(), state.started);
    const auto q = cells.log_probabilities(state.reference.steady()->log_p);
    return {estimators::kl_histogram(estimators::histogram(cells.grid(), state.columns, state.n), q).kl};
  }
};

const EnsembleObservableCatalogue::Entry entry{"kl_histogram", "KL divergence of the histogram on merged cells", [] { return std::make_unique<EnsembleKlHistogram>(); }};

} // namespace

} // namespace driftwell

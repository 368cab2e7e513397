// W2 between the empirical law and the steady state in one dimension, corrected for its bias (estimators/wasserstein.hpp).
#include "driftwell/ensemble_observables/ensemble_observable.hpp"
#include "driftwell/estimators/wasserstein.hpp"

namespace driftwell {

namespace {

class EnsembleWasserstein : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override {
    return reference.steady() && reference.grid()->dimension() == 1 && !reference.grid()->axis(0).periodic();
  }
  [[nodiscard]] std::string long_name() const override { return "Wasserstein-2 distance of the particles to the steady state"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    const Axis& axis = state.reference.grid()->axis(0);
    std::vector<double> faces(axis.cells + 1);
    for (std::size_t i = 0; i <= axis.cells; ++i) faces[i] = axis.face(i);
    const Eigen::VectorXd& p = state.reference.steady()->p;
    return {estimators::wasserstein_2_to_density({state.columns[0], state.n}, faces, {p.data(), axis.cells}).distance};
  }
};

const EnsembleObservableCatalogue::Entry entry{"wasserstein_2", "Wasserstein-2 distance to the steady state", [] { return std::make_unique<EnsembleWasserstein>(); }};

} // namespace

} // namespace driftwell

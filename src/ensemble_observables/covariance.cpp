// S_ij, unbiased, with the error from joint fourth moments.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

namespace driftwell {

namespace {

class EnsembleCovariance : public EnsembleObservable {
public:
  [[nodiscard]] Shape shape() const override { return Shape::matrix; }
  [[nodiscard]] std::string long_name() const override { return "covariance of the variables over the particles"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    return state.moments().covariance;
  }
};

const EnsembleObservableCatalogue::Entry entry{"covariance", "covariance of the variables", [] { return std::make_unique<EnsembleCovariance>(); }};

} // namespace

} // namespace driftwell

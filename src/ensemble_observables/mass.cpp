// Survival: n / started, error of a binomial share.
#include "driftwell/ensemble_observables/ensemble_observable.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

class EnsembleMass : public EnsembleObservable {
public:
  [[nodiscard]] bool applies(const EnsembleReference& reference) const override { return reference.walls_absorb; }
  [[nodiscard]] std::string long_name() const override { return "share of the particles that no wall has absorbed"; }
  [[nodiscard]] std::vector<estimators::Estimate> evaluate(const EnsembleState& state) const override {
    const double all = static_cast<double>(state.started), p = static_cast<double>(state.n) / all;
    return {{p, std::sqrt(std::max(p * (1 - p), 0.25 / all) / all)}}; // none or all: not certain either
  }
};

const EnsembleObservableCatalogue::Entry entry{"mass", "share of particles not absorbed", [] { return std::make_unique<EnsembleMass>(); }};

} // namespace

} // namespace driftwell

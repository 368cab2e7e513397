// H = -sum_k c_k log(c_k / v), v the volume of a cell: the differential entropy in nats.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"

#include <cmath>

namespace driftwell {

namespace {

class Entropy : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "differential entropy, -int rho log rho, nats"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    const Grid& grid = state.grid();
    return {-deterministic_sum(state.grid().size(), [&](std::size_t cell) {
      const auto k = static_cast<Eigen::Index>(cell);
      return state.c[k] * (state.log_ratio[k] + state.steady.log_p[k] - grid.log_volume(cell)); // log c; 0 where c is 0
    })};
  }
};

const ObservableCatalogue::Entry entry{"entropy", "differential entropy H", [] { return std::make_unique<Entropy>(); }};

} // namespace

} // namespace driftwell

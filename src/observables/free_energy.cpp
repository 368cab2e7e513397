// F = E[Phi] - T H, as one sum. F - F_ss = T KL with F_ss = -T log Z.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"

#include <cmath>

namespace driftwell {

namespace {

class FreeEnergy : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "free energy, E[Phi] - T H"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    const Grid& grid = state.grid();
    const double T = state.dynamics.temperature();
    return {deterministic_sum(state.grid().size(), [&](std::size_t cell) {
      const auto k = static_cast<Eigen::Index>(cell);
      return state.c[k] * (state.steady.implicit_potential[k] + T * (state.log_ratio[k] + state.steady.log_p[k] - grid.log_volume(cell)));
    })};
  }
};

const ObservableCatalogue::Entry entry{"free_energy", "free energy F = E[Phi] - T H", [] { return std::make_unique<FreeEnergy>(); }};

} // namespace

} // namespace driftwell

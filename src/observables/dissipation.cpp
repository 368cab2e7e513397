// dKL/dt measured on the chain: sum_k (dc/dt)_k log(c_k / p_ss,k) with dc/dt = Q c + (loss of mass) c. Theory says -T I.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"

namespace driftwell {

namespace {

class Dissipation : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "rate of change of the KL divergence, dKL/dt (de Bruijn: -T I)"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    const Eigen::VectorXd flow = state.dynamics.rate_of_change(state.c);
    double loss = 0; // rate at which the survivors disappear, given back to all of them alike
    if (!state.dynamics.conservative()) loss = -flow.sum();
    return {deterministic_sum(state.grid().size(), [&](std::size_t cell) {
      const auto k = static_cast<Eigen::Index>(cell);
      return (flow[k] + loss * state.c[k]) * state.log_ratio[k];
    })};
  }
};

const ObservableCatalogue::Entry entry{"dissipation", "measured dKL/dt", [] { return std::make_unique<Dissipation>(); }};

} // namespace

} // namespace driftwell

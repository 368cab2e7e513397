// KL = sum_k c_k log(c_k / p_ss,k), nats. Summed as p_ss (r log r - r + 1) with r = c / p_ss: every term is >= 0, so the
// last digits of a small KL are right and rounding cannot make it rise.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"

#include <cmath>

namespace driftwell {

namespace {

class Kl : public DensityObservable {
public:
  [[nodiscard]] std::string long_name() const override { return "Kullback-Leibler divergence to the steady state, int rho log(rho/rho_ss), nats"; }
  [[nodiscard]] std::vector<double> evaluate(const DensityState& state) const override {
    return {deterministic_sum(state.grid().size(), [&](std::size_t cell) {
      const auto k = static_cast<Eigen::Index>(cell);
      const double c = state.c[k], q = state.steady.p[k];
      if (c <= 0) return q;
      const double d = (c - q) / q;
      if (std::abs(d) < 1e-3) return q * d * d * (0.5 + d * (-1.0 / 6 + d * (1.0 / 12 - d / 20)));
      return c * state.log_ratio[k] - c + q;
    })};
  }
};

const ObservableCatalogue::Entry entry{"kl", "KL divergence to the steady state", [] { return std::make_unique<Kl>(); }};

} // namespace

} // namespace driftwell

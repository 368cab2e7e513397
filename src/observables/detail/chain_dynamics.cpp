// On the chain: I = 4/T sum over edges of kappa (sqrt r_l - sqrt r_k)^2, r = c / p_ss, kappa the mean of the two steady flows
// over the edge; bounded also where c is rounding. Second order in h.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"

#include <cmath>

namespace driftwell {

namespace {

/// An edge where p_ss underflows: conductance * mean c * (difference of log r)^2. B(-z) - B(z) = z recovers the
/// conductance from the two rates.
double tail_edge(double up, double down, double c_mean, double log_step) {
  const double z = std::log(down / up);
  const double conductance = std::abs(z) > 1e-6 && std::isfinite(z) ? (down - up) / z : (up + down) / 2;
  return conductance * c_mean * log_step * log_step / 4;
}

} // namespace

double ChainDynamics::fisher_information(const DensityState& state) const {
  const Grid& grid = generator_.grid();
  const Eigen::VectorXd& q = state.steady.p;
  Eigen::VectorXd root(q.size());
#pragma omp parallel for schedule(static) if (grid.size() > 60000)
  for (Eigen::Index k = 0; k < q.size(); ++k) root[k] = q[k] > 1e-290 ? std::sqrt(state.c[k] / q[k]) : -1;
  const auto share = [&](Eigen::Index k, Eigen::Index l, double up, double down) {
    if (root[k] >= 0 && root[l] >= 0) {
      const double step = root[l] - root[k];
      return (q[k] * up + q[l] * down) / 2 * step * step;
    }
    const double mean = (state.c[k] + state.c[l]) / 2;
    return mean > 0 ? tail_edge(up, down, mean, state.log_ratio[l] - state.log_ratio[k]) : 0.0;
  };
  double total = 0;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Stencil::Edges& edges = generator_.rates().edges()[a];
    const auto runs = grid.edge_runs(a);
    std::vector<double> partial(runs.size());
#pragma omp parallel for schedule(static) if (grid.size() > 60000)
    for (std::size_t r = 0; r < runs.size(); ++r) {
      double sum = 0;
      for (std::size_t i = 0; i < runs[r].count; ++i) {
        const auto k = static_cast<Eigen::Index>(runs[r].first + i), l = static_cast<Eigen::Index>(runs[r].neighbour + i);
        sum += share(k, l, edges.up[k], edges.down_data()[k]);
      }
      partial[r] = sum;
    }
    for (const double sum : partial) total += sum;
  }
  const Stencil::Links& links = generator_.rates().links();
  total += deterministic_sum(links.size(), [&](std::size_t i) {
    return share(links.lower[i], links.upper[i], links.up[static_cast<Eigen::Index>(i)], links.down_data()[i]);
  });
  return 4 / generator_.temperature() * total;
}

} // namespace driftwell

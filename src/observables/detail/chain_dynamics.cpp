// On the chain: I = 4/T sum over edges of kappa (sqrt r_l - sqrt r_k)^2, r = c / p_ss, kappa the mean of the two steady flows
// over the edge; bounded also where c is rounding. Second order in h.
#include "driftwell/observables/observable.hpp"

#include "driftwell/core/reduce.hpp"
#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <array>
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

/// sqrt(c / q); -1 where q underflows.
DRIFTWELL_MULTIVERSION
void roots(const double* c, const double* q, double* root, std::size_t n) {
#pragma omp simd
  for (std::size_t k = 0; k < n; ++k) root[k] = q[k] > 1e-290 ? __builtin_sqrt(c[k] / q[k]) : -1.0;
}

/// n edges in a row: lower cells k, upper ones l.
struct EdgeRow {
  const double *root_k, *root_l, *q_k, *q_l, *up, *down;
};

/// Sum over edges without an end where p_ss underflows.
DRIFTWELL_MULTIVERSION
double row_sum(const EdgeRow& e, std::size_t n) {
  double lane[reduce_lanes] = {};
  const auto term = [&](std::size_t k) {
    const double step = e.root_l[k] - e.root_k[k];
    return (e.q_k[k] * e.up[k] + e.q_l[k] * e.down[k]) / 2 * step * step;
  };
  std::size_t k = 0;
  for (; k + reduce_lanes <= n; k += reduce_lanes)
    for (std::size_t l = 0; l < reduce_lanes; ++l) lane[l] += term(k + l);
  for (std::size_t l = 0; k < n; ++k, ++l) lane[l] += term(k);
  double sum = 0;
  for (const double part : lane) sum += part;
  return sum;
}

} // namespace

double ChainDynamics::fisher_information(const DensityState& state) const {
  const Grid& grid = generator_.grid();
  const Eigen::VectorXd& q = state.steady.p;
  Eigen::VectorXd root(q.size());
#pragma omp parallel for schedule(static) if (grid.size() > 60000)
  for (std::size_t first = 0; first < grid.size(); first += reduce_block)
    roots(state.c.data() + first, q.data() + first, root.data() + first, std::min(reduce_block, grid.size() - first));
  const bool underflows = !(q.minCoeff() > 1e-290);
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
      const std::size_t first = runs[r].first, next = runs[r].neighbour;
      if (!underflows) {
        partial[r] = row_sum({root.data() + first, root.data() + next, q.data() + first, q.data() + next, edges.up.data() + first, edges.down_data() + first},
                             runs[r].count);
        continue;
      }
      for (std::size_t i = 0; i < runs[r].count; ++i) {
        const auto k = static_cast<Eigen::Index>(first + i), l = static_cast<Eigen::Index>(next + i);
        partial[r] += share(k, l, edges.up[k], edges.down_data()[k]);
      }
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

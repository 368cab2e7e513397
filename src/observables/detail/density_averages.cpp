// The one sweep that most observables read from. KL is summed as p_ss (r log r - r + 1) with r = c / p_ss: every term is >= 0, so
// the last digits of a small KL are right and rounding cannot make it rise; near r = 1 the series in r - 1 is taken.
#include "density_averages.hpp"

#include "driftwell/core/elementary.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <array>

namespace driftwell {

namespace {

/// Cells whose arrays stay in the first cache between one loop and the next.
constexpr std::size_t strip = 512;
static_assert(reduce_block % strip == 0 && strip % reduce_lanes == 0);

/// A block of cells, from its first on.
struct Block {
  const double *p, *q, *log_q, *potential, *loss;
  double *c, *log_ratio;
};

/// c and, where it is 0, the smallest number in its place: x log x is 0 there whatever the logarithm.
DRIFTWELL_MULTIVERSION
void clip(const double* p, double scale, double* c, double* positive, std::size_t n) {
  _Pragma("GCC ivdep") for (std::size_t k = 0; k < n; ++k) {
    const double raw = p[k] * scale;
    c[k] = raw > 0 ? raw : 0.0;
    positive[k] = raw > 1e-307 ? raw : 1e-307;
  }
}

DRIFTWELL_MULTIVERSION
void log_ratios(const double* positive, const double* log_q, double* log_ratio, std::size_t n) {
  _Pragma("GCC ivdep") for (std::size_t k = 0; k < n; ++k) log_ratio[k] = math::log(positive[k]);
  _Pragma("GCC ivdep") for (std::size_t k = 0; k < n; ++k) log_ratio[k] -= log_q[k];
}

DRIFTWELL_MULTIVERSION
void kl_terms(const double* c, const double* q, const double* log_ratio, double* kl, std::size_t n) {
  _Pragma("GCC ivdep") for (std::size_t k = 0; k < n; ++k) {
    const double d = (c[k] - q[k]) / q[k];
    const double series = q[k] * d * d * (0.5 + d * (-1.0 / 6 + d * (1.0 / 12 - d / 20)));
    const double whole = c[k] * log_ratio[k] - c[k] + q[k];
    kl[k] = math::magnitude(d) < 1e-3 ? series : whole;
  }
}

DRIFTWELL_MULTIVERSION
double sum_of(const double* a, std::size_t n) {
  double lane[reduce_lanes] = {};
  std::size_t k = 0;
  for (; k + reduce_lanes <= n; k += reduce_lanes)
    for (std::size_t l = 0; l < reduce_lanes; ++l) lane[l] += a[k + l];
  for (std::size_t l = 0; k < n; ++k, ++l) lane[l] += a[k];
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

DRIFTWELL_MULTIVERSION
double dot(const double* a, const double* b, std::size_t n) {
  double lane[reduce_lanes] = {};
  std::size_t k = 0;
  for (; k + reduce_lanes <= n; k += reduce_lanes)
    for (std::size_t l = 0; l < reduce_lanes; ++l) lane[l] += a[k + l] * b[k + l];
  for (std::size_t l = 0; k < n; ++k, ++l) lane[l] += a[k] * b[k];
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

constexpr std::size_t sums = 5; // in the order of DensityState::Averages, the volume left out

std::array<double, sums> sweep(const Block& block, std::size_t n, double scale) {
  double positive[strip], kl[strip];
  std::array<double, sums> total{};
  for (std::size_t first = 0; first < n; first += strip) {
    const Block b{block.p + first, block.q + first, block.log_q + first, block.potential + first, block.loss + first, block.c + first, block.log_ratio + first};
    const std::size_t count = std::min(strip, n - first);
    clip(b.p, scale, b.c, positive, count);
    log_ratios(positive, b.log_q, b.log_ratio, count);
    kl_terms(b.c, b.q, b.log_ratio, kl, count);
    const std::array<double, sums> part{dot(b.c, b.log_ratio, count), dot(b.c, b.log_q, count), dot(b.c, b.potential, count), dot(b.c, b.loss, count), sum_of(kl, count)};
    for (std::size_t s = 0; s < sums; ++s) total[s] += part[s];
  }
  return total;
}

double average_log_volume(const Grid& grid, const Eigen::VectorXd& c) {
  if (grid.uniform()) return grid.log_volume(0) * deterministic_sum(grid.size(), [&](std::size_t k) { return c[static_cast<Eigen::Index>(k)]; });
  // Row by row: along one only the width of the last axis changes.
  const Axis& last = grid.axis(grid.dimension() - 1);
  std::vector<double> log_width(last.cells);
  for (std::size_t i = 0; i < last.cells; ++i) log_width[i] = std::log(last.width(i));
  return deterministic_sum(grid.size() / last.cells, [&](std::size_t row) {
    const std::size_t first = row * last.cells;
    const double rest = grid.log_volume(first) - log_width[0];
    double sum = 0;
    for (std::size_t i = 0; i < last.cells; ++i) sum += c[static_cast<Eigen::Index>(first + i)] * (rest + log_width[i]);
    return sum;
  });
}

} // namespace

void fill_state(const DensityState& state, Eigen::VectorXd& c, Eigen::VectorXd& log_ratio, DensityState::Averages& averages) {
  const double scale = state.dynamics.conservative() ? 1.0 : 1 / state.mass;
  const auto n = static_cast<std::size_t>(state.p.size());
  const std::size_t blocks = (n + reduce_block - 1) / reduce_block;
  std::vector<std::array<double, sums>> partial(blocks);
#pragma omp parallel for schedule(static) if (n > 60000)
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t first = b * reduce_block;
    const Block block{state.p.data() + first, state.steady.p.data() + first, state.steady.log_p.data() + first,
                      state.steady.implicit_potential.data() + first, state.loss.data() + first, c.data() + first, log_ratio.data() + first};
    partial[b] = sweep(block, std::min(reduce_block, n - first), scale);
  }
  std::array<double, sums> total{};
  for (const auto& part : partial)
    for (std::size_t s = 0; s < sums; ++s) total[s] += part[s];
  averages = {total[0], total[1], average_log_volume(state.grid(), c), total[2], total[3], total[4]};
}

} // namespace driftwell

#include "modal_evolution.hpp"

#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Powers of e.
constexpr double forgotten = 60;

/// The matrices one after the other, each along its axis.
void transform(const std::vector<AxisMatrix>& matrices, VectorXd& u, VectorXd& work) {
  for (const AxisMatrix& matrix : matrices) {
    matrix.multiply(u.data(), work.data());
    u.swap(work);
  }
}

} // namespace

void evolve_modes(const SpectralOperator& L, const VectorXd& w, const std::vector<double>& times,
                  const std::function<void(std::size_t, VectorXd&)>& observe) {
  const Grid& grid = L.grid();
  std::vector<AxisMatrix> analysis, synthesis;
  VectorXd rates = VectorXd::Zero(w.size());
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const AxisModes& modes = L.modes(a);
    const std::size_t cells = grid.axis(a).cells, stride = grid.stride(a), before = grid.size() / (cells * stride);
    analysis.emplace_back(modes.vectors.transpose(), before, stride);
    synthesis.emplace_back(modes.vectors, before, stride);
    for (Index k = 0; k < rates.size(); ++k) rates[k] += modes.rates[static_cast<Index>(static_cast<std::size_t>(k) / stride % cells)];
  }
  VectorXd start = w, work(w.size()), u(w.size());
  transform(analysis, start, work);
  start[0] = 0; // the steady state: of a distance from it, rounding
  double slowest = HUGE_VAL;
  for (Index k = 1; k < rates.size(); ++k) slowest = std::min(slowest, rates[k]);
  for (std::size_t i = 0; i < times.size(); ++i) {
    poll_interrupt();
    // What has died beside the slowest mode is left out; its remains would soon be denormal numbers, which cost a hundred times others.
    const double end = times[i] * slowest + forgotten;
    for (Index k = 0; k < rates.size(); ++k) u[k] = times[i] * rates[k] < end ? start[k] * std::exp(-times[i] * rates[k]) : 0;
    transform(synthesis, u, work);
    observe(i, u);
  }
}

} // namespace driftwell

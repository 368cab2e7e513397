#include "modal_evolution.hpp"

#include "axis_modes.hpp"
#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Powers of e.
constexpr double forgotten = 60;

} // namespace

void evolve_modes(const SpectralOperator& L, const VectorXd& w, const std::vector<double>& times,
                  const std::function<void(std::size_t, VectorXd&)>& observe) {
  const ModeBasis basis(L);
  const VectorXd& rates = basis.rates();
  VectorXd start = w, u(w.size());
  basis.analyse(start);
  start[0] = 0; // the steady state: of a distance from it, rounding
  const double slowest = rates.tail(rates.size() - 1).minCoeff();
  for (std::size_t i = 0; i < times.size(); ++i) {
    poll_interrupt();
    // What has died beside the slowest mode is left out; its remains would soon be denormal numbers, which cost a hundred times others.
    const double end = times[i] * slowest + forgotten;
    for (Index k = 0; k < rates.size(); ++k) u[k] = times[i] * rates[k] < end ? start[k] * std::exp(-times[i] * rates[k]) : 0;
    basis.synthesise(u);
    observe(i, u);
  }
}

} // namespace driftwell

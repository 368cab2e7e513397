#pragma once
// Through time: u(t) = exp(t L) u(0) in windows, each one rational Krylov space.
//
// In a window of length W the space is spanned by powers of (1 - tau L)^-1 on u, tau = W/10. The error of its solution is bounded by
// the residual of the evolution equation, (h/tau) (1 - tau L) v phi(s), through the variation of constants; since exp(tL) does not
// expand, error <= (h/tau) (int |phi - tau phi'| ds + tau (|phi(t)| + |phi(0)|)). Windows are halved until the bound keeps the
// tolerance and doubled where few vectors were enough: oscillations cost windows, slow decay does not.
#include "driftwell/kinetic/kinetic_operator.hpp"

#include <functional>
#include <vector>

namespace driftwell::kinetic {

struct KineticReport {
  int windows = 0, vectors = 0, factors = 0;
  double error = 0; ///< sum of the bounds, each relative to the norm of the deviation at the start of its window
};

/// Calls `observe` with every time of `times` (increasing, >= 0) in order. `tolerance`: of a window, relative to |u|. The bound is
/// proven where the model has no drive b0, an estimate where it has. Throws NumericalFailure when windows become too short to go on.
KineticReport evolve(const KineticOperator& L, const Eigen::VectorXd& start, const std::vector<double>& times, double tolerance,
                     const std::function<void(std::size_t index, const Eigen::VectorXd& u)>& observe);

} // namespace driftwell::kinetic

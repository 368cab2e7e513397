#pragma once
#include "driftwell/sgd/loss.hpp"

namespace driftwell::sgd {

struct Minimum {
  std::vector<double> weights;
  double loss = 0, gradient_norm = 0;
  std::size_t iterations = 0;
  bool converged = false; ///< |grad f| <= tolerance (1 + |f|), and no negative curvature was met in the last step
};

/// A local minimum of f over all samples below `start`: Newton steps in a trust region, each by conjugate gradients on exact Hessian
/// products (Steihaug, SIAM J. Numer. Anal. 20, 1983). f never rises. Throws NumericalFailure where f is not finite at the start.
[[nodiscard]] Minimum minimise(const Loss& loss, const std::vector<double>& start, double tolerance = 1e-10, std::size_t iterations = 200);

} // namespace driftwell::sgd

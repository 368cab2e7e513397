#pragma once
// exp(dt Q) p for a generator Q = a A + b B that changes from step to step, without its steady state: a Chebyshev expansion in the
// weights s = sqrt((w + p) / 2), w a guess of the steady state of Q. Where w is right and p near it the operator is
// nearly symmetric; elsewhere the polynomials may grow, which is watched: a span on which they grow too much is cut.
//
// exp(dt Q) is a Markov semigroup; what rounding and the truncation (both below `eps`) take from that is given back:
// negative cells become 0, and where no wall absorbs the sum is kept.
#include "driftwell/generator/chain_family.hpp"

#include <Eigen/Core>

#include <cstddef>

namespace driftwell {

class FrozenExponential {
public:
  FrozenExponential(double eps, bool conservative) : eps_(eps), conservative_(conservative) {}

  /// p <- exp(dt Q) p. `log_weight`: log w up to a constant. Throws NumericalFailure, Interrupted.
  void apply(const GeneratorSum& Q, const Eigen::VectorXd& log_weight, double dt, Eigen::VectorXd& p);
  [[nodiscard]] std::size_t products() const { return products_; }

private:
  [[nodiscard]] bool expand(const Stencil& A, double bound, double dt, Eigen::VectorXd& u);

  double eps_;
  bool conservative_;
  std::size_t products_ = 0;
  Eigen::VectorXd here_, before_, sum_;
};

} // namespace driftwell

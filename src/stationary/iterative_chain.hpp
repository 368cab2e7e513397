#pragma once
// What state reduction gives of a killed chain, in memory proportional to its states.
#include "aggregation_multigrid.hpp"

#include "driftwell/stationary/state_reduction.hpp"

#include <optional>

namespace driftwell {

/// A x = b (collected) and A^T y = c (occupied, solved as the chain run backwards, y = w x) by GMRES, preconditioned with
/// aggregation, in rounds between which residuals are formed in long doubles. Errors are bounds: A^-1 >= 0, so that a residual r with
/// |r| <= e g, g = A h, h > 0 means |x - A^-1 b| <= e h. Where b > 0, b itself is g and errors are relative to each entry; else g = kappa / 2
/// + 1 / max tau and h = 1 + tau / max tau, tau the mean time until killed (where every state is killed, just kappa / 2 and 1). The last bits of double corrections are what is left in the end, and grow with that time: past barriers of some 35 temperatures no bound below 1e-6 comes out.
class IterativeChain {
public:
  using Vector = StateReduction::Vector;

  /// log_weight: as AggregationMultigrid has it. `reversible`: detailed balance holds with these weights.
  IterativeChain(KilledRows rows, Eigen::VectorXd log_weight, bool reversible);

  /// `guess` of the solution. Throw NumericalFailure where errors (largest error over largest entry; of y: in units of w) do not fall below 1e-6.
  [[nodiscard]] Vector collected(const Vector& b, const Vector* guess = nullptr) const;
  [[nodiscard]] Vector occupied(const Vector& c, const Vector* guess = nullptr) const;

  /// The largest error so far, as a bound: relative to each entry where all of b was positive, else to the largest.
  [[nodiscard]] double error() const { return error_; }
  /// Cycles so far.
  [[nodiscard]] int cycles() const { return cycles_; }

private:
  enum class Way { forwards, backwards };
  struct Solution {
    Vector x;
    double residual; ///< max |r| / g
  };
  [[nodiscard]] const AggregationMultigrid& multigrid(Way way) const;
  [[nodiscard]] Vector residual(Way way, const Vector& b, const Vector& x) const;
  [[nodiscard]] Solution solve(Way way, const Vector& b, const Vector& scale, double enough, Vector guess) const;
  [[nodiscard]] Vector bounded(Way way, const Vector& b, Vector guess) const;
  [[nodiscard]] const Solution& lifetime(Way way) const;

  Eigen::VectorXd log_weight_;
  Vector weight_;
  bool reversible_;
  AggregationMultigrid forwards_;
  mutable std::optional<AggregationMultigrid> backwards_;
  mutable std::optional<Solution> lifetime_[2];
  mutable double error_ = 0;
  mutable int cycles_ = 0;
};

} // namespace driftwell

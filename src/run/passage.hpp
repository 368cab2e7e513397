#pragma once
// First-passage times of particles into the set where an expression is > 0; the particles go on.
//
// Between the ends of a step g(x) is taken for a Brownian bridge of variance 2 T dt grad g . D grad g, D at the start of the step: a path
// may have met the set and come back (Gobet 2000). Without noise in the positions (underdamped) the chord counts.
#include "driftwell/core/random.hpp"
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/estimators/estimate.hpp"
#include "driftwell/estimators/exit_times.hpp"
#include "driftwell/steppers/integrate.hpp"

#include <memory>
#include <span>
#include <vector>

namespace driftwell::run {

class Passage : public StepObserver {
public:
  /// `target` in the positions. `dynamics` must outlive it.
  Passage(const Dynamics& dynamics, const Expression& target, std::size_t particles, std::uint64_t seed);

  [[nodiscard]] std::unique_ptr<BlockObserver> on_blocks() override;

  /// Particles that are in the set when the run begins.
  void look(const Ensemble& ensemble, double t);
  /// Times so far, infinity where the set was not met.
  [[nodiscard]] std::span<double> times() { return times_; }
  [[nodiscard]] std::span<const double> times() const { return times_; }

  /// Probability of not having met the set at time t, the present one: Kaplan-Meier, those that a wall absorbed being watched until
  /// then; error by Greenwood's formula.
  [[nodiscard]] estimators::Estimate not_yet_passed(const Ensemble& ensemble, double t) const;
  /// Statistics of the times. Throws NumericalFailure where there are too few.
  [[nodiscard]] estimators::ExitTimes statistics(const Ensemble& ensemble, double t) const;
  /// Particles that met the set by the present time t, before a wall absorbed them.
  [[nodiscard]] std::size_t passed(const Ensemble& ensemble, double t) const;

private:
  class Watch;
  struct Watched {
    std::vector<double> time;
    std::vector<char> left;
  };
  [[nodiscard]] Watched watched(const Ensemble& ensemble, double t) const;

  const Dynamics& dynamics_;
  expression::Tape tape_; ///< g, then grad g . D grad g
  NoiseStream stream_;
  std::vector<double> times_;
};

} // namespace driftwell::run

#pragma once
// The mean of a function of the end point, to a requested error: paths with the steps dt, dt/2, dt/4, ... together.
//
//   multilevel     E f ~ E_L = sum_l m_l,  m_0 = E_0,  m_l = E[f(fine path) - f(coarse path)]; E_l: mean at the step dt 2^-l. Fine and coarse
//                  paths of a difference follow the same Brownian path, so that its variance is small, and most particles take few
//                  long steps (Giles 2008).
//   extrapolation  E f ~ (2^p E_L - E_(L-1)) / (2^p - 1), p the weak order of the stepper; what is left is of order p + 1 (Talay &
//                  Tubaro 1990). Coupled as above where the stepper allows it, else from independent paths.
//
// Giles, "Multilevel Monte Carlo path simulation", Operations Research 56 (2008) 607; Talay & Tubaro, Stoch. Anal. Appl. 8 (1990) 483.
#include "driftwell/ensemble/ensemble.hpp"
#include "driftwell/ensemble/walls.hpp"
#include "driftwell/steppers/stepper.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace driftwell {

enum class MeanMethod { extrapolation, multilevel };

/// E f(x(end)) of a model from a law of starts. What the references point to must outlive it.
struct MeanProblem {
  const Dynamics& dynamics;
  const Stepper& stepper;
  Expression f;       ///< of the d positions, or of the 2 d positions and momenta
  double end = 1;     ///< > 0; the start is at time 0
  double dt = 1e-2;   ///< longest step; shortened to divide `end`
  /// Fills all rows for the particles first() ... of an ensemble: a function of their numbers, called from several threads.
  std::function<void(Ensemble&)> start;
  std::uint64_t seed = 1;
  Walls walls{}; ///< not absorbing
};

struct MeanLevel {
  double dt = 0;
  std::uint64_t particles = 0;
  double mean = 0;     ///< of f or, on coupled levels > 0, of the difference fine - coarse
  double variance = 0; ///< of one particle's
  double cost = 0;     ///< steps a particle, those of the coarse path included
};

struct MeanEstimate {
  double value = 0;
  double standard_error = 0; ///< sqrt of the variance of `value`
  /// Size of the error in dt that is left. multilevel: the largest of |m_L|, |m_(L-1)| / 2^p, |m_(L-2)| / 4^p, over 2^p - 1. extrapolation:
  /// |change against the value one level coarser| / (2^(p+1) - 1). 0 for steppers without error.
  double bias = 0;
  bool coupled = false;
  std::vector<MeanLevel> levels;
};

struct MeanOptions {
  std::uint64_t pilot = 10'000;  ///< particles a level before its variance is known
  std::size_t most_levels = 24;
  /// What an interrupted call gave to `keep` last: these samples are not taken again, and the result has the bits of a call without a break.
  std::vector<double> taken{};
  /// Called every half second or so, and before an interrupt is obeyed, with all samples so far: few numbers, whatever the number of particles.
  std::function<void(const std::vector<double>& taken)> keep{};
};

/// Stops when standard_error^2 + bias^2 <= target_error^2. Numbers of particles minimise the steps taken, for the variances measured
/// so far; costs are counted in steps, not in seconds, so that the result has the same bits for any number of threads and in
/// every run. Throws std::invalid_argument where the method cannot use this stepper, model or these walls; NumericalFailure where a
/// particle leaves the finite numbers or the error is out of reach; Interrupted. std::invalid_argument also where `taken` is of another estimate.
[[nodiscard]] MeanEstimate estimate_mean(const MeanProblem& problem, MeanMethod method, double target_error, const MeanOptions& options = {});

/// The argument checks of estimate_mean alone.
void check_mean(const MeanProblem& problem, MeanMethod method);

} // namespace driftwell

#pragma once
// Times until particles leave a region, where some have not left when the run ends; and crossings between two time steps.
#include "driftwell/estimators/estimate.hpp"

#include <vector>

namespace driftwell::estimators {

/// Kaplan-Meier survival curve (1958): steps at the times of exit.
struct SurvivalCurve {
  std::vector<double> time;        ///< ascending times at which someone left
  std::vector<Estimate> survival;  ///< S just after; error by Greenwood's formula
};

struct ExitTimes {
  std::size_t particles = 0, exits = 0;
  SurvivalCurve survival;
  double horizon = 0;            ///< latest time at which anyone was still watched
  Estimate restricted_mean;      ///< E min(tau, horizon), the area under S; error as that of `mean`
  Estimate tail_rate;            ///< exits / time watched after tail_start, error rate / sqrt(exits): maximum likelihood, exponential tail;
                                 ///< NaN if nobody was watched beyond tail_start (and then nobody survived)
  double tail_start = 0;
  std::size_t tail_exits = 0;
  /// restricted mean + S(horizon) / tail rate: the mean exit time if the law of what is left is exponential from tail_start on.
  /// Without survivors it is the plain mean. se^2 = sum of squared influences / n^2: those of the survival curve by the
  /// derivative of the product, those of the rate (exits - rate x time watched) n / total time.
  Estimate mean;
};

/// `time[i]`: when particle i left, or until when it was watched; `left[i]` whether it left then. `tail_start`: from when the law
/// counts as exponential; negative: the median of the exit times. NumericalFailure for fewer than 2 particles or exits,
/// for survivors and no exit from tail_start on, for times that are negative or not finite; std::invalid_argument for spans of different length.
[[nodiscard]] ExitTimes exit_times(std::span<const double> time, std::span<const char> left, double tail_start = -1);

/// One censor time for all: a time that is NaN, infinite or beyond `censor` means that the particle had not left by then.
[[nodiscard]] ExitTimes exit_times(std::span<const double> time, double censor, double tail_start = -1);

/// Probability that a Brownian path from x0 to x1 with variance `variance` = sigma^2 dt has met the flat wall `a` in between:
///   exp(-2 (a - x0)(a - x1) / variance) for both ends on one side, 1 otherwise.
/// Exact for constant drift and noise; across a step of a scheme with smooth coefficients the error of exit times is O(dt)
/// (Gobet 2000), where looking at the ends of steps alone has O(sqrt(dt)).
[[nodiscard]] double bridge_crossing_probability(double x0, double x1, double wall, double variance);

/// When a bridge that does meet the wall met it first, as a fraction of the step: t = s / (1 + s), s inverse Gaussian with mean
/// |a - x0| / |a - x1| and shape (a - x0)^2 / variance. `normal` and `uniform` are the two random numbers this takes (method
/// of Michael, Schucany, Haas 1976).
[[nodiscard]] double bridge_crossing_time(double x0, double x1, double wall, double variance, double normal, double uniform);

/// Distance by which a wall must be moved towards the particles when only the ends of steps are looked at and no bridge is used:
/// 0.5826 sigma sqrt(dt), -zeta(1/2) / sqrt(2 pi); exit times are then right to o(sqrt(dt)) (Broadie, Glasserman, Kou 1997;
/// Gobet, Menozzi 2010). `deviation` = sigma sqrt(dt) across the wall.
[[nodiscard]] double monitored_wall_shift(double deviation);

} // namespace driftwell::estimators

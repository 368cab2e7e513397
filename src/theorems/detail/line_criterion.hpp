#pragma once
// The log-Sobolev constant of a law on the line from its quantiles, for laws known on a grid only.
#include "driftwell/theorems/density_evidence.hpp"

namespace driftwell::theorems {

/// With m the median, R(x) = |int_m^x dx / (D rho)| and M(x) the mass beyond x,
///   b = sup M log(1 + 1/(2 M)) R,   B = sup M log(1 + e^2/M) R,   both sides:   max b <= 2 / rho_LS <= 4 max B
/// (Barthe & Roberto, Studia Math. 159 (2003) 481, Theorem 3). On a ring, cut where rho_ss is least: functions on the ring are functions on
/// the cut one, so the lower bound of rho_LS stays, and there is no upper one (infinity).
struct LineCriterion {
  double lower, upper; ///< of rho_LS
};
[[nodiscard]] LineCriterion line_criterion(const Generator& generator, const SteadyState& steady);

} // namespace driftwell::theorems

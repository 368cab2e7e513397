#pragma once
// The Eyring-Kramers law of a landscape: from which minimum, over which saddles, to where.
#include "critical_points.hpp"
#include "driftwell/model/model.hpp"
#include "driftwell/stationary/region.hpp"

#include <functional>
#include <string>
#include <vector>

namespace driftwell::theorems {

/// From the minimum m whose way to a minimum as deep or deeper is the steepest, over all saddles s of least height:
///   E[tau] -> e^{(V_s - V_m)/T} / (sqrt(det H_m) C),   C the conductance of the network of wells with links lambda_s / (2 pi sqrt|det H_s|)
/// so for one saddle (2 pi / lambda_s) sqrt(|det H_s| / det H_m) e^{(V_s - V_m)/T}. V = Phi, H = Hess Phi, lambda_s the positive eigenvalue of
/// -(D + Q) H at the saddle, |the negative one of H| where D = I and nothing circulates.
struct PassageLaw {
  CriticalPoint from;
  std::vector<CriticalPoint> targets, gates;
  std::vector<double> shares;    ///< of the gates in the work of the current between the wells, d log C / d log conductance: their sum is 1
  double barrier = 0, prefactor = 0;
  double target_level = 0;       ///< on a ring and in more dimensions the target is the part of { Phi < level } around each target
  std::string obstacle{};        ///< why there is no law; the rest is then empty

  [[nodiscard]] double time(double T) const;
};
[[nodiscard]] PassageLaw passage_law(const Model& model, const Expression& phi, const Grid& grid);

/// The target as a set: on the line all beyond the nearest targets, so that tau is the time to a point; else the bottoms of the wells.
[[nodiscard]] Region::Indicator target_of(const PassageLaw& law, const Expression& phi, const Grid& grid);

} // namespace driftwell::theorems

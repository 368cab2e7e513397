#pragma once
// Walls of a box for particles.
#include <cstddef>
#include <limits>
#include <vector>

namespace driftwell {

enum class WallKind { none, reflecting, periodic, absorbing };

/// One axis. A periodic axis is periodic on both sides.
struct AxisWalls {
  double lower = -std::numeric_limits<double>::infinity(), upper = std::numeric_limits<double>::infinity();
  WallKind low = WallKind::none, high = WallKind::none;
};

struct Walls {
  std::vector<AxisWalls> axes; ///< one a dimension, or empty: no walls
  /// A path may touch an absorbing wall and come back within one step. With the correction it is found to have done so with the
  /// probability exp(-2 (x - w)(x' - w) / (sigma^2 dt)) of the Brownian bridge between the end points, sigma^2 taken at
  /// the start of the step (Gobet 2000): mean passage times then err by O(dt) instead of O(sqrt(dt)).
  bool bridge = true;

  [[nodiscard]] bool any() const;
  [[nodiscard]] bool absorbing() const;
  /// Throws std::invalid_argument when there is not one entry a dimension, a wall is not finite, lower >= upper, or one side alone is
  /// periodic.
  void check(std::size_t dimension) const;
};

/// x folded back into [lower, upper] at the reflecting sides of an axis, or wrapped into [lower, upper) where it is periodic.
/// NaN and infinity stay what they are (infinity becomes NaN).
[[nodiscard]] double folded(double x, const AxisWalls& axis);

} // namespace driftwell

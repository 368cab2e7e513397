#include "driftwell/ensemble/walls.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace driftwell {

bool Walls::any() const {
  return std::any_of(axes.begin(), axes.end(), [](const AxisWalls& a) { return a.low != WallKind::none || a.high != WallKind::none; });
}

bool Walls::absorbing() const {
  return std::any_of(axes.begin(), axes.end(), [](const AxisWalls& a) { return a.low == WallKind::absorbing || a.high == WallKind::absorbing; });
}

void Walls::check(std::size_t dimension) const {
  if (!axes.empty() && axes.size() != dimension)
    throw std::invalid_argument("walls need one entry for each of the " + std::to_string(dimension) + " variables, found " + std::to_string(axes.size()));
  for (const AxisWalls& a : axes) {
    if ((a.low == WallKind::periodic) != (a.high == WallKind::periodic)) throw std::invalid_argument("an axis is periodic on both sides or on none");
    if ((a.low != WallKind::none && !std::isfinite(a.lower)) || (a.high != WallKind::none && !std::isfinite(a.upper)))
      throw std::invalid_argument("a wall must stand at a finite place");
    if (a.low != WallKind::none && a.high != WallKind::none && !(a.lower < a.upper))
      throw std::invalid_argument("the lower wall must lie below the upper one");
  }
}

double folded(double x, const AxisWalls& a) {
  const double length = a.upper - a.lower;
  if (a.low == WallKind::periodic) {
    if (x >= a.lower && x < a.upper) return x;
    const double y = a.lower + (x - a.lower - length * std::floor((x - a.lower) / length));
    return y >= a.upper || y < a.lower ? a.lower : y; // rounding; a NaN stays
  }
  const bool low = a.low == WallKind::reflecting, high = a.high == WallKind::reflecting;
  if (low && high) {
    if (x >= a.lower && x <= a.upper) return x;
    const double period = 2 * length, y = x - a.lower, inside = y - period * std::floor(y / period); // in [0, period]
    const double place = inside <= length ? a.lower + inside : a.upper - (inside - length);
    return place < a.lower ? a.lower : (place > a.upper ? a.upper : place);
  }
  if (low && x < a.lower) return 2 * a.lower - x;
  if (high && x > a.upper) return 2 * a.upper - x;
  return x;
}

} // namespace driftwell

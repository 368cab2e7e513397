#pragma once
// Helpers of the room.
#include "driftwell/bounds/search.hpp"

namespace driftwell::bounds {

using expression::Image;

[[nodiscard]] inline std::vector<double> middle_of(const Box& box) {
  std::vector<double> point;
  for (const Interval& side : box) point.push_back(side.middle());
  return point;
}

[[nodiscard]] inline Box box_of(const std::vector<double>& point) { return {point.begin(), point.end()}; }

} // namespace driftwell::bounds

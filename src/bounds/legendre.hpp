#pragma once
// Discrete Legendre transforms on tensor grids, one axis after the other, each line in linear time: the maximiser over a convex hull
// moves one way as the slope grows (Lucet, Numer. Algorithms 16 (1997) 171).
#include <cstddef>
#include <vector>

namespace driftwell::bounds {

/// Increasing.
using GridPoints = std::vector<double>;

/// The last axis runs fastest.
struct GridFunction {
  std::vector<GridPoints> axes;
  std::vector<double> values;
  [[nodiscard]] std::size_t size() const { return values.size(); }
};

/// max_x (s x - f(x)) along one axis, the others as they are. `argument`,
/// where given, gets the index of the maximiser.
[[nodiscard]] GridFunction transform_axis(const GridFunction& f, std::size_t axis, const GridPoints& to, std::vector<std::size_t>* argument = nullptr);

/// f*(s) = max_x (s.x - f(x)).
[[nodiscard]] GridFunction legendre(const GridFunction& f, const std::vector<GridPoints>& to);

} // namespace driftwell::bounds

#include "legendre.hpp"

namespace driftwell::bounds {

namespace {

/// Indices of the corners of the lower hull of f.
void lower_hull(const GridPoints& x, const std::vector<double>& f, std::vector<std::size_t>& hull) {
  hull.clear();
  for (std::size_t i = 0; i < f.size(); ++i) {
    const auto above_chord = [&](std::size_t a, std::size_t b) {
      return (f[b] - f[a]) * (x[i] - x[a]) >= (f[i] - f[a]) * (x[b] - x[a]);
    };
    while (hull.size() > 1 && above_chord(hull[hull.size() - 2], hull.back())) hull.pop_back();
    hull.push_back(i);
  }
}

} // namespace

GridFunction transform_axis(const GridFunction& f, std::size_t axis, const GridPoints& to, std::vector<std::size_t>* argument) {
  GridFunction result{f.axes, {}};
  result.axes[axis] = to;
  const GridPoints& from = f.axes[axis];
  std::size_t stride = 1;
  for (std::size_t i = axis + 1; i < f.axes.size(); ++i) stride *= f.axes[i].size();
  const std::size_t lines = f.size() / from.size();
  result.values.resize(lines * to.size());
  if (argument) argument->resize(result.values.size());
  std::vector<double> line(from.size());
  std::vector<std::size_t> hull;
  for (std::size_t l = 0; l < lines; ++l) {
    const std::size_t outer = l / stride, inner = l % stride;
    for (std::size_t i = 0; i < from.size(); ++i) line[i] = f.values[(outer * from.size() + i) * stride + inner];
    lower_hull(from, line, hull);
    std::size_t at = 0;
    for (std::size_t k = 0; k < to.size(); ++k) {
      const double slope = to[k];
      const auto value = [&](std::size_t h) { return slope * from[hull[h]] - line[hull[h]]; };
      while (at + 1 < hull.size() && value(at + 1) >= value(at)) ++at;
      const std::size_t place = (outer * to.size() + k) * stride + inner;
      result.values[place] = value(at);
      if (argument) (*argument)[place] = hull[at];
    }
  }
  return result;
}

GridFunction legendre(const GridFunction& f, const std::vector<GridPoints>& to) {
  GridFunction result = f;
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    if (axis > 0)
      for (double& v : result.values) v = -v; // max over the next axis of s x - (-(what is there))
    result = transform_axis(result, axis, to[axis]);
  }
  return result;
}

} // namespace driftwell::bounds

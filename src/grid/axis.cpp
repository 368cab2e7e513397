#include "driftwell/grid/grid.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace driftwell {

Axis Axis::stretched(std::function<double(double)> map) const {
  auto nodes = std::make_shared<Stretching>();
  const double n = static_cast<double>(cells), length = upper - lower;
  const auto place = [&](double s) { return lower + length * map(s); };
  for (std::size_t i = 0; i <= cells; ++i) nodes->faces.push_back(place(static_cast<double>(i) / n));
  // The ends exactly: map(0) and map(1) come from a formula.
  if (!(std::abs(nodes->faces.front() - lower) + std::abs(nodes->faces.back() - upper) < 1e-9 * length))
    throw std::invalid_argument("a stretched axis needs map(0) = 0 and map(1) = 1");
  nodes->faces.front() = lower;
  nodes->faces.back() = upper;
  for (std::size_t i = 0; i < cells; ++i) {
    nodes->centres.push_back(place((static_cast<double>(i) + 0.5) / n));
    const double width = nodes->faces[i + 1] - nodes->faces[i];
    if (!(nodes->centres[i] > nodes->faces[i] && nodes->centres[i] < nodes->faces[i + 1]) || !std::isfinite(width))
      throw std::invalid_argument("a stretched axis needs a map that increases");
    nodes->log_widths.push_back(std::log(width));
  }
  nodes->map = std::move(map);
  Axis axis = *this;
  axis.stretching = std::move(nodes);
  return axis;
}

Axis Axis::with_cells(std::size_t count) const {
  Axis axis = *this;
  axis.cells = count;
  return stretching ? axis.stretched(stretching->map) : axis;
}

std::size_t Axis::cell_of(double x) const {
  if (!stretching) {
    const double i = std::floor((x - lower) / spacing());
    return static_cast<std::size_t>(std::clamp(i, 0.0, static_cast<double>(cells - 1)));
  }
  const auto& faces = stretching->faces;
  const auto after = std::upper_bound(faces.begin() + 1, faces.end() - 1, x);
  return static_cast<std::size_t>(after - faces.begin()) - 1;
}

} // namespace driftwell

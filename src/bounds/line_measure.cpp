#include "line_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr double largest_change = 0.2;
constexpr int largest_split = 1024;

/// int exp(sign (f - f(m))/T): h + h^3/24 of the second derivative (f'^2/T^2 + sign f''/T) exp(...), or h times the range.
Interval integral(double sign, const LineCell& cell, const Interval& relative, const Interval& h) {
  const Interval coarse = h * relative;
  const Interval second = (square(cell.slope) + Interval(sign) * cell.curvature) * relative;
  return second.bounded() ? intersection(coarse, h + integer_power(h, 3) / Interval(24.0) * second) : coarse;
}

LineCell cell_of(const std::vector<Image>& images, const std::vector<Image>& middle, double temperature, const Interval& h) {
  const Interval t(temperature);
  LineCell cell;
  cell.middle = middle[0].range / t;
  const bool smooth = images[1].defined && images[1].continuous && images[2].defined;
  cell.slope = smooth ? images[1].range / t : Interval::whole();
  cell.curvature = smooth ? images[2].range / t : Interval::whole();
  Interval rise = images[0].range / t - cell.middle;
  if (images[1].defined && images[1].range.bounded()) rise = intersection(rise, images[1].range / t * h * Interval(-0.5, 0.5));
  cell.density = exp(-rise);
  cell.mass = integral(-1, cell, cell.density, h);
  cell.inverse = integral(1, cell, exp(rise), h);
  const Interval cube = integer_power(h, 3) / Interval(12.0);
  const double reach = (square(h) * Interval(0.25) * Interval(cell.density.upper)).upper;
  cell.first = intersection(-cell.slope * cell.density * cube, Interval(-reach, reach));
  cell.second = cell.density * cube;
  return cell;
}

/// Ends of cells in which f/T changes little, so that sums over cells stay accurate relative to p where it falls steeply.
std::vector<double> graded_points(const LineOf& f, double temperature, const Interval& domain, std::size_t cells) {
  std::vector<double> points;
  const double step = (domain.upper - domain.lower) / static_cast<double>(cells);
  for (std::size_t i = 0; i < cells; ++i) {
    const double a = domain.lower + static_cast<double>(i) * step, b = i + 1 == cells ? domain.upper : domain.lower + static_cast<double>(i + 1) * step;
    const Interval cell(a, b);
    const std::vector<Image> images = f(cell);
    const double change = images[1].defined ? (images[1].range / Interval(temperature)).magnitude() * (b - a) : 0;
    int pieces = 1;
    while (pieces < largest_split && change / pieces > largest_change) pieces *= 2;
    for (int k = 0; k < pieces; ++k) points.push_back(a + (b - a) * k / pieces);
  }
  points.push_back(domain.upper);
  return points;
}

} // namespace

LineMeasure line_measure(const LineOf& f, double temperature, const Interval& domain, std::size_t cells) {
  if (!(temperature > 0) || !domain.bounded() || domain.is_empty() || domain.is_point() || cells < 2)
    throw std::invalid_argument("constants on a line need T > 0, a bounded interval and at least two cells");
  LineMeasure measure{{}, graded_points(f, temperature, domain, cells), {}};
  const auto finite = [](const Image& image, double x) {
    if (!image.defined || !image.range.bounded()) throw std::invalid_argument(fmt::format("the potential is not finite near {:.6g}", x));
  };
  for (std::size_t i = 0; i < measure.points.size(); ++i) {
    const Interval at(measure.points[i]);
    const std::vector<Image> images = f(at);
    finite(images[0], at.lower);
    measure.nodes.push_back(images[0].range / Interval(temperature));
    if (i + 1 == measure.points.size()) break;
    const double next = measure.points[i + 1];
    const Interval cell(at.lower, next), middle(0.5 * at.lower + 0.5 * next);
    const std::vector<Image> inside = f(cell), centre = f(middle);
    finite(inside[0], at.lower);
    if (!inside[0].continuous) throw std::invalid_argument(fmt::format("the potential may jump near {:.6g}", at.lower));
    measure.cells.push_back(cell_of(inside, centre, temperature, measure.width(i)));
  }
  return measure;
}

} // namespace driftwell::bounds

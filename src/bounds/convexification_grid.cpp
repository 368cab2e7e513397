// Convex envelope in two or three variables: g = f - kappa |x|^2/2 at the corners of cells, its discrete Legendre transform g* on a grid
// of slopes, and back: C(x) = max_s (s.x - g*(s)) is convex everywhere and below g at the corners, so V = C + kappa |x|^2/2 will do.
// In a cell, with l the plane of C at its middle and e = sum_i h_i^2/8 max |d_ii g| (what multilinear interpolation may miss):
//   g - C <= g - l <= max over corners of (g - l) + e,    g - C >= -e   (C, being convex, is below its interpolation).
#include "convexification_parts.hpp"
#include "legendre.hpp"
#include "maximise_concave.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace driftwell::bounds {

namespace {

class BlockGrid {
public:
  BlockGrid(const Expression& f, const std::vector<std::size_t>& axes, const Box& box, std::size_t n) : axes_(axes) {
    for (const std::size_t axis : axes) {
      const double step = (box[axis].upper - box[axis].lower) / static_cast<double>(n);
      steps_.push_back(step);
      corners_.axes.push_back(spaced(box[axis].lower, step, n + 1));
      middles_.push_back(spaced(box[axis].lower + 0.5 * step, step, n));
    }
    std::vector<Expression> outputs{f};
    for (const std::size_t axis : axes) outputs.push_back(f.derivative(axis));
    for (std::size_t i = 0; i < axes.size(); ++i) outputs.push_back(outputs[1 + i].derivative(axes[i]));
    const expression::IntervalTape tape(outputs, box.size());
    fill_corners(expression::IntervalTape({f}, box.size()), box);
    if (usable()) fill_cells(tape, box);
  }

  [[nodiscard]] bool usable() const { return failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] double diameter_squared() const {
    double sum = 0;
    for (const GridPoints& x : corners_.axes) sum += std::pow(x.back() - x.front(), 2);
    return sum;
  }

  /// >= osc(f - V)
  [[nodiscard]] double oscillation(double kappa) const {
    GridFunction g = corners_;
    double size = 0;
    for (std::size_t k = 0; k < g.size(); ++k) {
      const double bowl = 0.5 * kappa * square_of_corner(k);
      size = std::max(size, std::abs(g.values[k]) + bowl);
      g.values[k] -= bowl;
    }
    const Deviation first = deviation(g, kappa, transform_of(g, slopes_for(kappa)));
    const Deviation second = deviation(g, kappa, transform_of(g, refined_slopes(kappa, first)));
    const double oscillation = std::min(first.highest - first.lowest, second.highest - second.lowest);
    return oscillation + 4 * rounding_ + 64 * std::numeric_limits<double>::epsilon() * size;
  }

private:
  /// Indices along the axes of the k-th place of a grid with these counts.
  using Index = std::array<std::size_t, 3>;
  static Index unravel(std::size_t k, const std::vector<GridPoints>& axes) {
    Index index{};
    for (std::size_t i = axes.size(); i-- > 0; k /= axes[i].size()) index[i] = k % axes[i].size();
    return index;
  }
  static std::size_t ravel(const Index& index, const std::vector<GridPoints>& axes) {
    std::size_t k = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) k = k * axes[i].size() + index[i];
    return k;
  }

  [[nodiscard]] double square_of_corner(std::size_t k) const {
    const auto index = unravel(k, corners_.axes);
    double sum = 0;
    for (std::size_t i = 0; i < axes_.size(); ++i) sum += corners_.axes[i][index[i]] * corners_.axes[i][index[i]];
    return sum;
  }

  void fill_corners(const expression::IntervalTape& tape, Box box) {
    std::size_t count = 1;
    for (const GridPoints& axis : corners_.axes) count *= axis.size();
    corners_.values.resize(count);
    std::vector<Image> scratch;
    Image image;
    for (std::size_t k = 0; k < count; ++k) {
      const auto index = unravel(k, corners_.axes);
      for (std::size_t i = 0; i < axes_.size(); ++i) box[axes_[i]] = corners_.axes[i][index[i]];
      tape.evaluate(box, {&image, 1}, scratch);
      if (!image.defined || !image.range.bounded()) return fail("f is not finite", box);
      corners_.values[k] = image.range.middle();
      rounding_ = std::max(rounding_, image.range.width());
    }
  }

  void fill_cells(const expression::IntervalTape& tape, Box box) {
    std::size_t count = 1;
    for (const GridPoints& axis : middles_) count *= axis.size();
    slopes_.assign(axes_.size(), Interval::empty());
    std::vector<Image> scratch, images(tape.outputs());
    for (std::size_t c = 0; c < count; ++c) {
      const auto index = unravel(c, middles_);
      for (std::size_t i = 0; i < axes_.size(); ++i) box[axes_[i]] = {corners_.axes[i][index[i]], corners_.axes[i][index[i] + 1]};
      tape.evaluate(box, images, scratch);
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        const Image &slope = images[1 + i], &curvature = images[1 + axes_.size() + i];
        if (!slope.defined || !slope.continuous || !curvature.defined || !curvature.range.bounded())
          return fail("f has no bounded second derivatives", box);
        slopes_[i] = hull(slopes_[i], slope.range);
        curvature_.push_back(curvature.range);
      }
    }
  }

  void fail(const std::string& what, const Box& where) {
    failure_ = what + " near (";
    for (std::size_t i = 0; i < axes_.size(); ++i) failure_ += fmt::format("{}{:.4g}", i == 0 ? "" : ", ", where[axes_[i]].middle());
    failure_ += ")";
  }

  /// g* on the grid of slopes, and which slopes are greatest at the middles of cells: one axis after the other, axis i seen from a
  /// grid of middles up to i and slopes beyond.
  struct Transform {
    std::vector<GridPoints> slopes;
    GridFunction conjugate;
    std::vector<std::vector<std::size_t>> arguments;
    std::vector<std::vector<GridPoints>> mixed;
  };
  [[nodiscard]] Transform transform_of(const GridFunction& g, std::vector<GridPoints> slopes) const {
    Transform t{std::move(slopes), {}, std::vector<std::vector<std::size_t>>(axes_.size()), {}};
    t.conjugate = legendre(g, t.slopes);
    GridFunction back = t.conjugate;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (i > 0)
        for (double& v : back.values) v = -v;
      back = transform_axis(back, i, middles_[i], &t.arguments[i]);
      t.mixed.push_back(back.axes);
    }
    return t;
  }

  /// Bounds of g - C, and the slopes of the planes where it is largest.
  struct Deviation {
    double highest = 0, lowest = 0;
    std::vector<Interval> slopes;
  };
  [[nodiscard]] Deviation deviation(const GridFunction& g, double kappa, const Transform& transform) const {
    const std::size_t d = axes_.size(), cells = curvature_.size() / d;
    Deviation result;
    std::vector<double> over(cells);
    for (std::size_t c = 0; c < cells; ++c) {
      double above = 0, below = 0;
      for (std::size_t i = 0; i < d; ++i) {
        const double eighth = 0.125 * steps_[i] * steps_[i];
        above += eighth * std::max(0.0, kappa - curvature_[c * d + i].lower);
        below += eighth * std::max(0.0, curvature_[c * d + i].upper - kappa);
      }
      over[c] = above + over_plane(c, g, transform);
      result.highest = std::max(result.highest, over[c]);
      result.lowest = std::min(result.lowest, -below);
    }
    result.slopes.assign(d, Interval::empty());
    for (std::size_t c = 0; c < cells; ++c)
      if (over[c] >= 0.5 * result.highest) {
        const Index place = plane_of(c, transform);
        for (std::size_t i = 0; i < d; ++i) result.slopes[i] = hull(result.slopes[i], Interval(transform.slopes[i][place[i]]));
      }
    return result;
  }

  /// Twice as many slopes as corners in the plane, as many in space, over all that grad g takes.
  [[nodiscard]] std::vector<GridPoints> slopes_for(double kappa) const {
    std::vector<GridPoints> slopes;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const GridPoints& x = corners_.axes[i];
      const Interval range = slopes_[i] - Interval(kappa) * Interval(x.front(), x.back());
      const std::size_t count = axes_.size() == 2 ? 2 * x.size() : x.size();
      slopes.push_back(spaced(range.lower, std::max(range.width(), 1e-300) / static_cast<double>(count - 1), count));
    }
    return slopes;
  }

  /// As many again between the neighbours of those that serve the cells where g - C is large: a flat stretch of the envelope has one
  /// slope, and missing it by a little costs that times the length of the stretch.
  [[nodiscard]] std::vector<GridPoints> refined_slopes(double kappa, const Deviation& seen) const {
    std::vector<GridPoints> slopes = slopes_for(kappa);
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      if (seen.slopes[i].is_empty()) continue;
      const double coarse = slopes[i][1] - slopes[i][0];
      const std::size_t count = slopes[i].size();
      const double low = seen.slopes[i].lower - coarse, width = seen.slopes[i].upper + coarse - low;
      const GridPoints fine = spaced(low, width / static_cast<double>(count - 1), count);
      slopes[i].insert(slopes[i].end(), fine.begin(), fine.end());
      std::sort(slopes[i].begin(), slopes[i].end());
      slopes[i].erase(std::unique(slopes[i].begin(), slopes[i].end()), slopes[i].end());
    }
    return slopes;
  }

  static GridPoints spaced(double first, double step, std::size_t count) {
    GridPoints points(count);
    for (std::size_t i = 0; i < count; ++i) points[i] = first + static_cast<double>(i) * step;
    return points;
  }

  /// Index of the slope that is greatest at the middle of cell c.
  [[nodiscard]] Index plane_of(std::size_t c, const Transform& t) const {
    Index place = unravel(c, middles_); // middles up to axis i, slopes beyond
    for (std::size_t i = axes_.size(); i-- > 0;) place[i] = t.arguments[i][ravel(place, t.mixed[i])];
    return place;
  }

  /// max over the corners of cell c of g - l, l(x) = s.x - g*(s) with the s that is greatest at the middle.
  [[nodiscard]] double over_plane(std::size_t c, const GridFunction& g, const Transform& t) const {
    const std::size_t d = axes_.size();
    const Index cell = unravel(c, middles_), place = plane_of(c, t);
    const double constant = t.conjugate.values[ravel(place, t.slopes)];
    double highest = 0;
    for (std::size_t corner = 0; corner < (std::size_t{1} << d); ++corner) {
      Index index = cell;
      double plane = -constant;
      for (std::size_t i = 0; i < d; ++i) {
        index[i] += (corner >> i) & 1;
        plane += t.slopes[i][place[i]] * corners_.axes[i][index[i]];
      }
      highest = std::max(highest, g.values[ravel(index, corners_.axes)] - plane);
    }
    return highest;
  }

  std::vector<std::size_t> axes_;
  GridFunction corners_;
  std::vector<GridPoints> middles_;
  std::vector<double> steps_;
  std::vector<Interval> curvature_, slopes_;
  double rounding_ = 0;
  std::string failure_;
};

} // namespace

Convexification convexify_grid(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box, std::size_t cells_an_axis) {
  const BlockGrid grid(f, axes, box, cells_an_axis);
  if (!grid.usable()) return {0, 0, 0, false, grid.failure()};
  const double kappa =
      maximise_concave([&](double k) { return std::log(k) - grid.oscillation(k) / temperature; }, temperature / grid.diameter_squared(), 20);
  return concluded(kappa, grid.oscillation(kappa), temperature);
}

} // namespace driftwell::bounds

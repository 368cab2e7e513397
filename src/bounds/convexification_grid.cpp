// Convex envelope in two or three variables: g = f - kappa |x|^2/2 at the corners of cells, its discrete Legendre transform g* on a grid
// of slopes, and back: C(x) = max_s (s.x - g*(s)) is convex everywhere and below g at the corners, so V = C + kappa |x|^2/2 will do.
// In a cell, with l the plane of C at its middle and e = sum_i h_i^2/8 max |d_ii g| (what multilinear interpolation may miss):
//   g - C <= g - l <= max over corners of (g - l) + e,    g - C >= -e   (C, being convex, is below its interpolation).
#include "convexification_parts.hpp"
#include "driftwell/bounds/range.hpp"
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
      corners_.axes.push_back({box[axis].lower, step, n + 1});
      middles_.push_back({box[axis].lower + 0.5 * step, step, n});
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
    for (const UniformAxis& m : middles_) sum += std::pow(m.step * static_cast<double>(m.count), 2);
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
    const Transform transform = transform_of(g, kappa);
    double highest = 0, lowest = 0;
    for (std::size_t c = 0; c < curvature_.size() / axes_.size(); ++c) {
      double above = 0, below = 0;
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        const double eighth = 0.125 * middles_[i].step * middles_[i].step;
        const Interval& curvature = curvature_[c * axes_.size() + i];
        above += eighth * std::max(0.0, kappa - curvature.lower);
        below += eighth * std::max(0.0, curvature.upper - kappa);
      }
      highest = std::max(highest, above + over_plane(c, g, transform));
      lowest = std::min(lowest, -below);
    }
    return highest - lowest + 4 * rounding_ + 64 * std::numeric_limits<double>::epsilon() * size;
  }

private:
  /// Indices along the axes of the k-th place of a grid with these counts.
  using Index = std::array<std::size_t, 3>;
  static Index unravel(std::size_t k, const std::vector<UniformAxis>& axes) {
    Index index{};
    for (std::size_t i = axes.size(); i-- > 0; k /= axes[i].count) index[i] = k % axes[i].count;
    return index;
  }
  static std::size_t ravel(const Index& index, const std::vector<UniformAxis>& axes) {
    std::size_t k = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) k = k * axes[i].count + index[i];
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
    for (const UniformAxis& axis : corners_.axes) count *= axis.count;
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
    for (const UniformAxis& axis : middles_) count *= axis.count;
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
    std::vector<UniformAxis> slopes;
    GridFunction conjugate;
    std::vector<std::vector<std::size_t>> arguments;
    std::vector<std::vector<UniformAxis>> mixed;
  };
  [[nodiscard]] Transform transform_of(const GridFunction& g, double kappa) const {
    Transform t{slopes_for(kappa), {}, std::vector<std::vector<std::size_t>>(axes_.size()), {}};
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

  /// Twice as many slopes as corners, over all that grad g takes.
  [[nodiscard]] std::vector<UniformAxis> slopes_for(double kappa) const {
    std::vector<UniformAxis> slopes;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const UniformAxis& x = corners_.axes[i];
      const Interval range = slopes_[i] - Interval(kappa) * Interval(x[0], x[x.count - 1]);
      const std::size_t count = 2 * x.count;
      slopes.push_back({range.lower, std::max(range.width(), 1e-300) / static_cast<double>(count - 1), count});
    }
    return slopes;
  }

  /// max over the corners of cell c of g - l, l(x) = s.x - g*(s) with the s that is greatest at the middle.
  [[nodiscard]] double over_plane(std::size_t c, const GridFunction& g, const Transform& t) const {
    const std::size_t d = axes_.size();
    const Index cell = unravel(c, middles_);
    Index place = cell; // middles up to axis i, slopes beyond
    for (std::size_t i = d; i-- > 0;) place[i] = t.arguments[i][ravel(place, t.mixed[i])];
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
  std::vector<UniformAxis> middles_;
  std::vector<Interval> curvature_, slopes_;
  double rounding_ = 0;
  std::string failure_;
};

void conclude(Convexification& result, double kappa, double oscillation, double temperature) {
  result.kappa = kappa;
  result.oscillation = oscillation;
  result.rho = (Interval(kappa) / Interval(temperature) * exp(-(Interval(oscillation) / Interval(temperature)))).lower;
  result.holds = result.rho > 0;
  if (!result.holds) result.reason = "the perturbation left by every convex part is too large for a positive bound in double precision";
}

} // namespace

Convexification convexify_grid(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box, std::size_t cells_an_axis) {
  Convexification result;
  const BlockGrid grid(f, axes, box, cells_an_axis);
  if (!grid.usable()) {
    result.reason = grid.failure();
    return result;
  }
  const double kappa =
      maximise_concave([&](double k) { return std::log(k) - grid.oscillation(k) / temperature; }, temperature / grid.diameter_squared(), 20);
  conclude(result, kappa, grid.oscillation(kappa), temperature);
  return result;
}

Convexification convexify_by_quadratic(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box) {
  Convexification result;
  const Search search{1e-3 * temperature, 1e-3, 5000};
  const Enclosure least = minimum(f, box, search);
  if (least.point.empty() || !least.defined || !least.smooth) {
    result.reason = "f is not finite and continuous on the whole box";
    return result;
  }
  Expression bowl(0.0);
  double diameter = 0;
  for (const std::size_t axis : axes) {
    const Expression distance = Expression::variable(axis) - Expression(least.point[axis]);
    bowl = bowl + Expression(0.5) * distance * distance;
    diameter += std::pow(box[axis].upper - box[axis].lower, 2);
  }
  const auto rest = [&](double kappa) { return oscillation(f - Expression(kappa) * bowl, box, search).upper; };
  const double kappa = maximise_concave([&](double k) { return std::log(k) - rest(k) / temperature; }, temperature / diameter, 6);
  conclude(result, kappa, rest(kappa), temperature);
  return result;
}

} // namespace driftwell::bounds

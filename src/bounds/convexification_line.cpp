// Convex envelope on a line: the lower hull of the points (x_i, g(x_i)), g = f - kappa x^2/2. V is g itself on runs of cells where the
// hull touches g and g is convex for sure, and the hull's chord elsewhere (also on the first and the last cell of each run, which keeps
// the slopes in order). Between the points g differs from a chord by at most h^2/8 max|g''|, or by h/4 times the range of
// its slope where it has corners.
#include "convexification_parts.hpp"

#include "detail.hpp"
#include "maximise_concave.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

class Line {
public:
  Line(const LineOf& f, const Interval& core, std::size_t cells)
      : left_(core.lower), step_((core.upper - core.lower) / static_cast<double>(cells)), values_(cells + 1), curvature_(cells), slack_(cells) {
    std::vector<Image> images;
    for (std::size_t i = 0; i <= cells && usable(); ++i) {
      const Interval at(point(i));
      images = f(at);
      values_[i] = images[0].range.middle();
      if (!images[0].defined || !images[0].range.bounded()) fail("f is not finite", at);
      rounding_ = std::max(rounding_, images[0].range.width());
      largest_ = std::max(largest_, std::abs(values_[i]));
    }
    for (std::size_t i = 0; i < cells && usable(); ++i) {
      const Interval cell(point(i), point(i + 1));
      images = f(cell);
      if (!images[0].continuous || !images[0].defined) fail("f may jump or be undefined", cell);
      const bool smooth = images[1].continuous && images[1].defined && images[2].defined;
      curvature_[i] = smooth ? images[2].range : Interval::whole();
      slack_[i] = images[1].defined && images[1].range.bounded() ? 0.25 * step_ * images[1].range.width() : Interval::infinity;
    }
  }

  [[nodiscard]] bool usable() const { return failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] double convexity() const { // least f'' on the core
    double least = Interval::infinity;
    for (const Interval& curvature : curvature_) least = std::min(least, curvature.lower);
    return least;
  }
  [[nodiscard]] double length() const { return step_ * static_cast<double>(curvature_.size()); }

  /// >= osc(f - V) for the V above; with `outside`, V must be g beyond the ends too: infinity where that is not so.
  [[nodiscard]] double oscillation(double kappa, bool outside_left, bool outside_right) const {
    const std::size_t cells = curvature_.size();
    std::vector<double> g(cells + 1), over(cells + 1);
    double size = largest_;
    for (std::size_t i = 0; i <= cells; ++i) {
      const double x = point(i);
      g[i] = values_[i] - 0.5 * kappa * x * x;
      size = std::max(size, std::abs(g[i]) + kappa * x * x);
    }
    subtract_hull(g, over);
    const double doubt = rounding_ + 16 * std::numeric_limits<double>::epsilon() * size;
    const auto touches = [&](std::size_t i) { return curvature_[i].lower >= kappa && over[i] <= 0 && over[i + 1] <= 0; };
    if ((outside_left && !touches(0)) || (outside_right && !touches(cells - 1))) return Interval::infinity;
    double highest = 0, lowest = 0;
    bool approximate = false;
    for (std::size_t i = 0; i < cells; ++i) {
      const bool inside_run = touches(i) && (i == 0 || touches(i - 1)) && (i + 1 == cells || touches(i + 1));
      if (inside_run) continue;
      approximate = true;
      const double eighth = 0.125 * step_ * step_;
      const double above = std::min(slack_bound(i, kappa), eighth * std::max(0.0, kappa - curvature_[i].lower));
      const double below = std::min(slack_bound(i, kappa), eighth * std::max(0.0, curvature_[i].upper - kappa));
      highest = std::max(highest, std::max(over[i], over[i + 1]) + above);
      lowest = std::min(lowest, std::min(over[i], over[i + 1]) - below);
    }
    return highest - lowest + (approximate ? 4 * doubt : 0);
  }

private:
  [[nodiscard]] double point(std::size_t i) const { return left_ + static_cast<double>(i) * step_; }
  [[nodiscard]] double slack_bound(std::size_t i, double kappa) const { return slack_[i] + 0.25 * step_ * step_ * kappa; }
  void fail(const std::string& what, const Interval& where) { failure_ = fmt::format("{} at {:.6g}", what, where.middle()); }

  /// over = g - hull >= 0, exactly 0 at the corners of the hull (Andrew's monotone chain).
  void subtract_hull(const std::vector<double>& g, std::vector<double>& over) const {
    std::vector<std::size_t> hull;
    const auto turns_down = [&](std::size_t a, std::size_t b, std::size_t c) {
      return (g[b] - g[a]) * static_cast<double>(c - a) > (g[c] - g[a]) * static_cast<double>(b - a);
    };
    for (std::size_t i = 0; i < g.size(); ++i) {
      while (hull.size() > 1 && turns_down(hull[hull.size() - 2], hull.back(), i)) hull.pop_back();
      hull.push_back(i);
    }
    for (std::size_t k = 0; k + 1 < hull.size(); ++k) {
      const std::size_t a = hull[k], b = hull[k + 1];
      for (std::size_t i = a; i <= b; ++i) {
        const double t = static_cast<double>(i - a) / static_cast<double>(b - a);
        over[i] = i == a || i == b ? 0 : std::max(0.0, g[i] - ((1 - t) * g[a] + t * g[b]));
      }
    }
  }

  double left_, step_;
  std::vector<double> values_;
  std::vector<Interval> curvature_;
  std::vector<double> slack_;
  double rounding_ = 0, largest_ = 0;
  std::string failure_;
};

/// The least f'' outside `core`, as interval arithmetic sees it; infinity where nothing is outside.
double curvature_outside(const LineOf& f, const Interval& core, const Interval& domain) {
  double least = Interval::infinity;
  for (const Interval& tail : {Interval(domain.lower, core.lower), Interval(core.upper, domain.upper)}) {
    if (tail.is_point()) continue;
    const std::vector<Image> images = f(tail);
    const bool regular = images[0].defined && images[0].continuous && images[1].defined && images[1].continuous && images[2].defined;
    least = std::min(least, regular ? images[2].range.lower : -Interval::infinity);
  }
  return least;
}

/// With V = f outside the core, where f'' >= `outside`.
Convexification on_core(const LineOf& f, double temperature, const Interval& core, const Interval& domain, double outside, std::size_t cells) {
  const Line line(f, core, cells);
  if (!line.usable()) return {0, 0, 0, false, line.failure()};
  const bool left = core.lower > domain.lower, right = core.upper < domain.upper;
  const double convexity = std::min(outside, line.convexity());
  const auto oscillation = [&](double kappa) {
    return kappa <= convexity ? 0 : kappa <= outside ? line.oscillation(kappa, left, right) : Interval::infinity;
  };
  const auto gain = [&](double kappa) { return std::log(kappa) - oscillation(kappa) / temperature; };
  double kappa = maximise_concave(gain, convexity > 0 ? convexity : std::min(outside, temperature / (line.length() * line.length())));
  if (convexity > 0 && !(gain(kappa) > gain(convexity))) kappa = convexity;
  return concluded(kappa, oscillation(kappa), temperature);
}

} // namespace

LineOf::LineOf(const Expression& f, std::size_t axis, Box base) : axis_(axis), base_(std::move(base)) {
  const Expression slope = f.derivative(axis);
  tape_ = expression::IntervalTape({f, slope, slope.derivative(axis)}, base_.size());
}

std::vector<Image> LineOf::operator()(const Interval& x) const {
  Box box = base_;
  box[axis_] = x;
  return tape_(box);
}

Convexification convexify_line(const LineOf& f, double temperature, const Interval& domain, std::size_t cells) {
  if (domain.bounded()) return on_core(f, temperature, domain, domain, Interval::infinity, cells);
  const double centre = std::isfinite(domain.lower) ? domain.lower : std::isfinite(domain.upper) ? domain.upper : 0;
  Convexification best;
  best.reason = "f'' is not seen to stay positive far out: no convex part at infinity";
  for (double reach = 1; reach <= 0x1p20; reach *= 2) { // in a small core kappa is limited by what lies outside, in a large one cells are wide
    const Interval core(std::max(domain.lower, centre - reach), std::min(domain.upper, centre + reach));
    const double outside = curvature_outside(f, core, domain);
    if (!(outside > 0)) continue;
    const Convexification here = on_core(f, temperature, core, domain, outside, cells);
    const bool better = here.rho > best.rho * (1 + 1e-6), first = !best.holds;
    if (better || first) best = here;
    if (!first && !better) break;
  }
  return best;
}

Convexification best_convexification(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  if (!(temperature > 0) || domain.is_empty() || domain.is_point() || cells < 4)
    throw std::invalid_argument("best convexification needs T > 0, an interval and at least four cells");
  return convexify_line(LineOf(f, 0, {Interval(0.0)}), temperature, domain, cells);
}

} // namespace driftwell::bounds

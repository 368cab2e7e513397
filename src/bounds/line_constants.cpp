// sup over x beyond the median of G(mu beyond x) int_median^x 1/p dx, G(m) = m, m log(1 + 1/(2m)) or m log(1 + e^2/m), all increasing.
// From above cell by cell: the mass beyond the near end times the integral up to the far end; from below at the points.
#include "driftwell/bounds/log_sobolev.hpp"

#include "line_measure.hpp"

#include <algorithm>
#include <numbers>

namespace driftwell::bounds {

namespace {

Interval plain(const Interval& m) { return m; }
Interval with_log(const Interval& m, const Interval& factor) {
  if (m.upper <= 0) return 0.0;
  const Interval low = m.lower > 0 ? Interval(m.lower) * log(Interval(1.0) + factor / Interval(m.lower)) : Interval(0.0);
  const Interval high = Interval(m.upper) * log(Interval(1.0) + factor / Interval(m.upper));
  return {low.lower, high.upper};
}
Interval weak(const Interval& m) { return with_log(m, 0.5); }
Interval strong(const Interval& m) { return with_log(m, square(exp(Interval(1.0)))); }

/// Masses of a half line seen from the median: cell 0 starts at it (or before it, or after it).
struct Side {
  std::vector<Interval> mass, inverse;
};

/// sup of G(mass beyond) times integral; `near` may start before the median (for the upper end), `far` after it (for the lower).
Interval supremum(const Side& near, const Side& far, const Interval& total, Interval (*g)(const Interval&)) {
  const auto pass = [&](const Side& side, bool upper) {
    std::vector<Interval> beyond(side.mass.size() + 1, Interval(0.0));
    for (std::size_t i = side.mass.size(); i-- > 0;) beyond[i] = beyond[i + 1] + side.mass[i];
    double best = 0;
    Interval travelled(0.0);
    for (std::size_t i = 0; i < side.mass.size(); ++i) {
      travelled = travelled + side.inverse[i];
      const Interval m = beyond[upper ? i : i + 1] / total;
      const Interval value = g({m.lower, std::min(1.0, m.upper)}) * travelled * total; // 1/p of the normalised density
      best = std::max(best, upper ? value.upper : value.lower);
    }
    return best;
  };
  return {pass(far, false), pass(near, true)};
}

Side side_from(const LineMeasure& measure, std::size_t start, bool right) {
  Side side;
  if (right)
    for (std::size_t i = start; i < measure.mass.size(); ++i) side.mass.push_back(measure.mass[i]), side.inverse.push_back(measure.inverse[i]);
  else
    for (std::size_t i = start; i-- > 0;) side.mass.push_back(measure.mass[i]), side.inverse.push_back(measure.inverse[i]);
  return side;
}

} // namespace

LineConstants line_constants(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  const LineMeasure measure = line_measure(f, temperature, domain, cells);
  Interval total(0.0);
  for (const Interval& mass : measure.mass) total = total + mass;
  // the median lies between points `below` and `above`
  std::size_t below = 0, above = cells;
  Interval left(0.0);
  for (std::size_t i = 0; i <= cells; ++i) {
    if (left.upper * 2 <= total.lower) below = i;
    if (left.lower * 2 >= total.upper) {
      above = i;
      break;
    }
    if (i < cells) left = left + measure.mass[i];
  }
  const Side near[] = {side_from(measure, below, true), side_from(measure, above, false)};
  const Side far[] = {side_from(measure, above, true), side_from(measure, below, false)};
  const auto both = [&](Interval (*g)(const Interval&)) {
    const Interval a = supremum(near[0], far[0], total, g), b = supremum(near[1], far[1], total, g);
    return Interval(std::max(a.lower, b.lower), std::max(a.upper, b.upper));
  };
  const Interval muckenhoupt = both(plain);
  const double least = both(weak).lower, greatest = both(strong).upper;
  LineConstants constants;
  constants.median = 0.5 * (measure.point(below) + measure.point(above));
  constants.poincare = {(Interval(1.0) / (Interval(4.0) * Interval(muckenhoupt.upper))).lower, (Interval(2.0) / Interval(muckenhoupt.lower)).upper};
  constants.log_sobolev = {(Interval(1.0) / (Interval(2.0) * Interval(greatest))).lower, (Interval(2.0) / Interval(least)).upper};
  constants.log_sobolev.upper = std::min(constants.log_sobolev.upper, constants.poincare.upper);
  constants.poincare.lower = std::max(constants.poincare.lower, constants.log_sobolev.lower);
  return constants;
}

} // namespace driftwell::bounds

// sup over x beyond the median of G(mu beyond x) int_median^x 1/p dx, G(m) = m, m log(1 + 1/(2m)) or m log(1 + e^2/m), all increasing.
// From above cell by cell: the mass beyond the near end times the integral up to the far end; from below at the points. Mass and
// integral are kept relative to p at the point, so that neither overflows: mu = p M, int 1/p = E/p.
#include "driftwell/bounds/log_sobolev.hpp"

#include "line_measure.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::bounds {

namespace {

/// The same measure seen from the other end.
LineMeasure mirrored(LineMeasure m) {
  std::reverse(m.cells.begin(), m.cells.end());
  std::reverse(m.nodes.begin(), m.nodes.end());
  return m;
}

/// sum of cells [from, to) relative to p = exp(-base).
Interval mass_between(const LineMeasure& m, std::size_t from, std::size_t to, const Interval& base) {
  Interval sum(0.0);
  for (std::size_t i = from; i < to; ++i) sum = sum + m.cells[i].mass * exp(base - m.cells[i].middle);
  return sum;
}

/// mu([x_i, right end)) / p(x_i)
std::vector<Interval> masses_beyond(const LineMeasure& m) {
  std::vector<Interval> beyond(m.nodes.size(), Interval(0.0));
  for (std::size_t i = m.cells.size(); i-- > 0;) beyond[i] = m.cells[i].mass * m.at_node(i, i) + beyond[i + 1] * m.ratio(i + 1, i);
  return beyond;
}

/// log(1 + factor/mu) for mu = exp(log_mu) however small; without a factor 1.
Interval weight(const Interval& log_mu, double factor) {
  if (factor == 0) return 1.0;
  const Interval large = log(Interval(factor)) - log_mu; // of factor/mu
  const auto softplus = [](double y) { return y > 30 ? Interval(y) + Interval(0.0, 1e-12) : log(Interval(1.0) + exp(Interval(y))); };
  return {softplus(large.lower).lower, softplus(large.upper).upper};
}

struct Suprema {
  double lower = 0, upper = 0;
};

/// Cells to the right of `below` (<= median) for the upper end, of `above` (>= median) for the lower one.
Suprema supremum(const LineMeasure& m, const Interval& total, const Interval& base, std::size_t below, std::size_t above, double factor_low, double factor_high) {
  const std::vector<Interval> beyond = masses_beyond(m);
  Suprema result;
  const auto pass = [&](std::size_t start, bool upper) {
    const double factor = upper ? factor_high : factor_low;
    Interval travelled(0.0); // p(x_i) int_start^x_i 1/p
    for (std::size_t i = start; i < m.cells.size(); ++i) {
      const Interval next = travelled * m.ratio(i + 1, i) + m.cells[i].inverse / m.at_node(i, i + 1);
      const std::size_t seen = upper ? i : i + 1;
      const Interval log_mu = log(beyond[seen]) + base - m.nodes[seen] - log(total);
      const Interval product = beyond[seen] * (upper ? next * m.ratio(i, i + 1) : next);
      const Interval value = product * weight(log_mu, factor);
      if (beyond[seen].upper > 0) upper ? result.upper = std::max(result.upper, value.upper) : result.lower = std::max(result.lower, value.lower);
      travelled = next;
    }
  };
  pass(below, true);
  pass(above, false);
  return result;
}

} // namespace

LineConstants line_constants(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  return line_constants(line_measure(LineOf(f, 0, {Interval(0.0)}), temperature, domain, cells));
}

LineConstants line_constants(const LineMeasure& measure) {
  const std::size_t n = measure.cells.size();
  double least = Interval::infinity;
  for (const LineCell& cell : measure.cells) least = std::min(least, cell.middle.lower);
  const Interval base(least), total = mass_between(measure, 0, n, base);
  std::size_t below = 0, above = n; // the median lies between these points
  Interval left(0.0);
  for (std::size_t i = 0; i <= n && above == n; ++i) {
    if (left.upper * 2 <= total.lower) below = i;
    if (left.lower * 2 >= total.upper) above = i;
    if (i < n) left = left + measure.cells[i].mass * exp(base - measure.cells[i].middle);
  }
  const LineMeasure mirror = mirrored(measure);
  const auto both = [&](double factor_low, double factor_high) {
    const Suprema a = supremum(measure, total, base, below, above, factor_low, factor_high);
    const Suprema b = supremum(mirror, total, base, n - above, n - below, factor_low, factor_high);
    return Interval(std::max(a.lower, b.lower), std::max(a.upper, b.upper));
  };
  const Interval muckenhoupt = both(0, 0), barthe = both(0.5, square(exp(Interval(1.0))).upper);
  LineConstants constants;
  constants.median = 0.5 * (measure.points[below] + measure.points[above]);
  constants.poincare = {(Interval(1.0) / (Interval(4.0) * Interval(muckenhoupt.upper))).lower, (Interval(2.0) / Interval(muckenhoupt.lower)).upper};
  constants.poincare = intersection(constants.poincare, poincare_by_trial(measure));
  constants.log_sobolev = {(Interval(1.0) / (Interval(2.0) * Interval(barthe.upper))).lower, (Interval(2.0) / Interval(barthe.lower)).upper};
  constants.log_sobolev.upper = std::min(constants.log_sobolev.upper, constants.poincare.upper);
  constants.poincare.lower = std::max(constants.poincare.lower, constants.log_sobolev.lower);
  return constants;
}

} // namespace driftwell::bounds

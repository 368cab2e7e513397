#include "line_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::bounds {

using expression::Expression;

namespace {

/// int over a cell of exp(sign (f - base)/T): h p(m) + h^3/24 p'', p'' = (s f'^2 + f'') s p with s = sign/T.
Interval integral(double sign, double temperature, double base, double step, const std::vector<Image>& cell, const Image& middle) {
  const Interval s = Interval(sign) / Interval(temperature), h(step);
  const auto density = [&](const Interval& f) { return exp(s * (f - Interval(base))); };
  const Interval everywhere = density(cell[0].range);
  const Interval coarse = h * everywhere;
  if (!cell[1].defined || !cell[1].continuous || !cell[2].defined) return coarse;
  const Interval second = (s * square(cell[1].range) + cell[2].range) * s * everywhere;
  const Interval fine = h * density(middle.range) + integer_power(h, 3) / Interval(24.0) * second;
  return second.bounded() ? intersection(coarse, fine) : coarse;
}

} // namespace

LineMeasure line_measure(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  if (!(temperature > 0) || !domain.bounded() || domain.is_empty() || domain.is_point() || cells < 2)
    throw std::invalid_argument("constants on a line need T > 0, a bounded interval and at least two cells");
  LineMeasure measure{std::vector<Interval>(cells), std::vector<Interval>(cells), domain.lower, (domain.upper - domain.lower) / static_cast<double>(cells)};
  const Expression slope = f.derivative(0);
  const expression::IntervalTape tape({f, slope, slope.derivative(0)}, 1);
  std::vector<std::vector<Image>> images(cells), middles(cells);
  double base = Interval::infinity;
  for (std::size_t i = 0; i < cells; ++i) {
    const Interval cell(measure.point(i), measure.point(i + 1)), middle(cell.middle());
    images[i] = tape({&cell, 1});
    middles[i] = tape({&middle, 1});
    if (!images[i][0].defined || !images[i][0].range.bounded())
      throw std::invalid_argument(fmt::format("the potential is not finite near {:.6g}", middle.lower));
    base = std::min(base, middles[i][0].range.middle());
  }
  for (std::size_t i = 0; i < cells; ++i) {
    measure.mass[i] = integral(-1, temperature, base, measure.step, images[i], middles[i][0]);
    measure.inverse[i] = integral(1, temperature, base, measure.step, images[i], middles[i][0]);
  }
  return measure;
}

} // namespace driftwell::bounds

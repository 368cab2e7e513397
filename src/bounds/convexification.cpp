// Parts that f does not couple have a product measure, whose constant is the least of theirs.
#include "convexification_parts.hpp"
#include "driftwell/bounds/curvature.hpp"
#include "line_measure.hpp"
#include "line_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr std::size_t line_cells = 4000, plane_cells = 96, space_cells = 24;

/// rho >= kappa/T with the convexity of the part itself.
Convexification bakry_emery(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box) {
  const ExpressionMatrix whole = hessian(f, box.size());
  ExpressionMatrix part;
  for (const std::size_t i : axes) {
    part.emplace_back();
    for (const std::size_t j : axes) part.back().push_back(whole[i][j]);
  }
  const expression::IntervalTape slopes(f.gradient(box.size()), box.size());
  for (const Image& slope : slopes(box))
    if (!slope.continuous || !slope.defined) return {};
  const Enclosure least = smallest_eigenvalue(part, box, {}, {1e-9, 1e-5, 5000});
  Convexification result;
  if (!least.defined || !(least.lower > 0)) return result;
  return {(Interval(least.lower) / Interval(temperature)).lower, least.lower, 0, true, {}};
}

/// The variables of other parts stand still.
Box part_of(const Box& box, const std::vector<std::size_t>& axes) {
  Box part = box;
  for (std::size_t i = 0; i < box.size(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) part[i] = box[i].middle();
  return part;
}

Convexification of_part(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box) {
  const Box part = part_of(box, axes);
  if (axes.size() == 1) return convexify_line(LineOf(f, axes[0], part), temperature, box[axes[0]], line_cells);
  const Convexification convex = bakry_emery(f, axes, temperature, part);
  const Convexification perturbed = axes.size() > 3 ? convexify_by_quadratic(f, axes, temperature, part)
                                                    : convexify_grid(f, axes, temperature, part, axes.size() == 2 ? plane_cells : space_cells);
  return convex.rho >= perturbed.rho && convex.holds ? convex : perturbed;
}

LowerBound lower_of_part(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box) {
  const Convexification convex = of_part(f, axes, temperature, box);
  LowerBound best;
  if (convex.holds) best = {convex.rho, fmt::format("Holley-Stroock, kappa = {:.4g}, osc U = {:.4g}", convex.kappa, convex.oscillation)};
  if (axes.size() > 1) return best;
  const LineOf line(f, axes[0], part_of(box, axes));
  if (LowerBound split = split_line(line, temperature, box[axes[0]]); split.rho > best.rho) best = std::move(split);
  try {
    const double criterion = line_constants(line_measure(line, temperature, box[axes[0]], line_cells)).log_sobolev.lower;
    if (criterion > best.rho) best = {criterion, "Barthe-Roberto"};
  } catch (const std::invalid_argument&) { // f jumps or is not finite
  }
  return best;
}

void require_box(double temperature, const Box& box) {
  if (!(temperature > 0) || box.empty()) throw std::invalid_argument("best convexification needs T > 0 and a box");
  for (const Interval& side : box)
    if (!side.bounded() || side.is_empty() || side.is_point()) throw std::invalid_argument("best convexification needs a box with bounded sides");
}

} // namespace

Convexification concluded(double kappa, double oscillation, double temperature) {
  Convexification result{0, kappa, oscillation, false, {}};
  result.rho = (Interval(kappa) / Interval(temperature) * exp(-(Interval(oscillation) / Interval(temperature)))).lower;
  result.holds = result.rho > 0;
  if (!result.holds) result.reason = "the perturbation left by every convex part is too large for a positive bound in double precision";
  return result;
}

LowerBound log_sobolev_lower(const Expression& f, double temperature, const Box& box) {
  require_box(temperature, box);
  LowerBound least;
  bool first = true;
  for (const std::vector<std::size_t>& axes : coupled_variables(f, box.size())) {
    LowerBound part = lower_of_part(f, axes, temperature, box);
    if (first || part.rho < least.rho) least = std::move(part);
    first = false;
  }
  return least;
}

Convexification best_convexification(const Expression& f, double temperature, const Box& box) {
  require_box(temperature, box);
  Convexification least;
  bool first = true;
  for (const std::vector<std::size_t>& axes : coupled_variables(f, box.size())) {
    const Convexification part = of_part(f, axes, temperature, box);
    if (!part.holds) return part;
    if (first || part.rho < least.rho) least = part;
    first = false;
  }
  return least;
}

} // namespace driftwell::bounds

#include "field_bound.hpp"

#include "curvature.hpp"
#include "driftwell/bounds/range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace driftwell::theorems {

FieldBound field_bound(const std::vector<Expression>& field, const bounds::Box& box, double size) {
  FieldBound result;
  result.size = size;
  result.by_form = std::all_of(field.begin(), field.end(), [](const Expression& v) { return v.is_constant(0.0); });
  if (result.by_form) return result;
  const bounds::Enclosure most = bounds::largest_norm(field, box, {1e-6 * size, 1e-3, 20'000, 10'000'000});
  result.defined = most.defined;
  result.point = most.point;
  result.lower = most.point.empty() ? 0 : most.lower;
  result.upper = most.defined ? most.upper : std::numeric_limits<double>::infinity();
  return result;
}

std::string FieldBound::words(const Model& model) const {
  if (by_form) return "vanishes as a formula";
  if (differs()) return fmt::format("is {:.6g} at {}", lower, place_in(model, point));
  if (!defined) return "vanishes at the points of the grid; between them it may be undefined";
  if (upper <= 1e-3 * size) return fmt::format("is at most {:.1g} of its terms in the whole box, by intervals", size > 0 ? upper / size : 0);
  return fmt::format("vanishes at the points of the grid; between them intervals say only that it is at most {:.1g} of its terms", size > 0 ? upper / size : 0);
}

} // namespace driftwell::theorems

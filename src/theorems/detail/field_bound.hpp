#pragma once
// Does a field of formulas vanish in the whole box, and not only where a grid has points?
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"
#include "driftwell/model/model.hpp"

#include <string>
#include <vector>

namespace driftwell::theorems {

using expression::Expression;

/// lower <= max |v(x)| over the box <= upper, by intervals; `by_form`: all components are the formula 0.
struct FieldBound {
  bool by_form = false;
  double lower = 0, upper = 0;
  bool defined = true;           ///< false: v may be undefined somewhere, and `upper` says nothing
  std::vector<double> point{};   ///< where |v| >= lower
  double size = 0;               ///< what v is small beside

  /// Rigorous, but for what rounding of the constants in a formula makes of 0: more than 1e-10 of the size.
  [[nodiscard]] bool differs() const { return !by_form && lower > 1e-10 * size; }
  /// "vanishes as a formula"; "|.| <= 2e-07 in the whole box"; or that only the points of the grid say so.
  [[nodiscard]] std::string words(const Model& model) const;
};

/// Branch and bound, at most some tenths of a second; stops where max |v| is known to 1e-6 of `size`.
[[nodiscard]] FieldBound field_bound(const std::vector<Expression>& field, const bounds::Box& box, double size);

} // namespace driftwell::theorems

#pragma once
// Extremes of formulas over boxes, rigorous: natural interval extension, mean-value form, and first-order conditions where
// the formula is continuous with a bounded gradient.
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"

namespace driftwell::bounds {

using expression::Expression;

[[nodiscard]] Enclosure minimum(const Expression& f, const Box& box, const Search& search = {});
[[nodiscard]] Enclosure maximum(const Expression& f, const Box& box, const Search& search = {});

/// osc f = max f - min f, enclosed by [lower, upper].
struct Oscillation {
  Enclosure smallest, largest;
  double lower = 0, upper = 0;
};
[[nodiscard]] Oscillation oscillation(const Expression& f, const Box& box, const Search& search = {});

/// max |g(x)| of a vector field (Euclidean), as grad f or a drift.
[[nodiscard]] Enclosure largest_norm(const std::vector<Expression>& g, const Box& box, const Search& search = {});

} // namespace driftwell::bounds

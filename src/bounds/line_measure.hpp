#pragma once
// exp(-f/T) on an interval: rigorous integrals over cells.
#include "driftwell/expression/expression.hpp"

#include "detail.hpp"

namespace driftwell::bounds {

struct LineMeasure {
  std::vector<Interval> mass;    ///< int of p = exp(-(f - base)/T) over each cell
  std::vector<Interval> inverse; ///< int of 1/p
  double left, step;             ///< cell i is [left + i step, left + (i+1) step]
  [[nodiscard]] double point(std::size_t i) const { return left + static_cast<double>(i) * step; }
};

/// Midpoint rule with the interval of the second derivative for its error, or h times the range where f has corners. base: about min f.
/// Throws std::invalid_argument where f is not finite.
[[nodiscard]] LineMeasure line_measure(const expression::Expression& f, double temperature, const Interval& domain, std::size_t cells);

} // namespace driftwell::bounds

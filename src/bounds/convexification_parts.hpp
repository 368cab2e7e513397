#pragma once
// Convexification of one group of coupled variables; the others stand still.
#include "driftwell/bounds/log_sobolev.hpp"

#include "detail.hpp"

namespace driftwell::bounds {

/// rho = (kappa/T) exp(-osc/T), rounded down.
[[nodiscard]] Convexification concluded(double kappa, double oscillation, double temperature);

/// f, f' and f'' along one axis.
class LineOf {
public:
  LineOf(const Expression& f, std::size_t axis, Box base);
  [[nodiscard]] std::vector<Image> operator()(const Interval& x) const;

private:
  std::size_t axis_;
  Box base_;
  expression::IntervalTape tape_;
};

[[nodiscard]] Convexification convexify_line(const LineOf& f, double temperature, const Interval& domain, std::size_t cells);
/// Two or three axes of `box`; the others of `box` are points.
[[nodiscard]] Convexification convexify_grid(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box,
                                             std::size_t cells_an_axis);
/// V quadratic; any number of axes.
[[nodiscard]] Convexification convexify_by_quadratic(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box);

} // namespace driftwell::bounds

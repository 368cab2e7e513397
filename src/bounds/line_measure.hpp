#pragma once
// p = exp(-f/T) on cells of an interval, rigorous and without overflow: everything in a cell is relative to p at its middle.
#include "driftwell/bounds/log_sobolev.hpp"

#include "convexification_parts.hpp"
#include "detail.hpp"

namespace driftwell::bounds {

struct LineCell {
  Interval mass;      ///< int p / p(m)
  Interval inverse;   ///< int p(m) / p
  Interval first;     ///< int (x - m) p / p(m)
  Interval second;    ///< int (x - m)^2 p / p(m)
  Interval density;   ///< p / p(m)
  Interval slope;     ///< f'/T; the whole line where f has a corner
  Interval curvature; ///< f''/T
  Interval middle;    ///< f(m)/T
};

struct LineMeasure {
  std::vector<LineCell> cells;
  std::vector<double> points;  ///< ends of cells
  std::vector<Interval> nodes; ///< f/T there
  [[nodiscard]] Interval width(std::size_t cell) const { return Interval(points[cell + 1]) - Interval(points[cell]); }
  /// p(m_i) / p(x_node)
  [[nodiscard]] Interval at_node(std::size_t cell, std::size_t node) const { return exp(nodes[node] - cells[cell].middle); }
  /// p(x_a) / p(x_b)
  [[nodiscard]] Interval ratio(std::size_t a, std::size_t b) const { return exp(nodes[b] - nodes[a]); }
};

/// `cells` equal cells, halved until f/T changes by at most 0.2 in each (or ten times). Midpoint rule with the interval of the second derivative for its error, or h times the range where f has corners.
/// Throws std::invalid_argument where f is not finite.
[[nodiscard]] LineMeasure line_measure(const LineOf& f, double temperature, const Interval& domain, std::size_t cells);

/// As line_constants of a formula.
[[nodiscard]] LineConstants line_constants(const LineMeasure& measure);

/// lambda_P of the measure, tightly: an approximate eigenfunction, a lower bound by Chen & Wang's formula, an upper one by Rayleigh's.
/// The whole positive line where f has corners.
[[nodiscard]] Interval poincare_by_trial(const LineMeasure& measure);

} // namespace driftwell::bounds

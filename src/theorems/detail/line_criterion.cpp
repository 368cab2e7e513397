#include "line_criterion.hpp"

#include "driftwell/core/error.hpp"

#include <cmath>
#include <vector>

namespace driftwell::theorems {

namespace {

/// Cells in order from the cut on, and what an edge opposes: T / (two-way steady flow), int dx / (D rho) across it.
struct Line {
  std::vector<double> mass, resistance; ///< of cell i; of the edge from cell i to i + 1
};

Line line_of(const Generator& generator, const SteadyState& steady) {
  const Axis& axis = generator.grid().axis(0);
  const std::size_t n = axis.cells;
  std::size_t first = 0;
  if (axis.periodic())
    for (std::size_t i = 0; i < n; ++i)
      if (steady.p[static_cast<Eigen::Index>(i)] < steady.p[static_cast<Eigen::Index>(first)]) first = i;
  const Stencil::Edges& edges = generator.rates().edges()[0];
  Line line;
  for (std::size_t i = 0; i < n; ++i) {
    const auto k = static_cast<Eigen::Index>((first + i) % n), l = static_cast<Eigen::Index>((first + i + 1) % n);
    line.mass.push_back(steady.p[k]);
    if (i + 1 == n) break;
    const double flow = (std::exp(steady.log_p[k]) * edges.up[k] + std::exp(steady.log_p[l]) * edges.down_data()[k]) / 2;
    if (!(flow > 0)) throw NumericalFailure("log-Sobolev criterion: rho_ss underflows inside the box");
    line.resistance.push_back(generator.temperature() / flow);
  }
  return line;
}

/// max b and max B over one side: masses beyond the faces and resistances from the median to them, outwards.
struct Side {
  double b = 0, B = 0;
  void meet(double mass, double resistance) {
    if (!(mass > 0) || !(resistance > 0)) return;
    b = std::max(b, mass * std::log1p(1 / (2 * mass)) * resistance);
    B = std::max(B, mass * std::log1p(std::exp(2.0) / mass) * resistance);
  }
};

} // namespace

LineCriterion line_criterion(const Generator& generator, const SteadyState& steady) {
  const Line line = line_of(generator, steady);
  const std::size_t n = line.mass.size();
  // At face i (above cell i - 1): mass below, mass above (each summed from its own end), resistance from the lowest face.
  std::vector<double> below(n + 1, 0), above(n + 1, 0), resistance(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) below[i + 1] = below[i] + line.mass[i];
  for (std::size_t i = n; i-- > 0;) above[i] = above[i + 1] + line.mass[i];
  for (std::size_t i = 1; i <= n; ++i) {
    const double before = i >= 2 ? line.resistance[i - 2] : line.resistance.front(), after = i < n ? line.resistance[i - 1] : line.resistance.back();
    resistance[i] = resistance[i - 1] + (before + after) / 2;
  }
  std::size_t middle = 0; // the cell that holds the median
  while (middle + 1 < n && below[middle + 1] < 0.5) ++middle;
  const double share = (0.5 - below[middle]) / line.mass[middle];
  const double median = resistance[middle] + share * (resistance[middle + 1] - resistance[middle]);
  Side left, right;
  for (std::size_t i = 1; i < n; ++i) {
    if (i <= middle) left.meet(below[i], median - resistance[i]);
    else right.meet(above[i], resistance[i] - median);
  }
  const bool ring = generator.grid().axis(0).periodic();
  return {1 / (2 * std::max(left.B, right.B)), ring ? std::numeric_limits<double>::infinity() : 2 / std::max(left.b, right.b)};
}

} // namespace driftwell::theorems

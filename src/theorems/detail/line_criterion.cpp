#include "line_criterion.hpp"

#include "driftwell/core/error.hpp"

#include <cmath>
#include <vector>

namespace driftwell::theorems {

namespace {

/// Cells in order, and what an edge opposes: T / (two-way steady flow), int dx / (D rho) across it.
struct Line {
  std::vector<double> mass, resistance; ///< of cell i; of the edge from cell i to i + 1
};

/// A ring is opened where rho_ss is least. Tails where it underflows are left out.
Line line_of(const Generator& generator, const SteadyState& steady) {
  const Axis& axis = generator.grid().axis(0);
  const std::size_t n = axis.cells;
  const auto p = [&](std::size_t i) { return steady.p[static_cast<Eigen::Index>(i % n)]; };
  std::size_t first = 0, last = n - 1;
  if (axis.periodic()) {
    for (std::size_t i = 0; i < n; ++i)
      if (p(i) < p(first)) first = i;
    last = first + n - 1;
  }
  while (first < last && p(first) < 1e-290) ++first;
  while (last > first && p(last) < 1e-290) --last;
  const Stencil::Edges& edges = generator.rates().edges()[0];
  Line line;
  for (std::size_t i = first; i <= last; ++i) {
    line.mass.push_back(p(i));
    if (i == last) break;
    const auto k = static_cast<Eigen::Index>(i % n);
    const double flow = (p(i) * edges.up[k] + p(i + 1) * edges.down_data()[k]) / 2;
    if (!(flow > 0)) throw NumericalFailure("log-Sobolev criterion: rho_ss underflows inside the box");
    line.resistance.push_back(generator.temperature() / flow);
  }
  if (line.mass.size() < 4) throw NumericalFailure("log-Sobolev criterion: rho_ss lives on fewer than four cells");
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
  // Masses beyond face i (below cell i), each summed from its own end, and the resistance of cell i from face to face.
  std::vector<double> below(n + 1, 0), above(n + 1, 0), across(n, 0);
  for (std::size_t i = 0; i < n; ++i) below[i + 1] = below[i] + line.mass[i];
  for (std::size_t i = n; i-- > 0;) above[i] = above[i + 1] + line.mass[i];
  for (std::size_t i = 0; i < n; ++i) across[i] = (line.resistance[i > 0 ? i - 1 : 0] + line.resistance[std::min(i, n - 2)]) / 2;
  std::size_t middle = 0; // the cell that holds the median
  while (middle + 1 < n && below[middle + 1] < below[n] / 2) ++middle;
  const double share = (below[n] / 2 - below[middle]) / line.mass[middle];
  Side left, right;
  double resistance = share * across[middle];
  for (std::size_t i = middle; i > 0; resistance += across[--i]) left.meet(below[i], resistance);
  resistance = (1 - share) * across[middle];
  for (std::size_t i = middle + 1; i < n; resistance += across[i++]) right.meet(above[i], resistance);
  const bool ring = generator.grid().axis(0).periodic();
  return {1 / (2 * std::max(left.B, right.B)), ring ? std::numeric_limits<double>::infinity() : 2 / std::max(left.b, right.b)};
}

} // namespace driftwell::theorems

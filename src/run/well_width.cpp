#include "well_width.hpp"

#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

using Eigen::Index;

double bend_of_cells(const Grid& grid, std::size_t a, const SteadyState& steady) {
  const Axis& axis = grid.axis(a);
  const std::size_t stride = grid.stride(a), n = axis.cells;
  if (n < 3) return 0;
  std::vector<double> log_width(n); // of the volumes only these differ along the axis
  for (std::size_t i = 0; i < n; ++i) log_width[i] = std::log(axis.width(i));
  return deterministic_sum(grid.size(), [&](std::size_t k) {
    const std::size_t i = grid.coordinate(k, a);
    if (!axis.periodic() && (i == 0 || i + 1 == n)) return 0.0;
    const std::size_t below = i == 0 ? n - 1 : i - 1, above = i + 1 == n ? 0 : i + 1, first = k - i * stride;
    const auto log_rho = [&](std::size_t j) { return steady.log_p[static_cast<Index>(first + j * stride)] - log_width[j]; };
    const double here = log_rho(i), up = log_rho(above) - here, down = here - log_rho(below);
    const double bend = (up / axis.step(i) - down / axis.step(below)) * axis.width(i);
    return std::isfinite(bend) ? steady.p[static_cast<Index>(k)] * std::abs(bend) : 0.0;
  });
}

std::optional<std::string> unresolved_wells(const Grid& grid, const std::vector<std::string>& names, const SteadyState& steady) {
  std::string axes;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const double bend = bend_of_cells(grid, a, steady);
    if (bend > 1)
      axes += fmt::format("{}{} (cells {:.1f} times as wide as the well: take {})", axes.empty() ? "" : ", ", names[a], std::sqrt(bend),
                          std::ceil(static_cast<double>(grid.axis(a).cells) * std::sqrt(2 * bend)));
  }
  if (axes.empty()) return std::nullopt;
  return "the cells do not resolve the wells along " + axes + "; error bars may say too little";
}

} // namespace driftwell::run

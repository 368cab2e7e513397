#include "driftwell/ensemble_observables/merged_cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace driftwell {

namespace {

constexpr double particles_a_cell = 25;
constexpr std::size_t fewest_cells = 4;

std::size_t factor_for(const Grid& fine, std::size_t particles) {
  std::size_t factor = 1;
  const auto cells = [&](std::size_t by) {
    double product = 1;
    for (const Axis& axis : fine.axes()) product *= std::ceil(static_cast<double>(axis.cells) / static_cast<double>(by));
    return product;
  };
  const auto can = [&](std::size_t by) { return std::all_of(fine.axes().begin(), fine.axes().end(), [by](const Axis& a) { return a.cells / by >= fewest_cells; }); };
  while (cells(factor) * particles_a_cell > static_cast<double>(particles) && can(2 * factor)) factor *= 2;
  return factor;
}

/// Faces are every `factor`-th face of the fine axis: cells may be unequal, so they are given one by one.
Axis merged_axis(const Axis& fine, std::size_t factor) {
  if (factor == 1) return fine;
  const std::size_t cells = (fine.cells + factor - 1) / factor;
  auto stretching = std::make_shared<Stretching>();
  for (std::size_t i = 0; i <= cells; ++i) stretching->faces.push_back(fine.face(std::min(i * factor, fine.cells)));
  for (std::size_t i = 0; i < cells; ++i) {
    stretching->centres.push_back((stretching->faces[i] + stretching->faces[i + 1]) / 2);
    stretching->log_widths.push_back(std::log(stretching->faces[i + 1] - stretching->faces[i]));
  }
  return {fine.lower, fine.upper, cells, fine.sides, stretching};
}

Grid merged(const Grid& fine, std::size_t factor) {
  std::vector<Axis> axes;
  for (const Axis& axis : fine.axes()) axes.push_back(merged_axis(axis, factor));
  return Grid(std::move(axes));
}

} // namespace

MergedCells::MergedCells(const Grid& fine, std::size_t particles) : fine_(fine), factor_(factor_for(fine, particles)), merged_(merged(fine, factor_)) {}

std::size_t MergedCells::merged_of(std::size_t cell) const {
  std::size_t k = 0;
  for (std::size_t a = 0; a < fine_.dimension(); ++a) k += fine_.coordinate(cell, a) / factor_ * merged_.stride(a);
  return k;
}

std::vector<double> MergedCells::sums(const Eigen::VectorXd& fine) const {
  std::vector<double> total(merged_.size(), 0.0);
  for (std::size_t k = 0; k < fine_.size(); ++k) total[merged_of(k)] += fine[static_cast<Eigen::Index>(k)];
  return total;
}

std::vector<double> MergedCells::log_probabilities(const Eigen::VectorXd& log_fine) const {
  std::vector<double> largest(merged_.size(), -std::numeric_limits<double>::infinity()), total(merged_.size(), 0.0);
  for (std::size_t k = 0; k < fine_.size(); ++k) {
    double& m = largest[merged_of(k)];
    m = std::max(m, log_fine[static_cast<Eigen::Index>(k)]);
  }
  for (std::size_t k = 0; k < fine_.size(); ++k) total[merged_of(k)] += std::exp(log_fine[static_cast<Eigen::Index>(k)] - largest[merged_of(k)]);
  for (std::size_t k = 0; k < total.size(); ++k) total[k] = largest[k] + std::log(total[k]);
  return total;
}

} // namespace driftwell

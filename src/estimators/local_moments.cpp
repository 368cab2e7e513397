#include "estimators/local_moments.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::estimators {

using Eigen::Index;
using Eigen::MatrixXd;

namespace {

constexpr std::size_t longest_matrix = 128; ///< cells: up to there products with dense matrices beat sums over the taps

std::vector<double> taps_of(Smoother::Kernel kernel, double width_in_cells, std::size_t cells) {
  const bool box = kernel == Smoother::Kernel::box;
  std::vector<double> taps{1.0};
  for (std::size_t i = 1; i < cells && static_cast<double>(i) <= (box ? 1 : 4) * width_in_cells; ++i)
    taps.push_back(box ? 1.0 : std::exp(-0.5 * std::pow(static_cast<double>(i) / width_in_cells, 2)));
  return taps;
}

} // namespace

Smoother::Smoother(const Grid& grid, const std::vector<double>& h, Kernel kernel) : grid_(grid) {
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const Axis& axis = grid.axis(a);
    const std::vector<double>& taps = taps_.emplace_back(taps_of(kernel, h[a] / axis.spacing(), axis.cells));
    MatrixXd& K = matrices_.emplace_back();
    if (axis.cells > longest_matrix) continue;
    const auto n = static_cast<Index>(axis.cells);
    K = MatrixXd::Zero(n, n);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j)
        if (const auto distance = static_cast<std::size_t>(std::abs(i - j)); distance < taps.size()) K(i, j) = taps[distance];
  }
}

void Smoother::apply(double* values) const {
  for (std::size_t a = 0; a < grid_.dimension(); ++a) along(a, values);
}

void Smoother::along(std::size_t axis, double* values) const {
  const std::size_t n = grid_.axis(axis).cells, s = grid_.stride(axis);
  if (const MatrixXd& K = matrices_[axis]; K.size() > 0) {
    const auto rows = static_cast<Index>(s), cells = static_cast<Index>(n);
    if (s == 1) {
      Eigen::Map<MatrixXd> lines(values, cells, static_cast<Index>(grid_.size()) / cells);
      lines = (K * lines).eval();
      return;
    }
    for (std::size_t start = 0; start < grid_.size(); start += n * s) {
      Eigen::Map<MatrixXd> lines(values + start, rows, cells);
      lines = (lines * K).eval();
    }
    return;
  }
  const std::vector<double>& weight = taps_[axis];
  std::vector<double> line(n);
  for (std::size_t start = 0; start < grid_.size(); ++start) {
    if (grid_.coordinate(start, axis) != 0) continue;
    for (std::size_t i = 0; i < n; ++i) line[i] = values[start + i * s];
    for (std::size_t i = 0; i < n; ++i) {
      double sum = weight[0] * line[i];
      const std::size_t down = std::min(i, weight.size() - 1), up = std::min(n - 1 - i, weight.size() - 1);
      for (std::size_t j = 1; j <= down; ++j) sum += weight[j] * line[i - j];
      for (std::size_t j = 1; j <= up; ++j) sum += weight[j] * line[i + j];
      values[start + i * s] = sum;
    }
  }
}

} // namespace driftwell::estimators

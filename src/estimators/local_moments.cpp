#include "estimators/local_moments.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::estimators {

std::vector<double> gaussian_taps(double width_in_cells, std::size_t cells) {
  std::vector<double> taps;
  for (std::size_t i = 0; i < cells && static_cast<double>(i) <= 4 * width_in_cells; ++i)
    taps.push_back(std::exp(-0.5 * std::pow(static_cast<double>(i) / width_in_cells, 2)));
  return taps;
}

std::vector<double> box_taps(double width_in_cells, std::size_t cells) {
  const auto reach = static_cast<std::size_t>(std::clamp(std::floor(width_in_cells), 0.0, static_cast<double>(cells - 1)));
  return std::vector<double>(reach + 1, 1.0);
}

void smooth(const Grid& grid, const std::vector<std::vector<double>>& taps, double* values) {
  std::vector<double> line;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const std::size_t n = grid.axis(a).cells, s = grid.stride(a);
    const std::vector<double>& weight = taps[a];
    line.resize(n);
    for (std::size_t start = 0; start < grid.size(); ++start) {
      if (grid.coordinate(start, a) != 0) continue;
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
}

} // namespace driftwell::estimators

#pragma once
// Histograms of a cloud on a grid of the density side.
#include "driftwell/estimators/estimate.hpp"
#include "driftwell/grid/grid.hpp"

#include <cstdint>
#include <vector>

namespace driftwell::estimators {

/// Counts in the cells of a grid (last axis contiguous). Cells are half open [face, next face), the last one closed;
/// periodic axes take particles from any image; on other axes what lies beyond the ends is counted in `outside`.
class Histogram {
public:
  explicit Histogram(Grid grid);
  /// One column an axis of the grid. NumericalFailure for a coordinate that is not finite, std::invalid_argument for
  /// another number of columns.
  void add(Columns columns, std::size_t n);
  void merge(const Histogram& other); ///< std::invalid_argument unless both grids have the same faces

  [[nodiscard]] const Grid& grid() const { return grid_; }
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t inside() const { return total_ - outside_; }
  [[nodiscard]] std::uint64_t outside() const { return outside_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }

  /// Probability of cell k: p = count / total, error sqrt(p (1 - p) / total) (multinomial). Empty cells, and cells with all
  /// particles, have the error of half a particle more or less, p = 1/2 / total: 0 +- 0 would claim certainty. NumericalFailure without particles.
  [[nodiscard]] std::vector<Estimate> probabilities() const;
  /// The same divided by the volume of the cell.
  [[nodiscard]] std::vector<Estimate> density() const;

private:
  Grid grid_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0, outside_ = 0;
};

/// Histogram of some variables of a cloud: variable axes[a] of the columns on axis a of the grid.
[[nodiscard]] Histogram histogram(const Grid& grid, Columns columns, std::size_t n, std::span<const std::size_t> axes);
[[nodiscard]] Histogram histogram(const Grid& grid, Columns columns, std::size_t n); ///< all of them

} // namespace driftwell::estimators

#pragma once
// A grid whose cells are unions of the cells of another one: for histograms of few particles.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell {

class MergedCells {
public:
  /// The finest merging, by a power of 2 along every axis alike, that leaves 25 of `particles` a cell; at least 4 cells an axis.
  MergedCells(const Grid& fine, std::size_t particles);

  [[nodiscard]] const Grid& grid() const { return merged_; }
  /// Cells of the fine grid that make one of the merged along each axis (the last one may have fewer).
  [[nodiscard]] std::size_t factor() const { return factor_; }
  /// Sums of cell values.
  [[nodiscard]] std::vector<double> sums(const Eigen::VectorXd& fine) const;
  /// log of the sums of exp(fine): no underflow.
  [[nodiscard]] std::vector<double> log_probabilities(const Eigen::VectorXd& log_fine) const;

private:
  [[nodiscard]] std::size_t merged_of(std::size_t cell) const;

  Grid fine_;
  std::size_t factor_;
  Grid merged_;
};

} // namespace driftwell

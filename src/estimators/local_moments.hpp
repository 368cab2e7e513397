#pragma once
// Sums over cells smoothed by a product of kernels, axis by axis.
#include "driftwell/grid/grid.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell::estimators {

class Smoother {
public:
  enum class Kernel { gaussian, ///< exp(-(distance/h)^2/2) up to 4 h
                      box };    ///< 1 up to h
  /// One h an axis; the distances are those of centres.
  Smoother(const Grid& grid, const std::vector<double>& h, Kernel kernel = Kernel::gaussian);

  /// In place: v_k <- sum_l kernel(k, l) v_l.
  void apply(double* values) const;

private:
  void along(std::size_t axis, double* values) const;

  const Grid& grid_;
  std::vector<std::vector<double>> taps_;  ///< of an axis: the kernel at 0, 1, ... cells
  std::vector<Eigen::MatrixXd> matrices_;  ///< the same as a matrix; empty where the axis is long and the kernel is not
};

} // namespace driftwell::estimators

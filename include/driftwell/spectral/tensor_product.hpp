#pragma once
// Products of a small dense matrix with one axis of a tensor.
#include <cstddef>
#include <vector>

#include <Eigen/Core>

namespace driftwell {

/// y_{p i q} = (or +=) scale_i sum_j M_ij x_{p j q}: p runs over the axes before, q over the axes after.
class AxisMatrix {
public:
  AxisMatrix() = default;
  /// Shape of the tensor: `before` x n x `after`, n the size of the square matrix.
  AxisMatrix(const Eigen::MatrixXd& matrix, std::size_t before, std::size_t after);

  /// Sums run in a fixed order: same bits for any number of threads and any instruction set. x and y must not overlap.
  void multiply(const double* x, double* y) const;
  void multiply_add(const double* x, double* y) const;

  [[nodiscard]] double operations() const { return 2.0 * static_cast<double>(before_ * after_ * n_ * n_); }

private:
  template <bool add> void run(const double* x, double* y) const;
  template <bool add> void run_inner(const double* x, double* y) const;
  template <bool add> void run_last(const double* x, double* y) const;

  std::size_t n_ = 0, before_ = 0, after_ = 0, padded_ = 0;
  std::vector<double> entries_; ///< row by row; of the last axis column by column, each padded
};

} // namespace driftwell

#pragma once
// The symmetric part of a spectral operator where the noise is a matrix that depends on the place:
//
//   S = sum_ab A_a^T kappa_ab(x) A_b,   A_a = d_a + (d_a f) / (2 theta),   kappa = T D
//
// One dense matrix an axis there and back. S is positive semi-definite whatever the matrices are, so nothing can grow.
#include "driftwell/spectral/tensor_product.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <vector>

namespace driftwell {

class TensorDecay {
public:
  /// kappa_ab at the nodes, row by row of its lower triangle: 00, 10, 11, 20, ...
  TensorDecay(std::size_t dimension, std::vector<Eigen::VectorXd> kappa) : dimension_(dimension), kappa_(std::move(kappa)) {}

  /// The axes in their order: `A` acts along the axis, `rest` is what it misses of (d_a f) / (2 theta) at the nodes. Shape of the tensor: before x n x after.
  void add_axis(const Eigen::MatrixXd& A, Eigen::VectorXd rest, std::size_t before, std::size_t after);

  /// y = -S u. Not from two threads at the same time.
  void apply(const double* u, double* y) const;
  /// Multiplications and additions of one product.
  [[nodiscard]] double operations() const;

  [[nodiscard]] const Eigen::VectorXd& kappa(std::size_t a, std::size_t b) const { return kappa_[a < b ? place(b, a) : place(a, b)]; }
  /// sum_ab j_a (kappa^-1)_ab j_b at node k.
  [[nodiscard]] double inverse_form(const Eigen::VectorXd& j, Eigen::Index k) const;
  /// The node where the smallest eigenvalue of kappa is least beside the largest, and this ratio.
  struct Flattest {
    Eigen::Index node;
    double ratio;
  };
  [[nodiscard]] Flattest flattest() const;

private:
  [[nodiscard]] static std::size_t place(std::size_t row, std::size_t column) { return row * (row + 1) / 2 + column; }
  [[nodiscard]] Eigen::MatrixXd at(Eigen::Index k) const;

  std::size_t dimension_;
  std::vector<Eigen::VectorXd> kappa_, rest_;
  std::vector<AxisMatrix> gradient_, divergence_; ///< A_a, -A_a^T
  mutable std::vector<Eigen::VectorXd> work_;
};

} // namespace driftwell

#pragma once
// The slowest eigenvalues and vectors of a large operator through its resolvent.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <Eigen/Core>

#include <complex>
#include <utility>
#include <vector>

namespace driftwell {

/// x -> (I - gamma A)^-1 x with the known null vector taken out before and after: right (I) is it, left^T its partner,
/// left . right = 1. Empty vectors: nothing to take out.
class Resolvent {
public:
  using Scalar = double;
  Resolvent(const Stencil& A, double gamma, Eigen::VectorXd right, Eigen::VectorXd left)
      : size_(static_cast<Eigen::Index>(A.size())), factor_(A, 1.0, -gamma), right_(std::move(right)), left_(std::move(left)) {}

  [[nodiscard]] Eigen::Index rows() const { return size_; }
  [[nodiscard]] Eigen::Index cols() const { return size_; }
  void perform_op(const double* x, double* y) const {
    poll_interrupt();
    Eigen::VectorXd in = Eigen::Map<const Eigen::VectorXd>(x, size_);
    deflate(in);
    Eigen::VectorXd out = factor_.solve(in);
    deflate(out);
    Eigen::Map<Eigen::VectorXd>(y, size_) = out;
  }

  void deflate(Eigen::Ref<Eigen::VectorXd> v) const {
    if (right_.size()) v -= left_.dot(v) * right_;
  }

private:
  Eigen::Index size_;
  SparseFactor factor_;
  Eigen::VectorXd right_, left_;
};

/// Order of the spectrum: by descending real part; of a pair the positive imaginary part first.
[[nodiscard]] bool slower(const std::complex<double>& a, const std::complex<double>& b);

struct Ritz {
  std::vector<std::complex<double>> values;
  Eigen::MatrixXcd vectors; ///< columns, of unit length; empty unless asked for
};

/// The `wanted` slowest eigenvalues of A, from Krylov spaces of its resolvent at gamma. Throws NumericalFailure.
[[nodiscard]] Ritz slowest_symmetric(Resolvent& op, Eigen::Index wanted, double gamma, bool vectors);
[[nodiscard]] Ritz slowest_general(const Resolvent& op, Eigen::Index wanted, double gamma, bool vectors);

} // namespace driftwell

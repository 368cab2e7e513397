#pragma once
// The slowest eigenvalues and vectors of a large operator through its resolvent.
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <Eigen/Core>

#include <complex>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace driftwell {

/// x -> (I - gamma A)^-1 x with the known null vector taken out before and after: right (I) is it, left^T its partner,
/// left . right = 1. Empty vectors: nothing to take out.
class Resolvent {
public:
  using Scalar = double;
  using Solve = std::function<Eigen::VectorXd(const Eigen::VectorXd&)>;
  Resolvent(const Stencil& A, double gamma, Eigen::VectorXd right, Eigen::VectorXd left)
      : Resolvent(static_cast<Eigen::Index>(A.size()), [factor = std::make_shared<SparseFactor>(A, 1.0, -gamma)](const Eigen::VectorXd& v) { return factor->solve(v); },
                  std::move(right), std::move(left)) {}
  /// By any way to solve (I - gamma A) x = v.
  Resolvent(Eigen::Index size, Solve solve, Eigen::VectorXd right, Eigen::VectorXd left)
      : size_(size), solve_(std::move(solve)), right_(std::move(right)), left_(std::move(left)) {}

  [[nodiscard]] Eigen::Index rows() const { return size_; }
  [[nodiscard]] Eigen::Index cols() const { return size_; }
  void perform_op(const double* x, double* y) const {
    poll_interrupt();
    Eigen::VectorXd in = Eigen::Map<const Eigen::VectorXd>(x, size_);
    deflate(in);
    Eigen::VectorXd out = solve_(in);
    deflate(out);
    Eigen::Map<Eigen::VectorXd>(y, size_) = out;
  }

  void deflate(Eigen::Ref<Eigen::VectorXd> v) const {
    if (right_.size()) v -= left_.dot(v) * right_;
  }

private:
  Eigen::Index size_;
  Solve solve_;
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

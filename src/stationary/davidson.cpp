#include "davidson.hpp"

#include "driftwell/core/error.hpp"

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int most_rounds = 400;
constexpr double tolerance = 1e-10;

class Davidson {
public:
  using Precondition = std::function<void(const VectorXd&, VectorXd&)>;
  Davidson(const Stencil& A, const Precondition& precondition, const VectorXd& null, Index wanted)
      : A_(A), precondition_(precondition), null_(null), wanted_(wanted), block_(wanted + 2), most_(4 * wanted + 10),
        V_(static_cast<Index>(A.size()), most_), H_(MatrixXd::Zero(most_, most_)), rounding_(1e-15 * A.diagonal().cwiseAbs().maxCoeff()) {}

  Ritz run(bool vectors) {
    for (unsigned seed = 1; used_ < block_; ++seed) add_preconditioned(noise(seed));
    double worst = 0;
    for (int round = 0; round < most_rounds; ++round) {
      const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(H_.topLeftCorner(used_, used_));
      values_ = eigen.eigenvalues().reverse();
      small_ = eigen.eigenvectors().rowwise().reverse();
      std::vector<VectorXd> rests;
      worst = 0;
      for (Index i = 0; i < block_; ++i) {
        const double far = residual(i, rests);
        if (i < wanted_) worst = std::max(worst, far);
      }
      if (worst <= 1) return result(vectors);
      if (used_ + static_cast<Index>(rests.size()) > most_) restart();
      for (const VectorXd& r : rests) add_preconditioned(r);
    }
    throw NumericalFailure(fmt::format("leading eigenvalues: Davidson's iteration stopped at {:.1e} times the residual that is asked for", worst));
  }

private:
  [[nodiscard]] VectorXd noise(unsigned seed) const {
    VectorXd v(V_.rows());
    std::uint64_t state = 88172645463325252u + seed;
    for (Index k = 0; k < v.size(); ++k) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      v[k] = static_cast<double>(state >> 11) * 0x1p-53 - 0.5;
    }
    return v;
  }

  /// One more column, unless nothing of it is new.
  void add_preconditioned(const VectorXd& r) {
    poll_interrupt();
    VectorXd v;
    precondition_(r, v);
    for (int pass = 0; pass < 2; ++pass) {
      const double before = v.norm();
      if (!(before > 0) || !std::isfinite(before)) return;
      v /= before;
      if (null_.size()) v -= null_.dot(v) * null_;
      v.noalias() -= V_.leftCols(used_) * (V_.leftCols(used_).transpose() * v).eval();
    }
    if (!(v.norm() > 1e-8)) return;
    V_.col(used_) = v.normalized();
    H_.col(used_).head(used_ + 1) = V_.leftCols(used_ + 1).transpose() * (A_ * VectorXd(V_.col(used_)));
    H_.row(used_).head(used_) = H_.col(used_).head(used_).transpose();
    ++used_;
  }

  /// Residual of pair i over what is asked for; what is not small enough joins `rests`.
  double residual(Index i, std::vector<VectorXd>& rests) const {
    const VectorXd v = V_.leftCols(used_) * small_.col(i);
    VectorXd rest = A_ * v - values_[i] * v;
    const double far = rest.norm(), asked = tolerance * std::max(std::abs(values_[i]), std::abs(values_[wanted_ - 1])) + rounding_;
    if (far > asked) rests.push_back(std::move(rest));
    return far / asked;
  }

  /// The space of the best Ritz vectors, in place and strip by strip.
  void restart() {
    const Index keep = std::min(used_, 2 * wanted_ + 2);
    for (Index from = 0; from < V_.rows(); from += 4096) {
      const Index rows = std::min<Index>(4096, V_.rows() - from);
      const MatrixXd strip = V_.block(from, 0, rows, used_) * small_.leftCols(keep);
      V_.block(from, 0, rows, keep) = strip;
    }
    used_ = keep;
    H_.topLeftCorner(used_, used_) = values_.head(keep).asDiagonal();
  }

  [[nodiscard]] Ritz result(bool vectors) const {
    Ritz ritz;
    for (Index i = 0; i < wanted_; ++i) ritz.values.emplace_back(values_[i], 0.0);
    if (vectors) ritz.vectors = (V_.leftCols(used_) * small_.leftCols(wanted_)).cast<std::complex<double>>();
    return ritz;
  }

  const Stencil& A_;
  const Precondition& precondition_;
  const VectorXd& null_;
  Index wanted_, block_, most_;
  MatrixXd V_, H_, small_;
  VectorXd values_;
  Index used_ = 0;
  double rounding_;
};

} // namespace

Ritz slowest_davidson(const Stencil& A, const std::function<void(const VectorXd&, VectorXd&)>& precondition, const VectorXd& null, Index wanted, bool vectors) {
  return Davidson(A, precondition, null, wanted).run(vectors);
}

} // namespace driftwell

#include "driftwell/core/davidson.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/interrupt.hpp"

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;
using Complex = std::complex<double>;

class Davidson {
public:
  Davidson(const DavidsonProblem& problem, const MatrixXd& start)
      : problem_(problem), most_(std::min(problem.most, start.rows() - (problem.null.size() ? 1 : 0))), V_(start.rows(), most_), W_(start.rows(), most_),
        H_(MatrixXd::Zero(most_, most_)) {
    for (Index i = 0; i < start.cols() && used_ < most_; ++i) add(start.col(i));
  }

  DavidsonResult run(std::size_t products) {
    DavidsonResult result;
    result.excess = std::numeric_limits<double>::infinity();
    while (used_ > 0) {
      solve_small();
      std::vector<std::pair<VectorXd, Complex>> rests;
      result = collect(rests);
      if (result.excess <= 1 || products_ >= products) break;
      if (used_ + static_cast<Index>(rests.size()) > most_) restart();
      bool grown = false;
      for (const auto& [r, theta] : rests)
        if (used_ < most_) grown = add(problem_.precondition(r, theta)) || grown;
      if (grown) continue;
      solve_small();
      break;
    }
    result.vectors = V_.leftCols(used_) * small_.leftCols(static_cast<Index>(result.values.size()));
    return result;
  }

private:
  /// One more column, unless nothing of it is new; orthogonalised twice.
  bool add(VectorXd v) {
    poll_interrupt();
    for (int pass = 0; pass < 2; ++pass) {
      const double before = v.norm();
      if (!(before > 0) || !std::isfinite(before)) return false;
      v /= before;
      if (problem_.null.size()) v -= problem_.null.dot(v) * problem_.null;
      v.noalias() -= V_.leftCols(used_) * (V_.leftCols(used_).transpose() * v).eval();
    }
    const double rest = v.norm();
    if (!(rest > 1e-8)) return false;
    v /= rest;
    VectorXd image(v.size());
    problem_.apply(v, image);
    if (problem_.null.size()) image -= problem_.null.dot(image) * problem_.null;
    ++products_;
    V_.col(used_) = v;
    W_.col(used_) = image;
    H_.col(used_).head(used_ + 1) = V_.leftCols(used_ + 1).transpose() * image;
    if (problem_.symmetric) H_.row(used_).head(used_) = H_.col(used_).head(used_).transpose();
    else H_.row(used_).head(used_) = (W_.leftCols(used_).transpose() * v).transpose();
    ++used_;
    return true;
  }

  /// Eigenvalues of the small matrix in their order.
  void solve_small() {
    if (problem_.symmetric) {
      const SymmetricEigen eigen(H_.topLeftCorner(used_, used_));
      values_ = eigen.eigenvalues().cast<Complex>();
      small_ = eigen.eigenvectors().cast<Complex>();
    } else {
      const GeneralEigen eigen(H_.topLeftCorner(used_, used_));
      values_ = eigen.eigenvalues();
      small_ = eigen.eigenvectors();
    }
    std::vector<Index> order(static_cast<std::size_t>(used_));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return problem_.before(values_[a], values_[b]); });
    VectorXcd values(used_);
    MatrixXcd vectors(used_, used_);
    for (Index i = 0; i < used_; ++i) {
      values[i] = values_[order[static_cast<std::size_t>(i)]];
      vectors.col(i) = small_.col(order[static_cast<std::size_t>(i)]).normalized();
    }
    values_ = std::move(values);
    small_ = std::move(vectors);
  }

  /// `count` pairs, or one more so that none is torn apart.
  [[nodiscard]] Index whole(Index count) const {
    count = std::min(count, used_);
    return count > 0 && count < used_ && values_[count - 1].imag() != 0 && values_[count] == std::conj(values_[count - 1]) &&
                   (count < 2 || values_[count - 2] != std::conj(values_[count - 1]))
               ? count + 1
               : count;
  }

  /// The wanted pairs; residuals of the block that are not small enough join `rests`.
  [[nodiscard]] DavidsonResult collect(std::vector<std::pair<VectorXd, Complex>>& rests) const {
    DavidsonResult result;
    const Index wanted = whole(problem_.wanted), block = std::max(wanted, whole(problem_.block));
    result.products = products_;
    if (wanted < problem_.wanted) result.excess = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < block; ++i) {
      const Complex theta = values_[i];
      const bool conjugate = i > 0 && theta.imag() != 0 && theta == std::conj(values_[i - 1]);
      const VectorXd re = small_.col(i).real(), im = small_.col(i).imag();
      VectorXd rest_re = W_.leftCols(used_) * re - V_.leftCols(used_) * (theta.real() * re - theta.imag() * im), rest_im;
      if (theta.imag() != 0) rest_im = W_.leftCols(used_) * im - V_.leftCols(used_) * (theta.real() * im + theta.imag() * re);
      const double far = std::sqrt(rest_re.squaredNorm() + rest_im.squaredNorm()), over = far / problem_.accuracy(theta, values_[wanted - 1]);
      if (i < wanted) {
        result.values.push_back(theta);
        result.residuals.push_back(far);
        result.excess = std::max(result.excess, over);
      }
      if (over <= 1 || conjugate) continue;
      rests.emplace_back(std::move(rest_re), theta);
      if (theta.imag() != 0) rests.emplace_back(std::move(rest_im), theta);
    }
    return result;
  }

  /// The space of the best Ritz vectors, in place and strip by strip.
  void restart() {
    const Index keep = whole(std::min(used_, std::max(2 * problem_.wanted + 2, most_ / 3)));
    MatrixXd parts(used_, 2 * keep);
    parts << small_.leftCols(keep).real(), small_.leftCols(keep).imag();
    Eigen::ColPivHouseholderQR<MatrixXd> qr(parts);
    qr.setThreshold(1e-10);
    const Index rank = std::min(qr.rank(), keep);
    const MatrixXd turn = MatrixXd(qr.householderQ()).leftCols(rank);
    for (MatrixXd* space : {&V_, &W_})
      for (Index from = 0; from < V_.rows(); from += 4096) {
        const Index rows = std::min<Index>(4096, V_.rows() - from);
        const MatrixXd strip = space->block(from, 0, rows, used_) * turn;
        space->block(from, 0, rows, rank) = strip;
      }
    const MatrixXd turned = turn.transpose() * H_.topLeftCorner(used_, used_) * turn;
    used_ = rank;
    H_.topLeftCorner(used_, used_) = turned;
  }

  const DavidsonProblem& problem_;
  Index most_, used_ = 0;
  MatrixXd V_, W_, H_; ///< an orthonormal basis, its images, and V^T W
  VectorXcd values_;
  MatrixXcd small_;
  std::size_t products_ = 0;
};

} // namespace

DavidsonResult davidson(const DavidsonProblem& problem, const MatrixXd& start, std::size_t products) { return Davidson(problem, start).run(products); }

MatrixXd noise_columns(Index rows, Index columns) {
  MatrixXd result(rows, columns);
  for (Index i = 0; i < columns; ++i) {
    std::uint64_t state = 88172645463325252u + static_cast<std::uint64_t>(i + 1);
    for (Index k = 0; k < rows; ++k) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      result(k, i) = static_cast<double>(state >> 11) * 0x1p-53 - 0.5;
    }
  }
  return result;
}

} // namespace driftwell

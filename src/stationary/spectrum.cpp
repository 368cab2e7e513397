#include "driftwell/stationary/spectrum.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// x -> (I - gamma A)^-1 x with the known null vector taken out before and after: right (I) is it, left^T its partner,
/// left . right = 1. Empty vectors: nothing to take out.
class Resolvent {
public:
  using Scalar = double;
  Resolvent(const Stencil& A, double gamma, VectorXd right, VectorXd left)
      : size_(static_cast<Index>(A.size())),
        factor_(A, 1.0, -gamma),
        right_(std::move(right)), left_(std::move(left)) {}

  [[nodiscard]] Index rows() const { return size_; }
  [[nodiscard]] Index cols() const { return size_; }
  void perform_op(const double* x, double* y) const {
    poll_interrupt();
    VectorXd in = Eigen::Map<const VectorXd>(x, size_);
    deflate(in);
    VectorXd out = factor_.solve(in);
    deflate(out);
    Eigen::Map<VectorXd>(y, size_) = out;
  }

  void deflate(Eigen::Ref<VectorXd> v) const {
    if (right_.size()) v -= left_.dot(v) * right_;
  }

private:
  Index size_;
  SparseFactor factor_;
  VectorXd right_, left_;
};

bool slower(const std::complex<double>& a, const std::complex<double>& b) {
  if (std::abs(a.real() - b.real()) > 1e-8 * (std::abs(a) + std::abs(b))) return a.real() > b.real();
  return a.imag() > b.imag();
}

std::vector<std::complex<double>> symmetric_eigenvalues(Resolvent& op, Index wanted, double gamma) {
  Spectra::SymEigsSolver<Resolvent> solver(op, wanted, std::min<Index>(op.rows(), std::max<Index>(4 * wanted + 8, 24)));
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, 2000, 1e-10);
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalFailure("leading eigenvalues: the Lanczos iteration did not converge");
  std::vector<std::complex<double>> result;
  for (const double theta : solver.eigenvalues()) result.emplace_back((1 - 1 / theta) / gamma, 0.0);
  return result;
}

/// Small chains: all eigenvalues, the 0 left out.
std::vector<std::complex<double>> dense_eigenvalues(const Generator& generator, std::size_t count) {
  const auto n = static_cast<Index>(generator.size());
  Eigen::MatrixXd Q(n, n);
  for (Index k = 0; k < n; ++k) Q.col(k) = generator.rates() * VectorXd::Unit(n, k);
  const Eigen::EigenSolver<Eigen::MatrixXd> eigen(Q, false);
  std::vector<std::complex<double>> result(eigen.eigenvalues().data(), eigen.eigenvalues().data() + n);
  std::sort(result.begin(), result.end(), slower);
  if (generator.conservative()) result.erase(result.begin());
  result.resize(std::min(count, result.size()));
  return result;
}

/// A start without symmetry, the same in every run.
VectorXd start_vector(Index n) {
  VectorXd v(n);
  std::uint64_t state = 88172645463325252u;
  for (Index k = 0; k < n; ++k) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    v[k] = static_cast<double>(state >> 11) * 0x1p-53 - 0.5;
  }
  return v;
}

/// Arnoldi without restarts, until the slowest eigenvalues have small residuals twice in a row. (Spectra 1.0.1's restarted
/// Arnoldi reports spurious values on rotating Ornstein-Uhlenbeck grids; ours cannot leave the field of values.)
std::vector<std::complex<double>> general_eigenvalues(const Resolvent& op, Index wanted, double gamma) {
  const Index n = op.rows(), most = std::min<Index>(n - 1, 300);
  Eigen::MatrixXd V(n, most + 1), H = Eigen::MatrixXd::Zero(most + 1, most);
  V.col(0) = start_vector(n);
  op.deflate(V.col(0));
  V.col(0).normalize();
  bool settled = false;
  for (Index m = 1; m <= most; ++m) {
    VectorXd next(n);
    op.perform_op(V.col(m - 1).data(), next.data());
    for (int pass = 0; pass < 2; ++pass) {
      const VectorXd h = V.leftCols(m).transpose() * next;
      next.noalias() -= V.leftCols(m) * h;
      H.col(m - 1).head(m) += h;
    }
    H(m, m - 1) = next.norm();
    const bool closed = !(H(m, m - 1) > 1e-14);
    if (!closed) V.col(m) = next / H(m, m - 1);
    if (!closed && m != most && (m < 2 * wanted + 8 || m % 8 != 0)) continue;
    const Eigen::EigenSolver<Eigen::MatrixXd> eigen(H.topLeftCorner(m, m));
    std::vector<std::pair<std::complex<double>, double>> ritz; // lambda and its residual
    for (Index i = 0; i < m; ++i) {
      const std::complex<double> theta = eigen.eigenvalues()[i];
      if (std::abs(theta) < 1e-12) continue;
      ritz.emplace_back((1.0 - 1.0 / theta) / gamma, H(m, m - 1) * std::abs(eigen.eigenvectors()(m - 1, i)) / std::abs(theta));
    }
    std::sort(ritz.begin(), ritz.end(), [](const auto& a, const auto& b) { return slower(a.first, b.first); });
    const auto first = ritz.begin(), last = first + std::min<std::ptrdiff_t>(wanted, static_cast<std::ptrdiff_t>(ritz.size()));
    const bool small = std::all_of(first, last, [](const auto& pair) { return pair.second < 1e-11; });
    if (closed || (small && settled)) {
      std::vector<std::complex<double>> result;
      for (auto it = first; it != last; ++it) result.push_back(it->first);
      return result;
    }
    settled = small;
  }
  throw NumericalFailure("leading eigenvalues: the Arnoldi iteration did not converge");
}

} // namespace

std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator, const SteadyState& steady,
                                                      std::size_t count) {
  if (generator.size() < 60) return dense_eigenvalues(generator, count);
  const auto wanted = static_cast<Index>(count);
  // The resolvent sends eigenvalue lambda to 1 / (1 - gamma lambda). A gamma near the relaxation time spreads the slow
  // ones best; the time to diffuse through the box is its scale.
  double gamma = 0;
  for (const Axis& axis : generator.grid().axes())
    gamma = std::max(gamma, std::pow(axis.upper - axis.lower, 2) / generator.temperature());
  const VectorXd root = steady.p.array().sqrt();
  std::vector<std::complex<double>> result;
  if (generator.reversible()) {
    const VectorXd null = generator.conservative() ? VectorXd(root / root.norm()) : VectorXd();
    Resolvent op(generator.symmetrised(), gamma, null, null);
    result = symmetric_eigenvalues(op, wanted, gamma);
  } else {
    // Out of detailed balance, nearest to 0 is not slowest: a fast rotation has a large imaginary part. Seen from a
    // shift of the order of the entropy production, which grows like the square of the rotation, slowest is nearest.
    gamma = 1 / (1 / gamma + entropy_production(generator, steady));
    const VectorXd s = root.cwiseMax(1e-140); // the scaling must not divide by an underflowed tail
    const VectorXd right = generator.conservative() ? VectorXd(steady.p.cwiseQuotient(s)) : VectorXd();
    const VectorXd left = generator.conservative() ? VectorXd(s / s.dot(right)) : VectorXd();
    result = general_eigenvalues(Resolvent(generator.rates().scaled(s), gamma, right, left), wanted, gamma);
  }
  for (const auto& value : result)
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) throw NumericalFailure("leading eigenvalues: the iteration met a value that is not finite");
  std::sort(result.begin(), result.end(), slower);
  return result;
}

} // namespace driftwell

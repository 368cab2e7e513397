#include "resolvent.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"

#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

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

} // namespace

bool slower(const std::complex<double>& a, const std::complex<double>& b) {
  if (std::abs(a.real() - b.real()) > 1e-8 * (std::abs(a) + std::abs(b))) return a.real() > b.real();
  return a.imag() > b.imag();
}

Ritz slowest_symmetric(Resolvent& op, Index wanted, double gamma, bool vectors) {
  Spectra::SymEigsSolver<Resolvent> solver(op, wanted, std::min<Index>(op.rows(), std::max<Index>(4 * wanted + 8, 24)));
  solver.init();
  try {
    solver.compute(Spectra::SortRule::LargestAlge, 2000, 1e-10);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) { // Spectra's own types
    throw NumericalFailure(std::string("leading eigenvalues: ") + error.what());
  }
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalFailure("leading eigenvalues: the Lanczos iteration did not converge");
  Ritz result;
  for (const double theta : solver.eigenvalues()) result.values.emplace_back((1 - 1 / theta) / gamma, 0.0);
  if (vectors) result.vectors = solver.eigenvectors().cast<std::complex<double>>();
  return result;
}

/// Arnoldi without restarts, until the slowest eigenvalues have small residuals twice in a row. (Spectra 1.0.1's restarted
/// Arnoldi reports spurious values on rotating Ornstein-Uhlenbeck grids; ours cannot leave the field of values.)
Ritz slowest_general(const Resolvent& op, Index wanted, double gamma, bool vectors) {
  const Index n = op.rows(), most = std::min<Index>(n - 1, 300);
  Eigen::MatrixXd V(n, most + 1), H = Eigen::MatrixXd::Zero(most + 1, most);
  V.col(0) = start_vector(n);
  op.deflate(V.col(0));
  V.col(0).normalize();
  bool settled = false;
  Index look = 2 * wanted + 8; // the eigenvalues of H cost more than many steps once it is large
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
    if (!closed && m != most && m < look) continue;
    const GeneralEigen eigen(H.topLeftCorner(m, m));
    struct Pair {
      std::complex<double> lambda;
      double residual;
      Index column;
    };
    std::vector<Pair> ritz;
    for (Index i = 0; i < m; ++i) {
      const std::complex<double> theta = eigen.eigenvalues()[i];
      if (std::abs(theta) < 1e-12) continue;
      ritz.push_back({(1.0 - 1.0 / theta) / gamma, H(m, m - 1) * std::abs(eigen.eigenvectors()(m - 1, i)) / std::abs(theta), i});
    }
    std::sort(ritz.begin(), ritz.end(), [](const auto& a, const auto& b) { return slower(a.lambda, b.lambda); });
    const auto first = ritz.begin(), last = first + std::min<std::ptrdiff_t>(wanted, static_cast<std::ptrdiff_t>(ritz.size()));
    const bool small = std::all_of(first, last, [](const auto& pair) { return pair.residual < 1e-11; });
    if (closed || (small && settled)) {
      Ritz result;
      if (vectors) result.vectors.resize(n, last - first);
      for (auto it = first; it != last; ++it) {
        result.values.push_back(it->lambda);
        if (vectors) result.vectors.col(it - first) = V.leftCols(m) * eigen.eigenvectors().col(it->column);
      }
      return result;
    }
    settled = small;
    look = m + (small ? 8 : std::max<Index>(8, m / 4));
  }
  throw NumericalFailure("leading eigenvalues: the Arnoldi iteration did not converge");
}

} // namespace driftwell

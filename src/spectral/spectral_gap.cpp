#include "driftwell/spectral/spectral_gap.hpp"

#include "axis_modes.hpp"
#include "driftwell/core/interrupt.hpp"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using std::complex;

constexpr Index first_vectors = 6, kept_vectors = 8, most_vectors = 24;
constexpr double accuracy = 1e-8;
/// Of the fastest rate: residuals do not fall below.
constexpr double rounding = 1e-13;

/// An orthonormal basis V without sqrt(p_ss), L V, and V^T L V.
class Space {
public:
  Space(const SpectralOperator& L, const VectorXd& steady) : L_(L), steady_(steady.normalized()) {}

  [[nodiscard]] Index size() const { return static_cast<Index>(V_.size()); }
  [[nodiscard]] std::size_t products() const { return products_; }

  /// Adds what is new in v; twice orthogonalised. False where nothing is.
  bool add(VectorXd v) {
    const double before = v.norm();
    for (int round = 0; round < 2; ++round) {
      v -= steady_.dot(v) * steady_;
      for (const VectorXd& b : V_) v -= b.dot(v) * b;
    }
    const double norm = v.norm();
    if (!(norm > 1e-8 * before)) return false;
    v /= norm;
    VectorXd image(v.size());
    L_.apply(v.data(), image.data());
    ++products_;
    const Index n = size();
    H_.conservativeResize(n + 1, n + 1);
    V_.push_back(std::move(v));
    LV_.push_back(std::move(image));
    for (Index i = 0; i <= n; ++i) {
      H_(i, n) = V_[static_cast<std::size_t>(i)].dot(LV_.back());
      H_(n, i) = V_.back().dot(LV_[static_cast<std::size_t>(i)]);
    }
    return true;
  }

  struct Ritz {
    complex<double> value;
    VectorXd real, imag, residual_real, residual_imag;
    double residual;
  };

  /// The Ritz pair of largest real part, |u| = 1.
  [[nodiscard]] Ritz slowest() const {
    const Eigen::EigenSolver<MatrixXd> solver(H_);
    Index best = 0;
    const auto& values = solver.eigenvalues();
    for (Index i = 1; i < values.size(); ++i)
      if (values[i].real() > values[best].real() || (values[i].real() == values[best].real() && values[i].imag() > values[best].imag())) best = i;
    const Eigen::VectorXcd c = solver.eigenvectors().col(best).normalized();
    Ritz ritz{values[best], combined(V_, c.real()), combined(V_, c.imag()), combined(LV_, c.real()), combined(LV_, c.imag()), 0};
    const double re = ritz.value.real(), im = ritz.value.imag();
    ritz.residual_real -= re * ritz.real - im * ritz.imag;
    ritz.residual_imag -= re * ritz.imag + im * ritz.real;
    ritz.residual = std::sqrt(ritz.residual_real.squaredNorm() + ritz.residual_imag.squaredNorm());
    return ritz;
  }

  /// Keeps the span of the slowest Ritz vectors.
  void shrink() {
    const Eigen::EigenSolver<MatrixXd> solver(H_);
    std::vector<Index> order(static_cast<std::size_t>(H_.rows()));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return solver.eigenvalues()[a].real() > solver.eigenvalues()[b].real(); });
    MatrixXd directions(H_.rows(), 2 * kept_vectors);
    for (Index i = 0; i < kept_vectors; ++i) {
      const Eigen::VectorXcd c = solver.eigenvectors().col(order[static_cast<std::size_t>(i)]);
      directions.col(2 * i) = c.real();
      directions.col(2 * i + 1) = c.imag();
    }
    const Eigen::ColPivHouseholderQR<MatrixXd> qr(directions);
    const MatrixXd Q = MatrixXd(qr.householderQ()).leftCols(std::min<Index>(qr.rank(), kept_vectors + 1));
    std::vector<VectorXd> V, LV;
    for (Index i = 0; i < Q.cols(); ++i) {
      V.push_back(combined(V_, Q.col(i)));
      LV.push_back(combined(LV_, Q.col(i)));
    }
    H_ = (Q.transpose() * H_ * Q).eval();
    V_ = std::move(V);
    LV_ = std::move(LV);
  }

private:
  [[nodiscard]] static VectorXd combined(const std::vector<VectorXd>& vectors, const VectorXd& c) {
    VectorXd sum = VectorXd::Zero(vectors[0].size());
    for (Index i = 0; i < c.size(); ++i) sum += c[i] * vectors[static_cast<std::size_t>(i)];
    return sum;
  }

  const SpectralOperator& L_;
  VectorXd steady_;
  std::vector<VectorXd> V_, LV_;
  MatrixXd H_;
  std::size_t products_ = 0;
};

/// (D - re)^-1 r, D = -rates.
VectorXd preconditioned(const ModeBasis& basis, VectorXd r, double re) {
  basis.analyse(r);
  const double least = 0.05 * std::abs(re); // near the eigenvalue itself the direction counts, not the length
  for (Index k = 0; k < r.size(); ++k) {
    const double d = -basis.rates()[k] - re;
    r[k] /= std::abs(d) < least ? std::copysign(least, d) : d;
  }
  basis.synthesise(r);
  return r;
}

} // namespace

std::optional<SpectralGap> spectral_gap(const SpectralOperator& L, std::size_t most) {
  const ModeBasis basis(L);
  const Index n = basis.rates().size();
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  const Index start = std::min(n - 1, first_vectors);
  std::partial_sort(order.begin(), order.begin() + start + 1, order.end(), [&](Index a, Index b) { return basis.rates()[a] < basis.rates()[b]; });
  Space space(L, L.root());
  for (Index i = 1; i <= start; ++i) {
    VectorXd mode = VectorXd::Unit(n, order[static_cast<std::size_t>(i)]);
    basis.synthesise(mode);
    space.add(std::move(mode));
  }
  const double floor = rounding * 2 * L.decay_bound();
  while (space.size() > 0) {
    poll_interrupt();
    const Space::Ritz ritz = space.slowest();
    const double size = std::abs(ritz.value);
    if (ritz.residual < std::max(accuracy * size, floor) && ritz.value.real() < 0)
      return SpectralGap{{ritz.value.real(), std::abs(ritz.value.imag())}, ritz.residual, space.products()};
    if (space.products() >= most) break;
    if (space.size() + 2 > std::min(most_vectors, n - 1)) space.shrink();
    bool grown = space.add(preconditioned(basis, ritz.residual_real, ritz.value.real()));
    if (ritz.value.imag() != 0) grown = space.add(preconditioned(basis, ritz.residual_imag, ritz.value.real())) || grown;
    if (!grown) break;
  }
  return {};
}

} // namespace driftwell

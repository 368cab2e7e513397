#include "rotating_modes.hpp"

#include "driftwell/core/davidson.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/faber_coefficients.hpp"

#include <Eigen/QR>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXcd;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Complex = std::complex<double>;

constexpr double series_eps = 1e-3;
constexpr double span = 3;          ///< tau times the decay of the fastest vector of the block
constexpr double tolerance = 1e-11; ///< of pairs of E
constexpr double accepted = 1e-9;   ///< residual of A over the eigenvalue

/// A bound for the imaginary parts of the numerical range: the largest row sum of (A - A^T) / 2.
double rotation_bound(const Stencil& A) {
  VectorXd sum = VectorXd::Zero(A.diagonal().size());
  A.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    const double half = std::abs(up - down) / 2;
    sum[static_cast<Index>(k)] += half;
    sum[static_cast<Index>(l)] += half;
  });
  return sum.maxCoeff();
}

MatrixXd orthonormal(const MatrixXd& columns) {
  Eigen::HouseholderQR<MatrixXd> qr(columns);
  return qr.householderQ() * MatrixXd::Identity(columns.rows(), columns.cols());
}

MatrixXd image(const Stencil& A, const MatrixXd& V) {
  MatrixXd W(V.rows(), V.cols());
  for (Index i = 0; i < V.cols(); ++i) W.col(i) = A * VectorXd(V.col(i));
  return W;
}

} // namespace

RotatingModes::RotatingModes(const Stencil& A, VectorXd null, Index wanted)
    : null_(std::move(null)), wanted_(wanted), fastest_(-A.spectral_bound()), across_(rotation_bound(A)) {}

void RotatingModes::evolve(const Stencil& A, const VectorXd& v, VectorXd& result) {
  const double a = fastest_ / 2, sigma = a + across_, kappa = (a - across_) / sigma;
  result = series_[0] * v;
  VectorXd before = v, here(v.size());
  for (std::size_t k = 1; k < series_.size(); ++k) {
    const std::array<Stencil::Accumulate, 1> sum{{{result.data(), series_[k], 0}}};
    if (k == 1) A.recurrence(before.data(), here.data(), 1 / sigma, a / sigma, 0, sum);
    else {
      A.recurrence(here.data(), before.data(), 2 / sigma, 2 * a / sigma, -kappa, sum);
      here.swap(before);
    }
    ++products_;
    if (k % 64 == 0) poll_interrupt();
  }
  if (null_.size()) result -= null_.dot(result) * null_;
}

void RotatingModes::find_time(const Stencil& A, MatrixXd& block) {
  tau_ = 8 / fastest_;
  for (;; tau_ *= 2) {
    series_ = faber_coefficients(tau_, {fastest_ / 2, across_}, series_eps);
    for (Index i = 0; i < block.cols(); ++i) {
      VectorXd moved;
      evolve(A, block.col(i), moved);
      block.col(i) = moved;
    }
    block = orthonormal(block);
    const GeneralEigen eigen(block.transpose() * image(A, block), false);
    const double decay = -eigen.eigenvalues().real().minCoeff();
    if (!std::isfinite(decay)) throw NumericalFailure("leading eigenvalues: the iteration met a value that is not finite");
    if (tau_ * decay >= span || tau_ * fastest_ > 1e12) return;
  }
}

Ritz RotatingModes::find(const Stencil& A, const MatrixXd* start) {
  const Index block = wanted_ + 2;
  MatrixXd columns = start ? *start : noise_columns(static_cast<Index>(A.size()), block);
  if (tau_ == 0) find_time(A, columns);
  DavidsonProblem problem;
  problem.apply = [&](const VectorXd& v, VectorXd& w) { evolve(A, v, w); };
  problem.precondition = [](const VectorXd& r, Complex) { return r; };
  problem.before = [](Complex x, Complex y) { return std::abs(std::abs(x) - std::abs(y)) > 1e-10 ? std::abs(x) > std::abs(y) : x.imag() > y.imag(); };
  problem.accuracy = [&](Complex mu, Complex) { return tolerance * std::abs(mu) + 1e-15; };
  problem.null = null_;
  problem.wanted = wanted_;
  problem.block = block;
  problem.most = 4 * wanted_ + 10;
  const DavidsonResult found = davidson(problem, columns, 4000);
  if (!(found.excess < 100)) throw NumericalFailure(fmt::format("leading eigenvalues: the iteration stopped at {:.1e} times the residual that is asked for", found.excess));
  // A on the space of these vectors, evolved once more: what is fast in them would count most.
  MatrixXd basis(found.vectors.rows(), 0);
  for (Index i = 0; i < found.vectors.cols(); ++i)
    for (const bool imaginary : {false, true}) {
      const double part = found.values[static_cast<std::size_t>(i)].imag();
      if (part < 0 || (imaginary && part == 0)) continue;
      VectorXd moved;
      evolve(A, imaginary ? VectorXd(found.vectors.col(i).imag()) : VectorXd(found.vectors.col(i).real()), moved);
      basis.conservativeResize(Eigen::NoChange, basis.cols() + 1);
      basis.col(basis.cols() - 1) = moved.normalized();
    }
  basis = orthonormal(basis);
  const MatrixXd images = image(A, basis);
  const GeneralEigen eigen(basis.transpose() * images);
  Ritz result;
  std::vector<Index> order(static_cast<std::size_t>(basis.cols()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  std::sort(order.begin(), order.end(), [&](Index x, Index y) { return slower(eigen.eigenvalues()[x], eigen.eigenvalues()[y]); });
  result.vectors.resize(basis.rows(), std::min<Index>(wanted_, basis.cols()));
  for (Index i = 0; i < result.vectors.cols(); ++i) {
    const Index from = order[static_cast<std::size_t>(i)];
    const Complex lambda = eigen.eigenvalues()[from];
    result.values.push_back(lambda);
    result.vectors.col(i) = basis * eigen.eigenvectors().col(from);
    const double far = (images * eigen.eigenvectors().col(from) - lambda * result.vectors.col(i)).norm();
    if (!(far <= accepted * std::abs(lambda) + 1e-14 * fastest_))
      throw NumericalFailure(fmt::format("leading eigenvalues: eigenvalue {:.6g} has a residual of {:.1e}", lambda.real(), far));
  }
  return result;
}

} // namespace driftwell

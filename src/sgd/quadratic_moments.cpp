#include "driftwell/sgd/quadratic_moments.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Cholesky>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// (1 - e^(-s t))/s, and t for s = 0.
double relaxed(double s, double t) { return std::abs(s * t) < 1e-300 ? t : -std::expm1(-s * t) / s; }

/// Fixed point of X = A X A^T + B by doubling: A, A^2, A^4, ...
MatrixXd fixed_point(MatrixXd A, const MatrixXd& B) {
  MatrixXd X = B;
  for (int k = 0; k < 60; ++k) {
    const MatrixXd more = A * X * A.transpose();
    X += more;
    if (!std::isfinite(X.norm())) break; // (before its entries overflow)
    if (more.norm() <= 1e-18 * X.norm()) return (X + X.transpose()) / 2;
    A = (A * A).eval();
  }
  throw std::domain_error("SGD on this parabola diverges: no stationary covariance");
}

} // namespace

QuadraticMoments::QuadraticMoments(const MatrixXd& hessian, const MatrixXd& covariance) {
  if (hessian.rows() != hessian.cols() || covariance.rows() != hessian.rows() || covariance.cols() != hessian.rows())
    throw std::invalid_argument("Hessian and covariance are not of one size");
  if ((hessian - hessian.transpose()).norm() > 1e-10 * hessian.norm()) throw std::invalid_argument("the Hessian is not symmetric");
  const SymmetricEigen modes(hessian);
  h_ = modes.eigenvalues();
  V_ = modes.eigenvectors();
  C_ = V_.transpose() * covariance * V_;
}

Moments QuadraticMoments::sgd(double eta, std::uint64_t steps, const VectorXd& start) const {
  const auto k = static_cast<double>(steps);
  VectorXd mean = V_.transpose() * start;
  MatrixXd S(C_);
  for (Index i = 0; i < h_.size(); ++i) {
    mean[i] *= std::pow(1 - eta * h_[i], k);
    for (Index j = 0; j < h_.size(); ++j) {
      const double gap = eta * (h_[i] + h_[j]) - eta * eta * h_[i] * h_[j]; // 1 - r without cancellation
      const double sum = gap == 0 ? k : gap < 1 ? -std::expm1(k * std::log1p(-gap)) / gap : (1 - std::pow(1 - gap, k)) / gap;
      S(i, j) *= eta * eta * sum;
    }
  }
  return {V_ * mean, back(S)};
}

Moments QuadraticMoments::modified_equation(int order, double eta, double t, const VectorXd& start) const {
  if (order != 1 && order != 2) throw std::invalid_argument("modified equations are of order 1 or 2");
  const VectorXd rate = order == 1 ? h_ : VectorXd(h_.array() + eta / 2 * h_.array().square());
  VectorXd mean = V_.transpose() * start;
  MatrixXd S(C_);
  for (Index i = 0; i < h_.size(); ++i) {
    mean[i] *= std::exp(-rate[i] * t);
    for (Index j = 0; j < h_.size(); ++j) S(i, j) *= eta * relaxed(rate[i] + rate[j], t);
  }
  return {V_ * mean, back(S)};
}

MatrixXd QuadraticMoments::back(const MatrixXd& covariance) const { return V_ * covariance * V_.transpose(); }

MatrixXd QuadraticMoments::stationary(double eta) const {
  if (!(h_.minCoeff() > 0 && eta > 0 && eta * h_.maxCoeff() < 2)) throw std::domain_error("SGD on this parabola has no stationary law: 0 < learning_rate * curvature < 2 is needed");
  MatrixXd S(C_);
  for (Index i = 0; i < h_.size(); ++i)
    for (Index j = 0; j < h_.size(); ++j) S(i, j) *= eta / (h_[i] + h_[j] - eta * h_[i] * h_[j]);
  return back(S);
}

MatrixXd QuadraticMoments::stationary(double eta, double momentum, bool nesterov) const {
  if (momentum == 0) return stationary(eta);
  const Index d = h_.size();
  // v' = mu v - eta (h (w + [nesterov] mu v) + xi), w' = w + v'.
  MatrixXd A = MatrixXd::Zero(2 * d, 2 * d), B(2 * d, 2 * d);
  for (Index i = 0; i < d; ++i) {
    const double to_v = -eta * h_[i], keep = momentum * (nesterov ? 1 - eta * h_[i] : 1);
    A(i, i) = 1 + to_v;
    A(i, d + i) = keep;
    A(d + i, i) = to_v;
    A(d + i, d + i) = keep;
  }
  B << C_, C_, C_, C_;
  return back(fixed_point(A, eta * eta * B).topLeftCorner(d, d));
}

LocalPotential local_potential(const MatrixXd& hessian, const MatrixXd& noise, double temperature) {
  const SymmetricEigen modes(hessian);
  const VectorXd h = modes.eigenvalues();
  if (!(h[0] > 0)) throw std::domain_error("no local potential: the Hessian is not positive definite");
  const MatrixXd& V = modes.eigenvectors();
  MatrixXd S = V.transpose() * noise * V;
  for (Index i = 0; i < h.size(); ++i)
    for (Index j = 0; j < h.size(); ++j) S(i, j) *= 2 * temperature / (h[i] + h[j]);
  LocalPotential local;
  local.covariance = V * S * V.transpose();
  local.circulation = hessian * local.covariance / temperature - noise;
  local.circulating = local.circulation.norm() / noise.norm();
  const SymmetricEigen spread(local.covariance);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!(spread.eigenvalues()[0] > 1e-13 * spread.eigenvalues()[h.size() - 1])) {
    local.hessian = MatrixXd::Constant(h.size(), h.size(), nan);
    local.distance = local.correlation = local.factor = nan;
    local.divergence = std::numeric_limits<double>::infinity();
    return local;
  }
  local.hessian = temperature * spread.eigenvectors() * spread.eigenvalues().cwiseInverse().asDiagonal() * spread.eigenvectors().transpose();
  const double c = (local.hessian.array() * hessian.array()).sum() / local.hessian.squaredNorm();
  local.factor = c;
  local.distance = (c * local.hessian - hessian).norm() / hessian.norm();
  local.correlation = c * local.hessian.norm() / hessian.norm();
  // From the symmetric H^(1/2) Sigma H^(1/2), whose eigenvalues keep their digits.
  const MatrixXd root = V * h.cwiseSqrt().asDiagonal() * V.transpose();
  const VectorXd ratios = SymmetricEigen(root * local.covariance * root, Eigen::EigenvaluesOnly).eigenvalues();
  local.divergence = (static_cast<double>(h.size()) * std::log(ratios.mean()) - ratios.array().log().sum()) / 2;
  return local;
}

} // namespace driftwell::sgd

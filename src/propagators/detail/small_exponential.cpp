#include "small_exponential.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Complex = std::complex<double>;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Ritz values theta of the resolvent below this belong to infinitely fast decay.
constexpr double least_theta = 1e-15;
/// The decay rate found in the space is that of the operator up to this factor.
constexpr double trusted = 0.95;

} // namespace

SmallExponential::SmallExponential(const MatrixXd& H, bool symmetric, double next, double gamma, double norm, double growth)
    : gamma_(gamma) {
  const Index m = H.rows();
  Eigen::VectorXcd theta(m), first(m), bottom(m);
  if (symmetric) {
    const SymmetricEigen eigen(H.diagonal(), H.diagonal(-1));
    vectors_ = eigen.eigenvectors();
    theta = eigen.eigenvalues().cast<Complex>();
    first = vectors_.row(0).transpose().cast<Complex>();
    bottom = vectors_.row(m - 1).transpose().cast<Complex>();
  } else {
    const GeneralEigen eigen(H);
    complex_vectors_ = eigen.eigenvectors();
    theta = eigen.eigenvalues();
    const Eigen::PartialPivLU<Eigen::MatrixXcd> inverse(complex_vectors_);
    first = inverse.solve(Eigen::VectorXcd::Unit(m, 0));
    condition_ = complex_vectors_.norm() * inverse.inverse().norm();
    bottom = complex_vectors_.row(m - 1).transpose();
  }
  double slowest = HUGE_VAL;
  for (Index i = 0; i < m; ++i) {
    Complex lambda = -HUGE_VAL;
    if (std::abs(theta[i]) > least_theta && (!symmetric || theta[i].real() > 0)) {
      lambda = (1.0 - 1.0 / theta[i]) / gamma + growth;
      if (symmetric) lambda = std::min(0.0, lambda.real());
      else if (lambda.real() > 1e-8 / gamma) lambda = -HUGE_VAL; // spurious: beyond the spectrum
    }
    const bool lives = std::isfinite(lambda.real());
    lambda_.push_back(lives ? lambda : Complex(0));
    first_.push_back(lives ? norm * first[i] : Complex(0));
    last_.push_back(lives ? next / gamma * bottom[i] / theta[i] * first_.back() : Complex(0));
    if (lives) slowest = std::min(slowest, -lambda.real());
  }
  rho_ = std::isfinite(slowest) ? trusted * std::max(0.0, slowest) : 0;
}

VectorXd SmallExponential::coefficients(double t) const {
  Eigen::VectorXcd f(static_cast<Index>(lambda_.size()));
  for (std::size_t i = 0; i < lambda_.size(); ++i) f[static_cast<Index>(i)] = std::exp(t * lambda_[i]) * first_[i];
  if (vectors_.size()) return vectors_ * f.real();
  return (complex_vectors_ * f).real();
}

SmallExponential::Residual SmallExponential::residual(double s) const {
  Residual r{0, 0};
  for (std::size_t i = 0; i < lambda_.size(); ++i) {
    if (s * lambda_[i].real() < -60) continue;
    const Complex value = vectors_.size() ? std::exp(s * lambda_[i].real()) * last_[i] : std::exp(s * lambda_[i]) * last_[i];
    r.c += value.real();
    r.slope += (lambda_[i] * value).real();
  }
  return r;
}

double SmallExponential::bound(double t) const {
  const auto decay = [&](double s) { return std::exp(-rho_ * (t - s)); };
  // Up to t/2 the operator has time to damp (I - gamma A) v: |exp((t-s)A)(I - gamma A)| <= 1 + gamma / (e (t-s)).
  double early = 0, s = t / 2;
  double here = std::abs(residual(s).c) * decay(s);
  const double middle = here;
  for (int i = 0; i < 40 && s > 1e-9 * t; ++i) {
    const double below = s / (i < 16 ? 1.25 : 2.5), value = std::abs(residual(below).c) * decay(below);
    early += (s - below) * std::max(here, value) * (1 + gamma_ / (2.718 * (t - s)));
    s = below;
    here = value;
  }
  early += s * here;
  // From there on A is integrated by parts: gamma (|c(t)| + |c(t/2)|) + int |c - gamma c'|.
  constexpr int nodes = 8;
  double late = gamma_ * (std::abs(residual(t).c) + middle), before = 0;
  for (int i = 0; i <= nodes; ++i) {
    const double at = t * (nodes + i) / (2 * nodes);
    const Residual r = residual(at);
    const double value = std::abs(r.c - gamma_ * r.slope) * decay(at);
    if (i > 0) late += std::max(before, value) * t / (2 * nodes);
    before = value;
  }
  return early + late;
}

} // namespace driftwell

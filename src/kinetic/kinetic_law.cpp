#include "driftwell/kinetic/kinetic_law.hpp"

#include <Eigen/QR>

#include <cmath>

namespace driftwell::kinetic {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// What a unit of the k-th of m coefficients costs beside a unit of error of the density: 1e-10 to 1e-4. Where the density falls off
/// more slowly than sqrt(rho_ss), as Gaussians beside a quartic potential do, its coefficients diverge, and the tail has to give way to
/// something that has small ones. Dear high functions keep the rate of change right: with 1e-10 for all of them dKL/dt after
/// t = 0.01 was wrong by factors (Gaussian of variance 0.3 beside q^4/4, T = 0.5), with these to 1e-3, KL to 1e-5.
double price(Index k, Index m) { return std::pow(10.0, -10 + 6 * static_cast<double>(k) / static_cast<double>(m)); }

/// Coefficients (1/sqrt(n!)) E[He_n(p / sqrt T)] of a normal law of p, n < count: from the generating function
/// E exp(z p/sqrt T - z^2/2) = exp(z mu + kappa z^2/2), mu = mean/sqrt T, kappa = variance/T - 1.
VectorXd momentum_coefficients(double mean, double variance, double T, Index count) {
  const double mu = mean / std::sqrt(T), kappa = variance / T - 1;
  VectorXd a(count);
  a[0] = 1;
  a[1] = mu;
  for (Index n = 1; n + 1 < count; ++n) {
    const auto m = static_cast<double>(n);
    a[n + 1] = (mu * a[n] + kappa * std::sqrt(m) * a[n - 1]) / std::sqrt(m + 1);
  }
  return a;
}

/// c_n(q_i) of a part, added to `c` (node, n).
void add_part(const PhaseGaussian& part, const PositionBasis& basis, MatrixXd& c) {
  const Collocation& nodes = basis.collocation();
  const double variance = part.covariance[0][0], std = std::sqrt(variance), slope = part.covariance[0][1] / variance;
  const double rest = part.covariance[1][1] - slope * part.covariance[0][1], period = nodes.upper - nodes.lower;
  const int images = nodes.periodic ? static_cast<int>(std::ceil(8 * std / period)) + 1 : 0;
  const double turns = nodes.periodic ? std::floor((part.mean[0] - nodes.lower) / period) : 0;
  for (Index i = 0; i < c.rows(); ++i)
    for (int image = -images; image <= images; ++image) {
      const double away = nodes.x[i] + (image + turns) * period * (nodes.periodic ? 1 : 0) - part.mean[0], z = away / std;
      const double ratio = std::exp(-z * z / 2);
      if (ratio == 0) continue;
      const double density = part.weight * ratio / (std * std::sqrt(2 * M_PI));
      c.row(i) += density * momentum_coefficients(part.mean[1] + slope * away, rest, basis.temperature(), c.cols()).transpose();
    }
}

/// Coefficients of u = c / s by projection; all of u_0, with s.
VectorXd projection(const KineticOperator& L, const MatrixXd& c) {
  const PositionBasis& basis = L.basis();
  const VectorXd weight = basis.collocation().w.array() * (-basis.log_s().array()).exp();
  VectorXd u(L.size() + 1);
  for (Index n = 0; n < L.blocks(); ++n) {
    const MatrixXd& functions = basis.basis(n % 2 == 1);
    u.segment(n == 0 ? 0 : L.offset(n) + 1, functions.cols()) = functions.transpose() * weight.cwiseProduct(c.col(n));
  }
  return u;
}

/// The same by regularised least squares: |s sum_k a_k phi_k - c|^2 + sum_k (price_k a_k)^2.
VectorXd fit(const KineticOperator& L, const MatrixXd& c) {
  const PositionBasis& basis = L.basis();
  const VectorXd root = basis.collocation().w.cwiseSqrt(), root_s = root.array() * basis.log_s().array().exp();
  VectorXd u(L.size() + 1);
  for (const bool odd : {false, true}) {
    const MatrixXd& functions = basis.basis(odd);
    const Index m = functions.cols();
    MatrixXd system = MatrixXd::Zero(functions.rows() + m, m);
    system.topRows(functions.rows()) = root_s.asDiagonal() * functions;
    for (Index k = 0; k < m; ++k) system(functions.rows() + k, k) = price(k, m);
    const Eigen::HouseholderQR<MatrixXd> factor(system);
    VectorXd right = VectorXd::Zero(system.rows());
    for (Index n = odd; n < L.blocks(); n += 2) {
      right.head(c.rows()) = root.cwiseProduct(c.col(n));
      u.segment(n == 0 ? 0 : L.offset(n) + 1, m) = factor.solve(right);
    }
  }
  return u;
}

} // namespace

InitialState project(const KineticOperator& L, const PhaseLaw& law) {
  MatrixXd c = MatrixXd::Zero(L.basis().collocation().x.size(), L.blocks());
  double weight = law.steady;
  for (const PhaseGaussian& part : law.parts) {
    add_part(part, L.basis(), c);
    weight += part.weight;
  }
  VectorXd all = projection(L, c); // right to the last digits where the coefficients fall off by themselves
  if (!(L.tail(all.tail(L.size())).position < 1e-14 * all.squaredNorm())) all = fit(L, c);
  const double mass = law.steady + all[0];
  VectorXd u = all.tail(L.size());
  if (law.steady > 0) u += law.steady * L.steady();
  u /= mass;
  const double chi_squared = (u - L.steady()).squaredNorm();
  return {std::move(u), 1 - mass / weight, chi_squared};
}

} // namespace driftwell::kinetic

#include "driftwell/kinetic/phase_space.hpp"

#include "one_thread.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::kinetic {

using Eigen::ArrayXXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// log(1 + x) (1 + x) - x for x > -1, without cancellation.
double relative_entropy(double x) {
  if (x <= -1) return 1;
  if (std::abs(x) < 1e-3) return x * x * (0.5 - x * (1.0 / 6 - x * (1.0 / 12 - x * (0.05 - x / 30))));
  return (1 + x) * std::log1p(x) - x;
}

} // namespace

PhaseSpace::PhaseSpace(const KineticOperator& L) : L_(L), rule_(normal_rule(2 * L.blocks())), steady_(L.steady()) {
  const OneThread one;
  const PositionBasis& basis = L.basis();
  const double T = basis.temperature();
  const Index H = L.blocks();
  // Far points have no say: |rho/rho_ss| sqrt(weight) <= the norm of u, so theirs is below 1e-20 of it.
  std::vector<Index> kept;
  for (Index j = 0; j < rule_.x.size(); ++j)
    if (rule_.w[j] > 1e-40) kept.push_back(j);
  rule_ = {VectorXd(rule_.x(kept)), VectorXd(rule_.w(kept))};
  hermite_ = hermite(rule_.x, H).transpose();
  slope_ = MatrixXd::Zero(H, rule_.x.size());
  for (Index n = 1; n < H; ++n) slope_.row(n) = std::sqrt(static_cast<double>(n) / T) * hermite_.row(n - 1);
  const VectorXd marginal = (basis.collocation().w.array() * (2 * basis.log_s().array()).exp()).matrix();
  weights_ = marginal * rule_.w.transpose();
  over_s_ = (-basis.log_s().array()).exp();
  const MatrixXd c = coefficients(steady_, 1);
  r_ss_ = (c * hermite_).cwiseMax(1e-300);
  slope_ss_ = c * slope_;
  // Where a driven steady state is nothing but rounding nothing is compared with it.
  if (basis.drive() != 0) weights_ = (r_ss_.array() * weights_.array().sqrt() > 1e-12).select(weights_, 0.0);
  log_partition_ = basis.log_partition() + std::log(2 * M_PI * T) / 2;
}

MatrixXd PhaseSpace::coefficients(const VectorXd& u, double mass) const {
  const PositionBasis& basis = L_.basis();
  MatrixXd c(over_s_.size(), L_.blocks());
  for (Index n = 0; n < L_.blocks(); ++n) {
    const auto block = u.segment(L_.offset(n), L_.block_size(n));
    if (n == 0) c.col(0) = (basis.basis(false).rightCols(block.size()) * block).cwiseProduct(over_s_).array() + mass; // mass * s / s
    else c.col(n) = (basis.basis(n % 2 == 1) * block).cwiseProduct(over_s_);
  }
  return c;
}

std::map<std::string, std::vector<double>> PhaseSpace::observe(const VectorXd& u) const {
  const OneThread one;
  const PositionBasis& basis = L_.basis();
  const double T = basis.temperature();
  const VectorXd deviation = u - steady_;
  const MatrixXd c = coefficients(deviation, 0);
  const MatrixXd d = c * hermite_, d_slope = c * slope_, rate = coefficients(L_.apply(deviation), 0) * hermite_;
  // Deviations smaller than this, times the root of the weight of their point, are rounding.
  const double noise = 1e-12 * (deviation.norm() + 1e-12);
  double kl = 0, fisher = 0, dissipation = 0, phi = 0;
  for (Index j = 0; j < d.cols(); ++j)
    for (Index i = 0; i < d.rows(); ++i) {
      const double w = weights_(i, j), r_ss = r_ss_(i, j), x = d(i, j) / r_ss, r = r_ss + d(i, j);
      if (w == 0) continue;
      kl += w * r_ss * relative_entropy(x);
      if (r <= 0) continue;
      phi -= w * r * std::log(r_ss);
      if (r * std::sqrt(w) < noise) continue;
      const double slope = d_slope(i, j) - x * slope_ss_(i, j); // r d_p log(rho/rho_ss)
      fisher += w * slope * slope / r;
      dissipation += w * rate(i, j) * std::log1p(x);
    }
  // Moments in q of u_0, u_1, u_2, the steady state included.
  const VectorXd s = basis.log_s().array().exp(), ws = basis.collocation().w.cwiseProduct(s).cwiseProduct(s);
  const MatrixXd full = c.leftCols(3) + coefficients(steady_, 1).leftCols(3);
  const VectorXd m0 = ws.cwiseProduct(full.col(0)), m1 = ws.cwiseProduct(full.col(1)) * std::sqrt(T), &q = basis.collocation().x;
  const double mass = m0.sum(), mean_q = m0.dot(q), mean_p = m1.sum(), p2 = T * (mass + std::sqrt(2.0) * ws.dot(full.col(2)));
  const double qq = m0.dot((q.array() - mean_q).square().matrix()), qp = m1.dot((q.array() - mean_q).matrix()), pp = p2 - mean_p * mean_p;
  const double kinetic = p2 / 2, loss = m0.dot(basis.loss());
  const double potential = basis.drive() == 0 ? m0.dot(basis.potential()) + kinetic : T * phi + m0.dot(basis.potential()) + kinetic + T * log_partition_;
  const double log_z = basis.drive() == 0 ? log_partition_ : 0;
  const double free_energy = T * kl - T * log_z;
  return {{"kl", {kl}},
          {"free_energy", {free_energy}},
          {"mean_potential", {potential}},
          {"mean_loss", {loss}},
          {"mean_kinetic_energy", {kinetic}},
          {"entropy", {(potential - free_energy) / T}},
          {"fisher_information", {fisher}},
          {"dissipation", {dissipation}},
          {"kl_decay_rate", {kl > 0 ? -dissipation / kl : 0}},
          {"mass", {mass}},
          {"mean", {mean_q, mean_p}},
          {"covariance", {qq, qp, qp, pp}}};
}

double PhaseSpace::negative_mass(const VectorXd& u) const {
  const MatrixXd r = coefficients(u, 1) * hermite_;
  return -(weights_.array() * r.array().min(0.0)).sum();
}

double PhaseSpace::entropy_production() const {
  if (L_.basis().drive() == 0) return 0;
  return L_.basis().drive() * observe(steady_).at("mean")[1] / L_.basis().temperature();
}

MatrixXd PhaseSpace::density(const VectorXd& u, const VectorXd& q, const VectorXd& p) const {
  const PositionBasis& basis = L_.basis();
  const Collocation& nodes = basis.collocation();
  const double T = basis.temperature();
  VectorXd inside(q.size()), s(q.size());
  for (Index i = 0; i < q.size(); ++i) {
    const bool in = q[i] >= nodes.lower && q[i] <= nodes.upper; // beyond, exp(-U/T) is below 1e-41 of its maximum
    inside[i] = in ? q[i] : nodes.lower;
    s[i] = in ? std::exp(-basis.potential_at(q[i]) / (2 * T) - basis.log_partition() / 2) : 0;
  }
  MatrixXd values(nodes.x.size(), L_.blocks());
  for (Index n = 0; n < L_.blocks(); ++n) {
    const auto block = u.segment(L_.offset(n), L_.block_size(n));
    values.col(n) = n == 0 ? VectorXd(basis.basis(false).rightCols(block.size()) * block) : VectorXd(basis.basis(n % 2 == 1) * block);
  }
  MatrixXd c = interpolation(nodes, inside) * values;
  c.col(0) += s;
  c = (s.asDiagonal() * c).eval();
  const MatrixXd h = hermite(p / std::sqrt(T), L_.blocks());
  const VectorXd gauss = (-p.array().square() / (2 * T)).exp() / std::sqrt(2 * M_PI * T);
  return c * (gauss.asDiagonal() * h).transpose();
}

VectorXd PhaseSpace::marginal(const VectorXd& u, const VectorXd& q) const {
  // Only u_0: the density with all other blocks cleared, at the p where h_0 is alone.
  VectorXd first = VectorXd::Zero(u.size());
  first.head(L_.block_size(0)) = u.head(L_.block_size(0));
  const double T = L_.basis().temperature();
  return density(first, q, VectorXd::Zero(1)).col(0) * std::sqrt(2 * M_PI * T);
}

} // namespace driftwell::kinetic

#include "working_form.hpp"

#include "driftwell/core/reduce.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Of s^2 between neighbours, at least.
constexpr double steepest = 0.1;

/// w_l = max_k weight_k steepest^|k-l|, |k-l| the steps between cells along the axes. Where a start ends abruptly, diag(1/s) Q diag(s)
/// would otherwise be far from normal, and its modes so ill-conditioned that krylov lost half of its digits.
VectorXd smoothed(const Grid& grid, VectorXd w) {
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const std::size_t count = grid.axis(a).cells, stride = grid.stride(a), rounds = grid.axis(a).periodic() ? 2 : 1;
    const auto at = [&](std::size_t line, std::size_t i) -> double& { return w[static_cast<Index>(line + (i % count) * stride)]; };
    for (std::size_t line = 0; line < grid.size(); ++line) {
      if (grid.coordinate(line, a) != 0) continue;
      for (std::size_t i = 1; i < rounds * count; ++i) at(line, i) = std::max(at(line, i), steepest * at(line, i - 1));
      for (std::size_t i = rounds * count - 1; i > 0; --i) at(line, i - 1) = std::max(at(line, i - 1), steepest * at(line, i));
    }
  }
  return w;
}

} // namespace

bool WorkingForm::suits_symmetric(const EvolutionProblem& problem) {
  if (!problem.generator.reversible()) return false;
  const VectorXd& p = problem.initial;
  // With absorbing walls the chain is reversible with respect to exp(-local potential), not to p_ss.
  const VectorXd weight = scale(problem, true).array().square();
  double chi = 0;
  for (Index k = 0; k < p.size(); ++k)
    if (p[k] > 0) chi += p[k] / weight[k] * p[k];
  return std::isfinite(chi) && chi < 1e10;
}

VectorXd WorkingForm::scale(const EvolutionProblem& problem, bool symmetric) {
  if (symmetric && !problem.generator.conservative()) {
    const VectorXd& phi = problem.generator.local_potential();
    return (-(phi.array() - phi.minCoeff()) / 2).exp();
  }
  if (symmetric) return problem.steady.p.array().sqrt();
  const VectorXd mean = 0.5 * (problem.steady.p + problem.initial);
  return smoothed(problem.generator.grid(), mean.cwiseMax(1e-28 * mean.maxCoeff())).array().sqrt();
}

WorkingForm::WorkingForm(const EvolutionProblem& problem)
    : steady_(problem.steady), conservative_(problem.generator.conservative()),
      s_(scale(problem, suits_symmetric(problem))),
      A_(suits_symmetric(problem) ? problem.generator.symmetrised() : problem.generator.rates().scaled(s_)) {
  const auto divided = [&](const VectorXd& v) {
    VectorXd u(v.size());
    for (Index k = 0; k < v.size(); ++k) u[k] = v[k] == 0 ? 0.0 : v[k] / s_[k];
    return u;
  };
  if (!conservative_) {
    start_ = divided(problem.initial);
    return;
  }
  if (!symmetric()) { // A right = 0, left^T A = 0, left . right = 1; where A is symmetric both are s
    right_ = divided(steady_.p);
    left_ = s_ / s_.dot(right_);
  }
  start_ = divided(problem.initial - steady_.p);
  deflate(start_);
}

void WorkingForm::deflate(Eigen::Ref<VectorXd> u) const {
  if (!conservative_) return;
  if (symmetric()) u -= s_.dot(u) * s_;
  else u -= left_.dot(u) * right_;
}

double WorkingForm::l1_of(const VectorXd& u) const {
  return deterministic_sum(static_cast<std::size_t>(u.size()), [&](std::size_t k) {
    const auto i = static_cast<Index>(k);
    return s_[i] * std::abs(u[i]);
  });
}

void WorkingForm::probabilities(const double* u, double t, VectorXd& p) const {
  const Index n = s_.size();
  p.resize(n);
  const double decay = std::exp(-steady_.decay_rate * t);
  const double* rest = conservative_ ? steady_.p.data() : nullptr;
#pragma omp parallel for schedule(static) if (n > 60000)
  for (Index k = 0; k < n; ++k) p[k] = decay * s_[k] * u[k] + (rest ? rest[k] : 0.0);
}

} // namespace driftwell

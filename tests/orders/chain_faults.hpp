#pragma once
// What every chain must keep, in words where it does not: slow and obvious, on dense matrices.
#include "engine.hpp"

#include <fmt/format.h>

namespace engine {

inline double divergence(const VectorXd& p, const VectorXd& q) {
  double sum = 0;
  for (Index k = 0; k < p.size(); ++k)
    if (p[k] > 0) sum += p[k] * std::log(p[k] / q[k]);
  return sum;
}

/// `loss`: rates through absorbing walls, empty without. KL is followed by backward Euler, for which any step of a chain lowers it.
inline std::vector<std::string> chain_faults(const Stencil& rates, const VectorXd& loss, const VectorXd& steady, const VectorXd& start) {
  std::vector<std::string> faults;
  const MatrixXd Q = dense(rates);
  const double scale = Q.cwiseAbs().maxCoeff();
  VectorXd sums = Q.colwise().sum().transpose();
  if (loss.size()) sums += loss;
  if (const double off = sums.cwiseAbs().maxCoeff() / scale; !(off < 1e-12)) faults.push_back(fmt::format("a column does not sum to minus the loss: {:.2e}", off));
  if (const double least = (Q - MatrixXd(Q.diagonal().asDiagonal())).minCoeff(); !(least >= 0)) faults.push_back(fmt::format("a rate is negative: {:.2e}", least));
  if (loss.size() && !(loss.minCoeff() >= 0)) faults.push_back("a wall gives");
  if (!(steady.minCoeff() >= 0) || !(std::abs(steady.sum() - 1) < 1e-12)) faults.push_back("p_ss is no law");
  // Quasi-stationary with absorbing walls: Q p = -decay p.
  const VectorXd flow = Q * steady, rest = flow - flow.sum() * steady;
  if (const double off = rest.cwiseAbs().sum() / (2 * Q.diagonal().cwiseAbs().dot(steady)); !(off < 1e-11)) faults.push_back(fmt::format("Q p_ss is not 0: {:.2e}", off));
  if (loss.size()) return faults;
  VectorXd p = start;
  double before = divergence(p, steady);
  const Eigen::PartialPivLU<MatrixXd> step(MatrixXd::Identity(Q.rows(), Q.cols()) - 0.02 * Q);
  for (int i = 0; i < 60; ++i) {
    p = step.solve(p);
    const double now = divergence(p, steady);
    if (!(now <= before + 1e-13 * (1 + std::abs(before)))) {
      faults.push_back(fmt::format("KL rises: {:.15g} to {:.15g}", before, now));
      break;
    }
    before = now;
  }
  return faults;
}

} // namespace engine

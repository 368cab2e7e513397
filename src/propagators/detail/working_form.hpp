#pragma once
// The coordinates a propagator computes in: u = (p - p_ss) / s. Taking the steady state out first makes late times
// accurate relative to what is left of the distance, and keeps the mass exact.
#include "driftwell/propagators/propagator.hpp"

#include <cmath>

namespace driftwell {

class WorkingForm {
public:
  /// symmetric: s = sqrt(p_ss) and A = S symmetric; needs detailed balance and a moderate chi^2 of the start, since
  /// rounding in u is felt as 1e-16 |u| sqrt(p_ss). Otherwise s mixes p_ss and the start, so that |u| stays near 1.
  explicit WorkingForm(const EvolutionProblem& problem);
  /// Will it be symmetric?
  [[nodiscard]] static bool suits_symmetric(const EvolutionProblem& problem);

  [[nodiscard]] bool symmetric() const { return A_.symmetric(); }
  [[nodiscard]] const Stencil& A() const { return A_; }
  [[nodiscard]] const Eigen::VectorXd& start() const { return start_; }
  /// Takes the component along the steady state out (nothing with absorbing walls).
  void deflate(Eigen::Ref<Eigen::VectorXd> u) const;
  /// With absorbing walls u evolves under A + decay_rate, so that the survivors keep their digits however few they are.
  [[nodiscard]] double decay_rate() const { return steady_.decay_rate; }
  /// p = p_ss + s u, or s u exp(-decay_rate t) with absorbing walls
  void probabilities(const double* u, double t, Eigen::VectorXd& p) const;
  /// What an error of 2-norm `error` in u can amount to in the L1 norm of p (Cauchy and Schwarz).
  [[nodiscard]] double l1(double error, double t) const { return error * s_.norm() * std::exp(-decay_rate() * t); }
  /// L1 norm in p of a vector u.
  [[nodiscard]] double l1_of(const Eigen::VectorXd& u) const;

private:
  static Eigen::VectorXd scale(const EvolutionProblem& problem, bool symmetric);

  const SteadyState& steady_;
  bool conservative_;
  Eigen::VectorXd s_;
  Stencil A_;
  Eigen::VectorXd start_, right_, left_;
};

} // namespace driftwell

#pragma once
// SGD whose terms are all parabolas: with x = w - minimum, single gradients are c_k + H_k x. Then the first two moments of the process obey
// a linear recursion, exactly, whatever the data: in z = (x, v), with A the mean step, G z the place of the gradient and B = (1, 1)
//
//   m' = A m,   P' = A P A^T + eta^2 f B C(G m, G P G^T) B^T,
//   C(m, P) = D + (1/N) sum (c_k m^T H_k + H_k m c_k^T) + (1/N) sum H_k P H_k - H P H
//
// P = E z z^T, f the factor of one batch (sgd::batch_factor). Where all H_k = H the noise is D everywhere.
#include "driftwell/theorems/claim.hpp"
#include "driftwell/theorems/sgd_evidence.hpp"

#include <Eigen/Core>

#include <cstdint>

namespace driftwell::theorems {

struct LinearSgd {
  Hypothesis parabolas;       ///< whether every term is one
  bool constant_noise = true; ///< all H_k = H
  Eigen::VectorXd centre;     ///< the minimum
  Eigen::MatrixXd hessian;    ///< H
  Eigen::MatrixXd noise;      ///< D at the minimum, summed up here from single gradients
  Eigen::VectorXd curvatures; ///< eigenvalues of H, rising
  Eigen::MatrixXd modes;      ///< and its eigenvectors
  Eigen::MatrixXd quadratic, linear; ///< d^2 x d^2 and d^2 x d: what C makes of P and of m; empty where the noise is constant
};

/// Throws NotApplicable: no minimum below the start, a Hessian that is not positive definite there, too many weights for exact moments
/// (16; 200 where the noise is constant).
[[nodiscard]] LinearSgd linear_sgd(const SgdEvidence& sgd);

struct StepRule {
  double eta = 0;
  double factor = 1;          ///< f; for SVAG times the sum of its squared weights
  double momentum = 0;
  bool nesterov = false;
};

class MomentRecursion {
public:
  MomentRecursion(const LinearSgd& linear, const StepRule& rule);

  void start(const Eigen::VectorXd& x); ///< at x, at rest
  void step();
  [[nodiscard]] Eigen::VectorXd mean() const { return mean_.head(d_); }
  [[nodiscard]] Eigen::MatrixXd second() const { return second_.topLeftCorner(d_, d_); } ///< E x x^T
  /// Spectral radius of the map of second moments without D and m: they stay bounded where it is below 1.
  [[nodiscard]] double growth() const;
  /// Covariance of x in the stationary law. Throws NotApplicable where there is none.
  [[nodiscard]] Eigen::MatrixXd stationary() const;

private:
  [[nodiscard]] Eigen::MatrixXd gradient_noise(const Eigen::VectorXd& mean, const Eigen::MatrixXd& second) const;
  [[nodiscard]] Eigen::MatrixXd spread(const Eigen::MatrixXd& C) const; ///< eta^2 f B C B^T
  const LinearSgd& linear_;
  StepRule rule_;
  Eigen::Index d_;
  Eigen::MatrixXd A_, G_, second_;
  Eigen::VectorXd mean_;
};

/// sum_ij of the diagonal in the basis of the modes: variance along each eigenvector of H.
[[nodiscard]] Eigen::VectorXd along_modes(const LinearSgd& linear, const Eigen::MatrixXd& covariance);

/// v(0) from v(h), v(h/2), v(h/4), ... where v is smooth in h: Neville's scheme; the error is what the last value or the last column changed.
[[nodiscard]] Measured limit_of_halvings(const std::vector<double>& values);

} // namespace driftwell::theorems

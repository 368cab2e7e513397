#pragma once
// Closed forms for SGD on a parabola with Hessian H and gradient noise of constant covariance C (of one batch), and for the diffusions
// that stand for it. What a measured H and D say about the neighbourhood of a minimum. All in the eigenbasis of H (h_i, C_ij).
#include <Eigen/Core>

#include <cstdint>

namespace driftwell::sgd {

/// Mean (from `start`, relative to the minimum) and covariance (from 0).
struct Moments {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

class QuadraticMoments {
public:
  /// Throws std::invalid_argument for sizes that do not fit or an H that is not symmetric.
  QuadraticMoments(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& covariance);

  /// Exactly, after k steps of w' = w - eta (H w + xi): mean (1 - eta h)^k, covariance eta^2 C_ij (1 - r^k)/(1 - r), r = (1 - eta h_i)(1 - eta h_j).
  [[nodiscard]] Moments sgd(double eta, std::uint64_t steps, const Eigen::VectorXd& start) const;
  /// Modified equation of weak order 1, dX = -H X dt + sqrt(eta C) dW, or 2, with drift -(H + eta H^2/2) X (Li, Tai & E 2017), at time t.
  [[nodiscard]] Moments modified_equation(int order, double eta, double t, const Eigen::VectorXd& start) const;

  /// Stationary covariance of SGD: eta C_ij / (h_i + h_j - eta h_i h_j). Throws std::domain_error unless 0 < eta h_i < 2.
  [[nodiscard]] Eigen::MatrixXd stationary(double eta) const;
  /// With heavy-ball or Nesterov momentum mu, from the fixed point of the recursion of (w, v). Throws std::domain_error where it diverges.
  [[nodiscard]] Eigen::MatrixXd stationary(double eta, double momentum, bool nesterov) const;

private:
  [[nodiscard]] Eigen::MatrixXd back(const Eigen::MatrixXd& covariance) const;
  Eigen::VectorXd h_;
  Eigen::MatrixXd V_, C_; ///< eigenvectors of H, C in their basis
};

/// dX = -H X dt + sqrt(2 T D) dW near a minimum has the density exp(-X^T U X/(2T)):
///   H Sigma + Sigma H = 2 T D,  U = T Sigma^-1,  H = (D + Q) U with Q antisymmetric.
struct LocalPotential {
  Eigen::MatrixXd covariance, hessian, circulation; ///< Sigma, U, Q
  double distance = 0;    ///< min over c of |c U - H|_F / |H|_F: 0 where the implicit potential is the loss but for a factor
  double circulating = 0; ///< |Q|_F / |D|_F
  double correlation = 0; ///< <U, H>_F / (|U|_F |H|_F), the cosine of the angle between both: distance^2 + correlation^2 = 1
  double factor = 0;      ///< the c of the distance
  /// min over T' of KL(N(0, Sigma), N(0, T' H^-1)) = (d log(tr(H Sigma)/d) - log det(H Sigma))/2, nats: of the laws, not of their exponents.
  double divergence = 0;
};
/// Throws std::domain_error where H is not positive definite; U and what follows from it is NaN, `divergence` infinite, where Sigma is singular to 1e-13.
[[nodiscard]] LocalPotential local_potential(const Eigen::MatrixXd& hessian, const Eigen::MatrixXd& noise, double temperature);

} // namespace driftwell::sgd

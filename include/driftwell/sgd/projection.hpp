#pragma once
// Few directions in the space of weights: chosen ones, or the principal components of the trajectories of SGD; and the equation that the
// coordinates y = P^T x obey when x is a diffusion.
//
// With b and D of x the law of y solves, exactly, the Fokker-Planck equation in y alone with the conditional means (Gyoengy 1986)
//   b(y, t) = E[P^T b(x) | y],   D(y, t) = E[P^T D(x) P | y].
// Here they are fitted to a cloud at one time: polynomials in y by least squares. Exact, for any number of directions, where b is linear, D
// constant and the law Gaussian; otherwise as good as the polynomials.
#include "driftwell/sgd/process.hpp"

#include <Eigen/Core>

#include <string>
#include <vector>

namespace driftwell::sgd {

/// Second moments of the weights over all replicas and the times at which add() was called.
class Trajectories {
public:
  /// Throws std::length_error above `largest` weights.
  explicit Trajectories(std::size_t dimension);
  void add(const Process& process);
  struct Components {
    Eigen::MatrixXd directions;  ///< d x m, orthonormal columns, most spread first; the largest entry of each is positive
    Eigen::VectorXd explained;   ///< share of the total variance in each
  };
  /// Throws std::invalid_argument for more than d of them, std::domain_error where nothing moved.
  [[nodiscard]] Components components(std::size_t count) const;

  static constexpr std::size_t largest = 4096;

private:
  Eigen::VectorXd origin_, sum_; ///< sums relative to the first weights seen, so that little cancels
  Eigen::MatrixXd squares_;
  std::size_t count_ = 0;
};

/// What is fitted at one time: y (m x n), the projected drift (m x n) and noise (m(m+1)/2 x n, upper triangle row by row) of n particles.
struct ProjectedSamples {
  Eigen::MatrixXd y, drift, noise;
};

class ProjectedEquation {
public:
  /// Polynomials of total degree up to `degree` for the drift and up to min(degree, 2) for the noise, lowered until there are ten particles a
  /// coefficient. Beyond the outermost particles their values are those at the edge. Throws std::domain_error for fewer than 20 particles or where y
  /// does not spread in every direction.
  ProjectedEquation(const ProjectedSamples& samples, std::size_t degree);

  [[nodiscard]] std::size_t dimension() const { return static_cast<std::size_t>(centre_.size()); }
  [[nodiscard]] std::size_t degree() const { return degree_; } ///< the one used for the drift
  /// At a point. D may fail to be positive semi-definite between particles where its degree is not 0.
  [[nodiscard]] Eigen::VectorXd drift(const Eigen::VectorXd& y) const;
  [[nodiscard]] Eigen::MatrixXd noise(const Eigen::VectorXd& y) const;
  /// The same as formulas in y1, y2, ...
  [[nodiscard]] std::string drift_text(std::size_t i) const { return text(drift_, i); }
  [[nodiscard]] std::string noise_text(std::size_t i, std::size_t j) const;
  /// D as its mean over the particles, everywhere.
  void flatten_noise();
  /// Share of the variance of the projected drift (sum over directions) that y does not explain: 0 for a closed equation.
  [[nodiscard]] double unexplained() const { return unexplained_; }

private:
  [[nodiscard]] std::string text(const Eigen::MatrixXd& coefficients, std::size_t row) const;
  [[nodiscard]] Eigen::VectorXd basis(Eigen::VectorXd y, std::size_t terms) const;

  Eigen::VectorXd centre_, scale_, lower_, upper_; ///< z = (y - centre)/scale, clamped to the particles' range
  std::vector<std::vector<int>> powers_;           ///< by total degree, so that a lower one takes the first terms
  Eigen::MatrixXd drift_, noise_;                  ///< one row of coefficients a component
  Eigen::VectorXd noise_mean_;
  std::size_t degree_ = 0;
  double unexplained_ = 0;
};

} // namespace driftwell::sgd

#pragma once
// Observables of a law of (q, p) from its Hermite coefficients, by quadrature over the nodes of q and Gauss-Hermite points in p.
#include "driftwell/kinetic/kinetic_operator.hpp"

#include <map>
#include <string>
#include <vector>

namespace driftwell::kinetic {

class PhaseSpace {
public:
  /// `momenta`: 2 H quadrature points. L must outlive it.
  explicit PhaseSpace(const KineticOperator& L);

  /// Scalars have one entry; mean (q, p), covariance row by row. E = f + p^2/2, Phi = -T log rho_ss (= E without drive):
  ///   kl                  int rho log(rho/rho_ss)
  ///   free_energy         E[Phi] - T entropy = T kl - T log Z
  ///   mean_potential      E[Phi];  mean_loss: E[f];  mean_kinetic_energy: E[p^2/2]
  ///   entropy             -int rho log rho
  ///   fisher_information  int rho |d_p log(rho/rho_ss)|^2, the part of the momenta
  ///   dissipation         dkl/dt = int (d_t rho) log(rho/rho_ss), measured; theory says -gamma T fisher_information
  ///   kl_decay_rate       -dissipation / kl: swings between 0, on the steps of the staircase, and its largest value
  ///   mass
  /// The density is taken as 0 where rounding makes it negative.
  [[nodiscard]] std::map<std::string, std::vector<double>> observe(const Eigen::VectorXd& u) const;

  /// Total of negative values of the density at the points of the quadrature.
  [[nodiscard]] double negative_mass(const Eigen::VectorXd& u) const;
  [[nodiscard]] double log_partition() const { return log_partition_; } ///< of exp(-E/T) over q and p; 0 with a drive
  [[nodiscard]] const Eigen::VectorXd& steady() const { return steady_; }
  /// b0 E_ss[p] / T: what the drive dissipates.
  [[nodiscard]] double entropy_production() const;

  /// rho at the points (q_i, p_j), and its integral over p at q_i.
  [[nodiscard]] Eigen::MatrixXd density(const Eigen::VectorXd& u, const Eigen::VectorXd& q, const Eigen::VectorXd& p) const;
  [[nodiscard]] Eigen::VectorXd marginal(const Eigen::VectorXd& u, const Eigen::VectorXd& q) const;

private:
  [[nodiscard]] Eigen::MatrixXd coefficients(const Eigen::VectorXd& u, double mass) const; ///< u_n at the nodes (node, n)

  const KineticOperator& L_;
  NormalRule rule_;
  Eigen::MatrixXd hermite_, slope_;  ///< (n, point): h_n and d/dp of it
  Eigen::MatrixXd weights_;          ///< (node, point): probability of the Gibbs law
  Eigen::VectorXd over_s_;           ///< 1/s
  Eigen::VectorXd steady_;
  Eigen::MatrixXd r_ss_, slope_ss_;  ///< rho_ss over the Gibbs law, and its derivative
  double log_partition_;
};

} // namespace driftwell::kinetic

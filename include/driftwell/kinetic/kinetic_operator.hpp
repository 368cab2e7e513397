#pragma once
// The kinetic (Kramers) equation in positions and momenta as a hierarchy in Hermite functions of p.
//
//   d_t rho = -p d_q rho - d_p((b - gamma p) rho) + gamma T d_pp rho
//   rho(q, p) = sum_n s(q) u_n(q) h_n(p / sqrt T) exp(-p^2/2T) / sqrt(2 pi T),   h_n = He_n / sqrt(n!)
//   d_t u_n = -sqrt(n) R u_{n-1} + sqrt(n+1) A^T u_{n+1} - gamma n u_n,          R = A - b0 / sqrt(T)
//
// with A of position_basis.hpp (Risken, The Fokker-Planck Equation, 1989, section 10.3; here with u_n cut off at n = H). Without b0
// transport is antisymmetric and friction diagonal: the norm sum_n |u_n|^2 = int rho^2/rho_ss never grows, u_0 = s is
// stationary, and the mass <s, u_0> is constant, all exactly.
#include "driftwell/kinetic/position_basis.hpp"

#include <Eigen/Core>
#include <Eigen/LU>

#include <complex>
#include <vector>

namespace driftwell::kinetic {

/// The generator L without the component along s in u_0, which is the mass and does not change. Coefficients of all blocks
/// u_0 (without it), u_1, ..., u_{H-1} one after the other.
class KineticOperator {
public:
  /// hermite = H >= 4, friction > 0. The basis must outlive it.
  KineticOperator(const PositionBasis& basis, double friction, Eigen::Index hermite);

  [[nodiscard]] const PositionBasis& basis() const { return basis_; }
  [[nodiscard]] double friction() const { return friction_; }
  [[nodiscard]] Eigen::Index blocks() const { return hermite_; }
  [[nodiscard]] Eigen::Index size() const { return offset_.back(); }
  [[nodiscard]] Eigen::Index offset(Eigen::Index n) const { return offset_[static_cast<std::size_t>(n)]; }
  [[nodiscard]] Eigen::Index block_size(Eigen::Index n) const { return offset(n + 1) - offset(n); }
  /// sqrt(n+1) R and sqrt(n+1) A from block n to block n + 1.
  [[nodiscard]] Eigen::MatrixXd raise(Eigen::Index n) const;
  [[nodiscard]] Eigen::MatrixXd transport(Eigen::Index n) const;
  /// sqrt(n+1) R times a block n, and sqrt(n+1) A^T times a block n + 1.
  [[nodiscard]] Eigen::VectorXd lift(Eigen::Index n, const Eigen::VectorXd& block) const;
  [[nodiscard]] Eigen::VectorXd lower(Eigen::Index n, const Eigen::VectorXd& block) const;

  [[nodiscard]] Eigen::VectorXd apply(const Eigen::VectorXd& u) const;
  /// What a unit of mass feeds into u_1: sqrt(T)^-1 b0 s; zero without b0.
  [[nodiscard]] Eigen::VectorXd source() const;
  /// The steady state's coefficients: L u + source = 0.
  [[nodiscard]] Eigen::VectorXd steady() const;
  /// Squared norm of the last tenth of the Hermite functions and of the last tenth of the functions of q: what is left of a resolved
  /// function there is nothing.
  struct Tail {
    double momentum, position;
    [[nodiscard]] double sum() const { return momentum + position; }
  };
  [[nodiscard]] Tail tail(const Eigen::VectorXd& u) const;
  /// The first `count` eigenvalues by real part, the slowest first, among those nearest to the origin that a Krylov space of
  /// shift and invert has found and whose functions are resolved; one of each conjugate pair, imaginary part >= 0. Throws NumericalFailure if there are none.
  [[nodiscard]] std::vector<std::complex<double>> eigenvalues(std::size_t count) const;

private:
  [[nodiscard]] const Eigen::MatrixXd& coupling(Eigen::Index n, bool raising) const;

  const PositionBasis& basis_;
  double friction_;
  Eigen::Index hermite_;
  std::vector<Eigen::Index> offset_;
  Eigen::MatrixXd A_first_, R_first_, R_even_, R_odd_;
};

/// alpha I - L, alpha >= 0, factorised block by block from the highest Hermite function down: the Schur complements are
/// alpha + gamma n + (n+1) A^T S_{n+1}^-1 R, symmetric positive definite without b0, so that no pivoting across blocks is needed.
class BlockFactor {
public:
  BlockFactor(const KineticOperator& L, double alpha);
  [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& right) const;

private:
  const KineticOperator& L_;
  std::vector<Eigen::MatrixXd> inverse_; ///< of the Schur complements
};

} // namespace driftwell::kinetic

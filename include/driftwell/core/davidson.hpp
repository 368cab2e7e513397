#pragma once
// A few eigenvalues at one end of the spectrum of a large operator, from products and an approximate inverse.
#include <Eigen/Core>

#include <complex>
#include <cstddef>
#include <functional>
#include <vector>

namespace driftwell {

/// What Davidson's method is told about A, a real operator that need not be symmetric.
struct DavidsonProblem {
  using Complex = std::complex<double>;
  using Vector = Eigen::VectorXd;
  std::function<void(const Vector& v, Vector& Av)> apply;
  std::function<Vector(const Vector& r, Complex theta)> precondition; ///< about (A - theta)^-1 r, up to a factor; r itself makes a block Krylov space
  std::function<bool(Complex, Complex)> before; ///< order of the spectrum: the first ones are wanted; of a pair the positive imaginary part first
  std::function<double(Complex theta, Complex last)> accuracy; ///< how large |A u - theta u| may be, |u| = 1; last: value of the last wanted pair
  Vector null{};          ///< a known vector of unit length, left and right null vector of A, to be taken out; or empty
  bool symmetric = false; ///< eigenvalues are real
  Eigen::Index wanted = 1, block = 1, most = 24; ///< pairs asked for, pairs worked on (at least those), vectors at most
};

/// Ritz pairs, first ones first, complex pairs complete: there may be one more than wanted.
struct DavidsonResult {
  std::vector<std::complex<double>> values;
  Eigen::MatrixXcd vectors;      ///< of unit length
  std::vector<double> residuals; ///< |A u - theta u|
  double excess = 0;             ///< the largest residual over what is allowed: at most 1 where it came to an end
  std::size_t products = 0;
};

/// Davidson's method (Davidson 1975; Crouzeix, Philippe & Sadkane 1994) by blocks: Galerkin's eigenvalues of a growing space, each time joined by the
/// preconditioned residuals (of a complex pair both parts), restarted with the space of the best Ritz vectors. `start` holds columns to begin with.
/// Ends when the wanted pairs are accurate, when nothing new is found, or after `products`. Memory is 2 most + 2 block vectors. For a symmetric A residuals
/// bound the error of the eigenvalues; else times their condition.
[[nodiscard]] DavidsonResult davidson(const DavidsonProblem& problem, const Eigen::MatrixXd& start, std::size_t products);

/// Columns without symmetry, the same in every run.
[[nodiscard]] Eigen::MatrixXd noise_columns(Eigen::Index rows, Eigen::Index columns);

} // namespace driftwell

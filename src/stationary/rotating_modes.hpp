#pragma once
// The slowest eigenvalues and vectors of a large operator without detailed balance, from products alone.
#include "resolvent.hpp"

namespace driftwell {

/// Davidson's method on E = exp(tau A), by Faber series cut early (any polynomial of A has its eigenvectors; this one orders them by the real part
/// of the eigenvalue, however fast they rotate, where products of A or a resolvent order them by distance from a point). The block Krylov
/// space of E starts from a block that was evolved until tau tells the slow part of the spectrum from the rest; the eigenvalues are those of
/// A on the space of the pairs found. A is scaled by the root of its steady law, so that its numerical range is in the left half plane, and `null` is that root of unit
/// length (or empty).
class RotatingModes {
public:
  RotatingModes(const Stencil& A, Eigen::VectorXd null, Eigen::Index wanted);
  /// Pairs by slower(). `start`: columns to begin with instead of noise, such as those of the transposed operator. Throws NumericalFailure where residuals
  /// |A u - lambda u| do not fall below 1e-9 |lambda| and rounding.
  [[nodiscard]] Ritz find(const Stencil& A, const Eigen::MatrixXd* start = nullptr);

  [[nodiscard]] std::size_t products() const { return products_; }
  [[nodiscard]] double time() const { return tau_; }

private:
  void evolve(const Stencil& A, const Eigen::VectorXd& v, Eigen::VectorXd& result);
  void find_time(const Stencil& A, Eigen::MatrixXd& block);

  Eigen::VectorXd null_;
  Eigen::Index wanted_;
  double fastest_, across_;
  double tau_ = 0;
  std::vector<double> series_;
  std::size_t products_ = 0;
};

} // namespace driftwell

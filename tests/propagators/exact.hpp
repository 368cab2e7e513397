#pragma once
// Slow and obvious: the exponential of a small chain in any number type, entry by entry accurate.
#include "engine.hpp"

#include <Eigen/SparseCore>

namespace engine {

/// exp(tQ) = e^{-ct} exp(t (Q + c I)) with Q + c I >= 0: Taylor's series and squaring of matrices without a negative
/// entry, so that no entry loses relative accuracy beyond a few hundred units of the number type.
template <class Real, class Generator> Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic> positive_exponential(const Generator& Q, double t) {
  using Dense = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
  using std::exp;
  const auto c = static_cast<double>(Q.diagonal().cwiseAbs().maxCoeff());
  Dense A = Q.template cast<Real>();
  for (Index k = 0; k < A.rows(); ++k) A(k, k) += Real(c);
  int squarings = 0;
  for (double size = 2 * c * t; size > 0.5; size /= 2) ++squarings;
  Real step = Real(t);
  for (int i = 0; i < squarings; ++i) step /= 2;
  const Eigen::SparseMatrix<Real> X = Dense(A * step).sparseView();
  Dense sum = Dense::Identity(A.rows(), A.rows()), term = sum;
  // As many terms as there are cells: the far corner of the matrix is reached by the last ones.
  for (Index k = 1; k < A.rows() + 40; ++k) {
    term = (term * X).eval() / Real(static_cast<double>(k));
    sum += term;
  }
  sum *= exp(Real(-c) * step);
  for (int i = 0; i < squarings; ++i) sum = (sum * sum).eval();
  return sum;
}

} // namespace engine

#include "interval_matrix.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::bounds {

IntervalMatrix::IntervalMatrix(const Eigen::MatrixXd& m) : IntervalMatrix(static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols())) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) (*this)(i, j) = m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
}

IntervalMatrix multiply(const IntervalMatrix& a, const IntervalMatrix& b) {
  IntervalMatrix c(a.rows, b.columns);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j) {
      Interval sum(0.0);
      for (std::size_t k = 0; k < a.columns; ++k) sum = sum + a(i, k) * b(k, j);
      c(i, j) = sum;
    }
  return c;
}

IntervalMatrix congruent(const IntervalMatrix& w, const IntervalMatrix& a) {
  const IntervalMatrix right = multiply(a, w);
  IntervalMatrix b(w.columns, w.columns);
  for (std::size_t i = 0; i < w.columns; ++i)
    for (std::size_t j = i; j < w.columns; ++j) {
      Interval sum(0.0);
      for (std::size_t k = 0; k < w.rows; ++k) sum = sum + w(k, i) * right(k, j);
      b(i, j) = b(j, i) = sum;
    }
  return b;
}

Eigen::MatrixXd middle_of(const IntervalMatrix& a) {
  Eigen::MatrixXd m(static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(a.columns));
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.columns; ++j) m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = a(i, j).middle();
  return m;
}

namespace {

/// min_i (C u)_i / u_i, rounded down.
double rows_below(const Eigen::MatrixXd& c, const Eigen::VectorXd& u) {
  double lowest = Interval::infinity;
  for (Eigen::Index i = 0; i < c.rows(); ++i) {
    Interval row(c(i, i));
    for (Eigen::Index j = 0; j < c.rows(); ++j)
      if (j != i && c(i, j) != 0) row = row + Interval(c(i, j)) * (Interval(u(j)) / Interval(u(i)));
    lowest = std::min(lowest, row.lower);
  }
  return lowest;
}

} // namespace

double smallest_eigenvalue_below(const IntervalMatrix& a) {
  const auto n = static_cast<Eigen::Index>(a.rows);
  if (n == 1) return a(0, 0).is_empty() ? Interval::infinity : a(0, 0).lower;
  Eigen::MatrixXd comparison(n, n);
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.rows; ++j) {
      const double entry = i == j ? a(i, j).lower : -a(i, j).magnitude();
      if (a(i, j).is_empty() || !std::isfinite(entry)) return -Interval::infinity;
      comparison(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = entry;
    }
  Eigen::VectorXd vector = SymmetricEigen(comparison).eigenvectors().col(0).cwiseAbs();
  if (!vector.allFinite()) vector.setOnes();
  double best = -Interval::infinity; // every positive vector gives a bound: a small entry is divided by, a large one multiplied
  for (const double floor : {1e-12, 1e-9, 1e-6, 1e-3, 1.0}) best = std::max(best, rows_below(comparison, vector.cwiseMax(floor * vector.maxCoeff())));
  return best;
}

double distance_from_identity(const IntervalMatrix& a) {
  double largest = 0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    Interval row(0.0);
    for (std::size_t j = 0; j < a.columns; ++j) row = row + Interval((a(i, j) - Interval(i == j ? 1.0 : 0.0)).magnitude());
    largest = std::max(largest, row.upper);
  }
  return largest;
}

} // namespace driftwell::bounds

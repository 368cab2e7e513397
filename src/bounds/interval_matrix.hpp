#pragma once
// Symmetric matrices of intervals and rigorous bounds of their eigenvalues.
#include "driftwell/expression/interval.hpp"

#include <Eigen/Core>
#include <cstddef>
#include <vector>

namespace driftwell::bounds {

using expression::Interval;

struct IntervalMatrix {
  std::size_t rows = 0, columns = 0;
  std::vector<Interval> entries{};

  IntervalMatrix() = default;
  IntervalMatrix(std::size_t rows, std::size_t columns) : rows(rows), columns(columns), entries(rows * columns) {}
  explicit IntervalMatrix(const Eigen::MatrixXd& m);
  Interval& operator()(std::size_t i, std::size_t j) { return entries[i * columns + j]; }
  const Interval& operator()(std::size_t i, std::size_t j) const { return entries[i * columns + j]; }
};

[[nodiscard]] IntervalMatrix multiply(const IntervalMatrix& a, const IntervalMatrix& b);
/// W^T A W for symmetric A; symmetric.
[[nodiscard]] IntervalMatrix congruent(const IntervalMatrix& w, const IntervalMatrix& a);
[[nodiscard]] Eigen::MatrixXd middle_of(const IntervalMatrix& a);

/// <= the smallest eigenvalue of every symmetric matrix in `a`; -infinity where an entry is unbounded.
[[nodiscard]] double smallest_eigenvalue_below(const IntervalMatrix& a);
/// >= |E|_2 for every symmetric E in `a` - I.
[[nodiscard]] double distance_from_identity(const IntervalMatrix& a);

} // namespace driftwell::bounds

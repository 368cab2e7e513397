#pragma once
// A factorised sparse matrix: CHOLMOD and UMFPACK (or Eigen's own when built without SuiteSparse).
#include "driftwell/generator/stencil.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include <cstddef>
#include <memory>
#include <vector>

namespace driftwell {

class SparseFactor {
public:
  enum class Kind {
    positive_definite, ///< symmetric, its lower triangle is given
    general,
  };

  /// Throws NumericalFailure: not positive definite, singular, out of memory.
  SparseFactor(Eigen::SparseMatrix<double> matrix, Kind kind);
  /// Factor of alpha I + beta A in the nested-dissection order of its grid; positive definite where A is symmetric.
  SparseFactor(const Stencil& A, double alpha, double beta);
  ~SparseFactor();
  SparseFactor(SparseFactor&&) noexcept;
  SparseFactor& operator=(SparseFactor&&) noexcept;

  [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& right_side) const;

private:
  struct Impl;
  SparseFactor(Eigen::SparseMatrix<double> matrix, Kind kind, std::vector<int> ranks);
  std::unique_ptr<Impl> impl_;
};

/// Peak memory in bytes of factorising an operator with axis neighbours on a grid (state reduction takes what a general factor does),
/// within a fifth of what bench_memory measures in two and three dimensions, and the floating-point operations, roughly.
struct FactorEstimate {
  double bytes, operations;
};
[[nodiscard]] FactorEstimate estimate_factor(const Grid& grid, SparseFactor::Kind kind);

} // namespace driftwell

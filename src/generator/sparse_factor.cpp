#include "driftwell/generator/sparse_factor.hpp"

#include "driftwell/core/error.hpp"

#ifdef DRIFTWELL_SUITESPARSE
#include <Eigen/CholmodSupport>
#include <Eigen/UmfPackSupport>
#else
#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>
#endif

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace driftwell {

namespace {
using Matrix = Eigen::SparseMatrix<double>;
#ifdef DRIFTWELL_SUITESPARSE
using Cholesky = Eigen::CholmodDecomposition<Matrix, Eigen::Lower>;
using Lu = Eigen::UmfPackLU<Matrix>;
#else
using Cholesky = Eigen::SimplicialLLT<Matrix, Eigen::Lower>;
using Lu = Eigen::SparseLU<Matrix>;
#endif
} // namespace

namespace {

/// CHOLMOD's own threads gain nothing on the small blocks of a grid's factor, and its bits would depend on their number.
class OneThread {
public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

private:
  int before_;
};

} // namespace

struct SparseFactor::Impl {
  Matrix matrix; // UMFPACK reads it again for iterative refinement
  std::optional<Cholesky> cholesky;
  std::optional<Lu> lu;
  std::vector<int> ranks; // empty: the matrix came without an order
};

SparseFactor::SparseFactor(Matrix matrix, Kind kind) : SparseFactor(std::move(matrix), kind, std::vector<int>()) {}

SparseFactor::SparseFactor(const Stencil& A, double alpha, double beta) {
  if (A.links().size()) { // couplings across the separators of the grid: the library's own ordering is better
    *this = SparseFactor(A.matrix(alpha, beta), A.symmetric() ? Kind::positive_definite : Kind::general);
    return;
  }
  std::vector<int> ranks = A.grid().dissection_ranks();
  Matrix matrix = A.matrix(alpha, beta, ranks);
  *this = SparseFactor(std::move(matrix), A.symmetric() ? Kind::positive_definite : Kind::general, std::move(ranks));
}

SparseFactor::SparseFactor(Matrix matrix, Kind kind, std::vector<int> ranks) : impl_(std::make_unique<Impl>()) {
  impl_->matrix = std::move(matrix);
  impl_->ranks = std::move(ranks);
  [[maybe_unused]] const bool ordered = !impl_->ranks.empty();
  impl_->matrix.makeCompressed();
  Eigen::ComputationInfo info = Eigen::Success;
  const OneThread one;
  if (kind == Kind::positive_definite) {
    Cholesky& factor = impl_->cholesky.emplace();
#ifdef DRIFTWELL_SUITESPARSE
    factor.setMode(Eigen::CholmodAuto);
    factor.cholmod().print = 0;
    if (ordered) {
      factor.cholmod().nmethods = 1;
      factor.cholmod().method[0].ordering = CHOLMOD_NATURAL;
    }
#endif
    factor.compute(impl_->matrix);
    info = factor.info();
  } else {
    Lu& factor = impl_->lu.emplace();
#ifdef DRIFTWELL_SUITESPARSE
    // The matrices are diagonally dominant M-matrices: their own diagonal is the right pivot, refinement gains nothing.
    factor.umfpackControl()[UMFPACK_STRATEGY] = UMFPACK_STRATEGY_SYMMETRIC;
    factor.umfpackControl()[UMFPACK_ORDERING] = ordered ? UMFPACK_ORDERING_NONE : UMFPACK_ORDERING_METIS;
    factor.umfpackControl()[UMFPACK_IRSTEP] = 0;
    factor.umfpackControl()[UMFPACK_SYM_PIVOT_TOLERANCE] = 1e-6;
#endif
    factor.compute(impl_->matrix);
    info = factor.info();
  }
  if (info != Eigen::Success)
    throw NumericalFailure(kind == Kind::positive_definite
                               ? "a sparse Cholesky factorisation failed: out of memory, or the generator is not finite"
                               : "a sparse LU factorisation failed: out of memory, or the grid falls into parts that exchange nothing");
  if (kind == Kind::positive_definite) impl_->matrix = Matrix();
}

SparseFactor::~SparseFactor() = default;
SparseFactor::SparseFactor(SparseFactor&&) noexcept = default;
SparseFactor& SparseFactor::operator=(SparseFactor&&) noexcept = default;

Eigen::VectorXd SparseFactor::solve(const Eigen::VectorXd& right_side) const {
  const OneThread one;
  const auto solved = [&](const Eigen::VectorXd& b) -> Eigen::VectorXd {
    if (impl_->cholesky) return impl_->cholesky->solve(b);
    return impl_->lu->solve(b);
  };
  if (impl_->ranks.empty()) return solved(right_side);
  const std::vector<int>& ranks = impl_->ranks;
  const Eigen::Index n = right_side.size();
  Eigen::VectorXd ordered(n), result(n);
  for (Eigen::Index k = 0; k < n; ++k) ordered[ranks[static_cast<std::size_t>(k)]] = right_side[k];
  ordered = solved(ordered);
  for (Eigen::Index k = 0; k < n; ++k) result[k] = ordered[ranks[static_cast<std::size_t>(k)]];
  return result;
}

FactorEstimate estimate_factor(const Grid& grid, SparseFactor::Kind kind) {
  const double n = static_cast<double>(grid.size());
  double longest = 1;
  for (const Axis& axis : grid.axes()) longest = std::max(longest, static_cast<double>(axis.cells));
  // A separator is a face across the longest axis; its dense triangle dominates the factor of a compact grid. The constants are fits
  // to the measured peaks of bench_memory: matrix, factor and what the factorisation holds beside them.
  const double face = n / longest, levels = std::log2(std::max(4.0, std::min(face, longest)));
  const bool general = kind == SparseFactor::Kind::general;
  const double bytes = grid.dimension() == 1   ? (general ? 800 : 400) * n
                       : grid.dimension() == 2 ? (general ? 110 * levels + 450 : 60 * levels + 400) * n
                                               : (general ? 200 * face * face + 650 * n : 104 * face * face + 400 * n);
  const double operations = grid.dimension() == 1   ? 20 * n
                            : grid.dimension() == 2 ? 12 * face * std::min(face, longest) * longest + 200 * n
                                                    : 10 * face * face * face + 500 * n;
  return {bytes, operations * (general ? 2 : 1)};
}

} // namespace driftwell

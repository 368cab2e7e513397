// Matrix products of the sizes that small networks have: tiles of four rows and up to two vectors of columns in registers.
#include "product.hpp"

#include "lanes.hpp"

#include <algorithm>
#include <vector>

namespace driftwell::sgd::detail {

namespace {

struct Left {
  const double* A;
  std::size_t row, column;
};

template <std::size_t M, std::size_t V>
DRIFTWELL_INLINE void tile(std::size_t k, const Left& left, const double* B, std::size_t ldb, double* C, std::size_t ldc, bool add) {
  Lanes sum[M][V];
  for (std::size_t i = 0; i < M; ++i)
    for (std::size_t v = 0; v < V; ++v) {
      sum[i][v] = Lanes{};
      if (add) load(sum[i][v], C + i * ldc + v * lanes);
    }
  for (std::size_t p = 0; p < k; ++p) {
    Lanes b[V];
    for (std::size_t v = 0; v < V; ++v) load(b[v], B + p * ldb + v * lanes);
    for (std::size_t i = 0; i < M; ++i) {
      const double a = left.A[i * left.row + p * left.column];
      for (std::size_t v = 0; v < V; ++v) sum[i][v] += b[v] * a;
    }
  }
  for (std::size_t i = 0; i < M; ++i)
    for (std::size_t v = 0; v < V; ++v) store(C + i * ldc + v * lanes, sum[i][v]);
}

template <std::size_t V>
DRIFTWELL_INLINE void columns(std::size_t m, std::size_t k, const Left& left, const double* B, std::size_t ldb, double* C, std::size_t ldc, bool add) {
  std::size_t i = 0;
  for (; i + 4 <= m; i += 4) tile<4, V>(k, {left.A + i * left.row, left.row, left.column}, B, ldb, C + i * ldc, ldc, add);
  for (; i < m; ++i) tile<1, V>(k, {left.A + i * left.row, left.row, left.column}, B, ldb, C + i * ldc, ldc, add);
}

DRIFTWELL_MULTIVERSION void whole_columns(std::size_t m, std::size_t n, std::size_t k, Left left, const double* B, std::size_t ldb, double* C, std::size_t ldc, bool add) {
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) columns<2>(m, k, left, B + j, ldb, C + j, ldc, add);
  for (; j + lanes <= n; j += lanes) columns<1>(m, k, left, B + j, ldb, C + j, ldc, add);
}

} // namespace

void multiply(std::size_t m, std::size_t n, std::size_t k, const double* A, std::size_t row, std::size_t column, const double* B, std::size_t ldb,
              double* C, std::size_t ldc, bool add) {
  const std::size_t whole = n / lanes * lanes, rest = n - whole;
  whole_columns(m, whole, k, {A, row, column}, B, ldb, C, ldc, add);
  if (rest == 0) return;
  // The last columns through copies padded to a whole vector.
  static thread_local std::vector<double> scratch;
  scratch.assign((k + m) * lanes, 0.0);
  double *b = scratch.data(), *c = b + k * lanes;
  for (std::size_t p = 0; p < k; ++p) std::copy_n(B + p * ldb + whole, rest, b + p * lanes);
  if (add)
    for (std::size_t i = 0; i < m; ++i) std::copy_n(C + i * ldc + whole, rest, c + i * lanes);
  whole_columns(m, lanes, k, {A, row, column}, b, lanes, c, lanes, add);
  for (std::size_t i = 0; i < m; ++i) std::copy_n(c + i * lanes, rest, C + i * ldc + whole);
}

void transpose(std::size_t rows, std::size_t columns, const double* from, double* to) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
}

} // namespace driftwell::sgd::detail

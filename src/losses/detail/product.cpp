// Matrix products of the sizes that small networks have: tiles of eight rows and up to two vectors of columns in registers.
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

/// M rows and V vectors of columns; of a single vector perhaps only the first `count` columns are in C.
template <std::size_t M, std::size_t V>
DRIFTWELL_INLINE void tile(std::size_t k, const Left& left, const double* B, std::size_t ldb, double* C, std::size_t ldc, std::size_t count, bool add) {
  Lanes sum[M][V] = {};
  if (add)
    for (std::size_t i = 0; i < M; ++i)
      for (std::size_t v = 0; v < V; ++v) {
        if (count == lanes) load(sum[i][v], C + i * ldc + v * lanes);
        else load_part(sum[i][v], C + i * ldc, count);
      }
  for (std::size_t p = 0; p < k; ++p) {
    Lanes b[V], a;
#pragma GCC unroll 2
    for (std::size_t v = 0; v < V; ++v) load(b[v], B + p * ldb + v * lanes);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < M; ++i) {
      fill(a, left.A[i * left.row + p * left.column]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < V; ++v) multiply_add(sum[i][v], b[v], a);
    }
  }
  for (std::size_t i = 0; i < M; ++i)
    for (std::size_t v = 0; v < V; ++v) {
      if (count == lanes) store(C + i * ldc + v * lanes, sum[i][v]);
      else store_part(C + i * ldc, sum[i][v], count);
    }
}

template <std::size_t V>
DRIFTWELL_INLINE void columns(std::size_t m, std::size_t k, const Left& left, const double* B, std::size_t ldb, double* C, std::size_t ldc, std::size_t count, bool add) {
  std::size_t i = 0;
  for (; i + 8 <= m; i += 8) tile<8, V>(k, {left.A + i * left.row, left.row, left.column}, B, ldb, C + i * ldc, ldc, count, add);
  for (; i + 4 <= m; i += 4) tile<4, V>(k, {left.A + i * left.row, left.row, left.column}, B, ldb, C + i * ldc, ldc, count, add);
  for (; i < m; ++i) tile<1, V>(k, {left.A + i * left.row, left.row, left.column}, B, ldb, C + i * ldc, ldc, count, add);
}

DRIFTWELL_MULTIVERSION_FMA void whole_columns(std::size_t m, std::size_t n, std::size_t k, Left left, const double* B, std::size_t ldb, double* C, std::size_t ldc, bool add) {
  std::size_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes) columns<2>(m, k, left, B + j, ldb, C + j, ldc, lanes, add);
  for (; j + lanes <= n; j += lanes) columns<1>(m, k, left, B + j, ldb, C + j, ldc, lanes, add);
}

/// The last columns, fewer than a vector; B has whole rows of eight.
DRIFTWELL_MULTIVERSION_FMA void last_columns(std::size_t m, std::size_t rest, std::size_t k, Left left, const double* B, double* C, std::size_t ldc, bool add) {
  columns<1>(m, k, left, B, lanes, C, ldc, rest, add);
}

} // namespace

void multiply(std::size_t m, std::size_t n, std::size_t k, const double* A, std::size_t row, std::size_t column, const double* B, std::size_t ldb,
              double* C, std::size_t ldc, bool add) {
  const std::size_t whole = n / lanes * lanes, rest = n - whole;
  whole_columns(m, whole, k, {A, row, column}, B, ldb, C, ldc, add);
  if (rest == 0) return;
  // The last columns of B in a copy padded to a whole vector; what the padding holds reaches no element of C.
  static thread_local std::vector<double> scratch;
  if (scratch.size() < k * lanes) scratch.assign(k * lanes, 0.0);
  for (std::size_t p = 0; p < k; ++p)
    for (std::size_t j = 0; j < rest; ++j) scratch[p * lanes + j] = B[p * ldb + whole + j];
  last_columns(m, rest, k, {A, row, column}, scratch.data(), C + whole, ldc, add);
}

void transpose(std::size_t rows, std::size_t columns, const double* from, double* to) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) to[j * rows + i] = from[i * columns + j];
}

} // namespace driftwell::sgd::detail

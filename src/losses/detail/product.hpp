#pragma once
#include <cstddef>

namespace driftwell::sgd::detail {

/// C = A B, or C += A B: A is m x k with element (i, p) at A[i * row + p * column] (so transposed ones need no copy), B is k x n and
/// C is m x n, rows contiguous with strides ldb and ldc. Sums run over p in order, one fused multiply-add at a time: the same bits for every m, n,
/// instruction set and neighbour.
void multiply(std::size_t m, std::size_t n, std::size_t k, const double* A, std::size_t row, std::size_t column, const double* B, std::size_t ldb,
              double* C, std::size_t ldc, bool add);

/// to[j][i] = from[i][j], from rows x columns.
void transpose(std::size_t rows, std::size_t columns, const double* from, double* to);

} // namespace driftwell::sgd::detail

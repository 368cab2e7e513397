#pragma once
#include <cstddef>

namespace driftwell {

constexpr std::size_t strip_width = 16; ///< columns of the result worked on together

/// out = (or +=) a b for `rows` rows and one strip of columns: a(r, k) = a[r * a_row + k], b(k, .) = b[k * b_row + .], out(r, .) =
/// out[r * out_row + .], k = 0 ... n - 1. Every sum is a chain of fused multiplications and additions in the order of k, on every
/// processor: same bits everywhere.
void multiply_strip(std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out, std::size_t out_row);
void multiply_add_strip(std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out, std::size_t out_row);
/// The same with std::fma, number by number: for processors without the instruction, and for the tests.
void multiply_strip_plainly(bool add, std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out,
                            std::size_t out_row);

} // namespace driftwell

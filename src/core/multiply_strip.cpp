// The one file that is compiled with contraction: here every a * b + c is meant to be one fused operation, which is twice as fast.
#include "driftwell/core/multiply_strip.hpp"

#include "driftwell/core/simd.hpp"

#include <cmath>
#include <cstring>

// Instruction sets with fused multiplication; "default" is never run on x86 (below).
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#define DRIFTWELL_FUSED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#define DRIFTWELL_HAS_FUSED (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"))
#elif defined(__FP_FAST_FMA)
#define DRIFTWELL_FUSED
#define DRIFTWELL_HAS_FUSED true
#else
#define DRIFTWELL_FUSED
#define DRIFTWELL_HAS_FUSED false
#endif

namespace driftwell {

namespace {

using Lanes = double __attribute__((vector_size(64)));

/// `rows` rows: the accumulators stay in registers.
template <bool add, std::size_t rows>
DRIFTWELL_INLINE void multiply_rows(const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out, std::size_t out_row) {
  Lanes low[rows]{}, high[rows]{};
  for (std::size_t k = 0; k < n; ++k) {
    Lanes first, second;
    std::memcpy(&first, b + k * b_row, sizeof first);
    std::memcpy(&second, b + k * b_row + 8, sizeof second);
    for (std::size_t r = 0; r < rows; ++r) {
      const double c = a[r * a_row + k];
      low[r] += c * first;
      high[r] += c * second;
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    double* to = out + r * out_row;
    if (add) {
      Lanes first, second;
      std::memcpy(&first, to, sizeof first);
      std::memcpy(&second, to + 8, sizeof second);
      low[r] = first + low[r];
      high[r] = second + high[r];
    }
    std::memcpy(to, &low[r], sizeof low[r]);
    std::memcpy(to + 8, &high[r], sizeof high[r]);
  }
}

template <bool add>
DRIFTWELL_INLINE void multiply_all_rows(std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out,
                                        std::size_t out_row) {
  std::size_t i = 0;
  for (; i + 6 <= rows; i += 6) multiply_rows<add, 6>(a + i * a_row, a_row, b, b_row, n, out + i * out_row, out_row);
  for (; i + 2 <= rows; i += 2) multiply_rows<add, 2>(a + i * a_row, a_row, b, b_row, n, out + i * out_row, out_row);
  for (; i < rows; ++i) multiply_rows<add, 1>(a + i * a_row, a_row, b, b_row, n, out + i * out_row, out_row);
}

DRIFTWELL_FUSED void multiply(bool add, std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out,
                              std::size_t out_row) {
  if (add) multiply_all_rows<true>(rows, a, a_row, b, b_row, n, out, out_row);
  else multiply_all_rows<false>(rows, a, a_row, b, b_row, n, out, out_row);
}

void multiply_somehow(bool add, std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out,
                      std::size_t out_row) {
  (DRIFTWELL_HAS_FUSED ? multiply : multiply_strip_plainly)(add, rows, a, a_row, b, b_row, n, out, out_row);
}

} // namespace

void multiply_strip(std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out, std::size_t out_row) {
  multiply_somehow(false, rows, a, a_row, b, b_row, n, out, out_row);
}

void multiply_add_strip(std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out, std::size_t out_row) {
  multiply_somehow(true, rows, a, a_row, b, b_row, n, out, out_row);
}

void multiply_strip_plainly(bool add, std::size_t rows, const double* a, std::size_t a_row, const double* b, std::size_t b_row, std::size_t n, double* out,
                            std::size_t out_row) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < strip_width; ++c) {
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum = std::fma(a[r * a_row + k], b[k * b_row + c], sum);
      double& to = out[r * out_row + c];
      to = add ? to + sum : sum;
    }
}

} // namespace driftwell

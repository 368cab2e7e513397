#include "driftwell/ensemble/matrix_product.hpp"

#include <cmath>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#define DRIFTWELL_VECTOR_PRODUCT
#include <immintrin.h>
#endif

namespace driftwell {

namespace {

constexpr std::size_t height = 8; ///< rows of a panel

struct Panel {
  const double* entries; ///< height numbers for each column
  const double* constant;
  std::size_t columns, rows;
};

/// One number at a time. Every sum is a chain of fused multiply-adds in the order of the columns: the vector versions give the same bits.
void plain(const Panel& panel, ConstRows x, double* const* y, std::size_t from, std::size_t n) {
  for (std::size_t k = from; k < n; ++k)
    for (std::size_t r = 0; r < panel.rows; ++r) {
      double sum = panel.constant[r];
      for (std::size_t j = 0; j < panel.columns; ++j) sum = std::fma(panel.entries[j * height + r], x[j][k], sum);
      y[r][k] = sum;
    }
}

#ifdef DRIFTWELL_VECTOR_PRODUCT

// `wide` vectors of particles by `tall` rows in registers, over all columns; returns the number of particles done.
#define DRIFTWELL_PRODUCT(name, isa, V, lanes, tall, set1, loadu, storeu, fmadd)                                                  \
  template <int wide> __attribute__((target(isa), always_inline)) inline void name##_tile(const Panel& p, ConstRows x, double* const* y, std::size_t k, std::size_t first) { \
    V sum[tall][wide];                                                                                                            \
    _Pragma("GCC unroll 8") for (int r = 0; r < tall; ++r)                                                                        \
      _Pragma("GCC unroll 2") for (int v = 0; v < wide; ++v) sum[r][v] = set1(p.constant[first + r]);                             \
    const double* entry = p.entries + first;                                                                                      \
    for (std::size_t j = 0; j < p.columns; ++j, entry += height) {                                                                \
      V at[wide];                                                                                                                 \
      _Pragma("GCC unroll 2") for (int v = 0; v < wide; ++v) at[v] = loadu(x[j] + k + v * lanes);                                 \
      _Pragma("GCC unroll 8") for (int r = 0; r < tall; ++r) {                                                                    \
        const V a = set1(entry[r]);                                                                                               \
        _Pragma("GCC unroll 2") for (int v = 0; v < wide; ++v) sum[r][v] = fmadd(a, at[v], sum[r][v]);                            \
      }                                                                                                                           \
    }                                                                                                                             \
    for (std::size_t r = 0; r < tall && first + r < p.rows; ++r)                                                                  \
      for (int v = 0; v < wide; ++v) storeu(y[first + r] + k + v * lanes, sum[r][v]);                                             \
  }                                                                                                                               \
  __attribute__((target(isa))) std::size_t name(const Panel& p, ConstRows x, double* const* y, std::size_t n) {                   \
    std::size_t k = 0;                                                                                                            \
    for (; k + 2 * lanes <= n; k += 2 * lanes)                                                                                    \
      for (std::size_t first = 0; first < p.rows; first += tall) name##_tile<2>(p, x, y, k, first);                               \
    for (; k + lanes <= n; k += lanes)                                                                                            \
      for (std::size_t first = 0; first < p.rows; first += tall) name##_tile<1>(p, x, y, k, first);                               \
    return k;                                                                                                                     \
  }

DRIFTWELL_PRODUCT(with_512_bits, "avx512f", __m512d, 8, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd)
DRIFTWELL_PRODUCT(with_256_bits, "avx2,fma", __m256d, 4, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd)
#undef DRIFTWELL_PRODUCT

std::size_t vectors(const Panel& panel, ConstRows x, double* const* y, std::size_t n) {
  static const int bits = __builtin_cpu_supports("avx512f") ? 512 : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 256 : 0;
  return bits == 512 ? with_512_bits(panel, x, y, n) : bits == 256 ? with_256_bits(panel, x, y, n) : 0;
}

#else
std::size_t vectors(const Panel&, ConstRows, double* const*, std::size_t) { return 0; }
#endif

} // namespace

MatrixProduct::MatrixProduct(const std::vector<double>& matrix, std::vector<double> constant)
    : rows_(constant.size()), columns_(matrix.size() / constant.size()), constant_(std::move(constant)) {
  const std::size_t panels = (rows_ + height - 1) / height;
  panels_.assign(panels * height * columns_, 0.0);
  for (std::size_t i = 0; i < rows_; ++i)
    for (std::size_t j = 0; j < columns_; ++j) panels_[(i / height * columns_ + j) * height + i % height] = matrix[i * columns_ + j];
  constant_.resize(panels * height, 0.0);
}

void MatrixProduct::apply(ConstRows x, Rows y, std::size_t n) const {
  for (std::size_t i = 0; i < rows_; i += height) {
    const Panel panel{panels_.data() + i * columns_, constant_.data() + i, columns_, rows_ - i < height ? rows_ - i : height};
    plain(panel, x, y.data() + i, vectors(panel, x, y.data() + i, n), n);
  }
}

} // namespace driftwell

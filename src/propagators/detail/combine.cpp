#include "combine.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>

namespace driftwell {

namespace {

/// y += c0 v0 + c1 v1 + c2 v2 + c3 v3 over n entries.
DRIFTWELL_MULTIVERSION
void add_four(double* y, const double* v0, const double* v1, const double* v2, const double* v3, const double* c,
              std::ptrdiff_t n) {
  const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
#pragma omp simd
  for (std::ptrdiff_t k = 0; k < n; ++k) y[k] += (c0 * v0[k] + c1 * v1[k]) + (c2 * v2[k] + c3 * v3[k]);
}

DRIFTWELL_MULTIVERSION
void add_one(double* y, const double* v, double c, std::ptrdiff_t n) {
#pragma omp simd
  for (std::ptrdiff_t k = 0; k < n; ++k) y[k] += c * v[k];
}

} // namespace

void combine(const double* basis, Eigen::Index n, Eigen::Index m, const double* coefficients, Eigen::Index columns, double* out) {
  constexpr Eigen::Index strip = 1024;
#pragma omp parallel for schedule(static) if (n > 4 * strip)
  for (Eigen::Index first = 0; first < n; first += strip) {
    const Eigen::Index count = std::min(strip, n - first);
    for (Eigen::Index q = 0; q < columns; ++q) {
      double* y = out + q * n + first;
      std::fill_n(y, count, 0.0);
      const double* c = coefficients + q * m;
      const double* v = basis + first;
      Eigen::Index j = 0;
      for (; j + 4 <= m; j += 4)
        add_four(y, v + j * n, v + (j + 1) * n, v + (j + 2) * n, v + (j + 3) * n, c + j, count);
      for (; j < m; ++j) add_one(y, v + j * n, c[j], count);
    }
  }
}

void combine(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& coefficients, Eigen::MatrixXd& out) {
  out.resize(basis.rows(), coefficients.cols());
  combine(basis.data(), basis.rows(), coefficients.rows(), coefficients.data(), coefficients.cols(), out.data());
}

} // namespace driftwell

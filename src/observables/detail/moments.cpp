#include "moments.hpp"

#include "driftwell/core/reduce.hpp"
#include "driftwell/core/simd.hpp"

#include <array>

namespace driftwell {

namespace {

/// Sums of c, c z and c z^2.
DRIFTWELL_MULTIVERSION
std::array<double, 3> row_moments(const double* c, const double* z, std::size_t n) {
  std::array<std::array<double, reduce_lanes>, 3> lanes{};
  std::size_t i = 0;
  for (; i + reduce_lanes <= n; i += reduce_lanes) {
#pragma omp simd
    for (std::size_t l = 0; l < reduce_lanes; ++l) {
      const double first = c[i + l] * z[i + l];
      lanes[0][l] += c[i + l];
      lanes[1][l] += first;
      lanes[2][l] += first * z[i + l];
    }
  }
  for (; i < n; ++i) {
    const double first = c[i] * z[i];
    lanes[0][0] += c[i];
    lanes[1][0] += first;
    lanes[2][0] += first * z[i];
  }
  std::array<double, 3> sums{};
  for (std::size_t m = 0; m < 3; ++m)
    for (const double lane : lanes[m]) sums[m] += lane;
  return sums;
}

/// Sums of c (x_a - origin_a) for all a, then of c (x_a - origin_a) (x_b - origin_b) for all a <= b, over all cells, row by row
/// along the contiguous axis: the coordinates of the other axes are constant on a row.
std::vector<double> centred_moments(const DensityState& state, const std::vector<double>& origin) {
  const Grid& grid = state.grid();
  const std::size_t d = grid.dimension(), n = grid.axis(d - 1).cells, rows = grid.size() / n, count = d + d * (d + 1) / 2;
  std::vector<std::vector<double>> x;
  for (std::size_t a = 0; a < d; ++a) {
    x.push_back(grid.centres(a));
    for (double& value : x.back()) value -= origin[a];
  }
  const std::vector<double>& z = x[d - 1];
  std::vector<double> partial(rows * count);
#pragma omp parallel for schedule(static) if (grid.size() > 60000)
  for (std::size_t row = 0; row < rows; ++row) {
    const double* c = state.c.data() + row * n;
    const auto [s0, s1, s2] = row_moments(c, z.data(), n);
    const auto at = [&](std::size_t a) { return x[a][grid.coordinate(row * n, a)]; };
    double* m = partial.data() + row * count;
    for (std::size_t a = 0; a + 1 < d; ++a) *m++ = at(a) * s0;
    *m++ = s1;
    for (std::size_t a = 0; a + 1 < d; ++a) {
      for (std::size_t b = a; b + 1 < d; ++b) *m++ = at(a) * at(b) * s0;
      *m++ = at(a) * s1;
    }
    *m = s2;
  }
  std::vector<double> total(count);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < count; ++i) total[i] += partial[row * count + i];
  return total;
}

} // namespace

std::vector<double> mean_of(const DensityState& state) {
  const std::size_t d = state.grid().dimension();
  const std::vector<double> m = centred_moments(state, std::vector<double>(d, 0.0));
  return {m.begin(), m.begin() + static_cast<std::ptrdiff_t>(d)};
}

std::vector<double> covariance_of(const DensityState& state) {
  // Around the mean, not around 0: a narrow law far from the origin keeps its digits.
  const std::vector<double> m = centred_moments(state, mean_of(state));
  const std::size_t d = state.grid().dimension();
  std::vector<double> matrix(d * d);
  std::size_t next = d;
  for (std::size_t a = 0; a < d; ++a)
    for (std::size_t b = a; b < d; ++b) matrix[a * d + b] = matrix[b * d + a] = m[next++];
  return matrix;
}

} // namespace driftwell

#include "moments.hpp"

#include "driftwell/core/reduce.hpp"

#include <array>

namespace driftwell {

namespace {

using Moments = std::array<double, 9>; ///< first moments of 3 axes, then xx, yy, zz, xy, xz, yz

/// Sums of c (x - origin) and of its products over all cells, row by row along the contiguous axis: the coordinates of
/// the other axes are constant on a row.
Moments centred_moments(const DensityState& state, const std::vector<double>& origin) {
  const Grid& grid = state.generator.grid();
  const std::size_t d = grid.dimension(), n = grid.axis(d - 1).cells, rows = grid.size() / n;
  std::vector<std::vector<double>> x;
  for (std::size_t a = 0; a < d; ++a) {
    x.push_back(grid.centres(a));
    for (double& value : x.back()) value -= origin[a];
  }
  const std::vector<double>& z = x[d - 1];
  std::vector<Moments> partial(rows);
#pragma omp parallel for schedule(static) if (grid.size() > 60000)
  for (std::size_t row = 0; row < rows; ++row) {
    const double* c = state.c.data() + row * n;
    double s0 = 0, s1 = 0, s2 = 0;
    for (std::size_t i = 0; i < n; ++i) {
      s0 += c[i];
      s1 += c[i] * z[i];
      s2 += c[i] * z[i] * z[i];
    }
    std::array<double, 3> at{}; // coordinates of the outer axes, in order
    for (std::size_t a = 0; a + 1 < d; ++a) at[a] = x[a][grid.coordinate(row * n, a)];
    Moments& m = partial[row];
    const double u = at[0], v = d == 3 ? at[1] : 0;
    if (d == 1) m = {s1, 0, 0, s2, 0, 0, 0, 0, 0};
    else if (d == 2) m = {u * s0, s1, 0, u * u * s0, s2, 0, u * s1, 0, 0};
    else m = {u * s0, v * s0, s1, u * u * s0, v * v * s0, s2, u * v * s0, u * s1, v * s1};
  }
  Moments total{};
  for (const Moments& m : partial)
    for (std::size_t i = 0; i < m.size(); ++i) total[i] += m[i];
  return total;
}

} // namespace

std::vector<double> mean_of(const DensityState& state) {
  const std::size_t d = state.generator.grid().dimension();
  const Moments m = centred_moments(state, std::vector<double>(d, 0.0));
  return {m.begin(), m.begin() + static_cast<std::ptrdiff_t>(d)};
}

std::vector<double> covariance_of(const DensityState& state) {
  // Around the mean, not around 0: a narrow law far from the origin keeps its digits.
  const Moments m = centred_moments(state, mean_of(state));
  switch (state.generator.grid().dimension()) {
  case 1: return {m[3]};
  case 2: return {m[3], m[6], m[6], m[4]};
  default: return {m[3], m[6], m[7], m[6], m[4], m[8], m[7], m[8], m[5]};
  }
}

} // namespace driftwell

#include "driftwell/steppers/integrate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell {

namespace {

/// The particles that are at finite places, at most `samples`, evenly spread.
std::size_t sample_points(const Ensemble& ensemble, std::size_t d, std::size_t samples, RowBuffer& x) {
  const std::size_t stride = std::max<std::size_t>(1, ensemble.particles() / std::max<std::size_t>(1, samples));
  std::size_t n = 0;
  for (std::size_t k = 0; k < ensemble.particles() && n < samples; k += stride) {
    bool finite = true;
    for (std::size_t i = 0; i < d; ++i) finite = finite && std::isfinite(x[i][n] = ensemble.row(i)[k]);
    n += finite;
  }
  return n;
}

} // namespace

double stable_dt(const Dynamics& dynamics, const Ensemble& ensemble, double t, std::size_t samples) {
  const std::size_t d = dynamics.dimension();
  samples = std::min(samples, expression::Tape::strip);
  constexpr int iterations = 30;
  RowBuffer x(d), v(d), plus(d), minus(d), up(d), down(d);
  const std::size_t n = sample_points(ensemble, d, samples, x);
  if (n == 0) return 0;
  const double T = dynamics.temperature(t);
  Dynamics::Workspace workspace(dynamics);
  NoiseStream(0, Purpose::probes).normals(0, n, 0, v.rows());
  double largest = 0;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    for (std::size_t k = 0; k < n; ++k) {
      double square = 0, place = 0;
      for (std::size_t i = 0; i < d; ++i) square += v[i][k] * v[i][k], place += x[i][k] * x[i][k];
      const double h = 1e-5 * (1 + std::sqrt(place)), norm = std::sqrt(square);
      for (std::size_t i = 0; i < d; ++i) {
        v[i][k] = norm > 0 ? v[i][k] / norm : 0;
        plus[i][k] = x[i][k] + h * v[i][k];
        minus[i][k] = x[i][k] - h * v[i][k];
      }
    }
    dynamics.drift(plus.const_rows(), up.rows(), n, T, workspace);
    dynamics.drift(minus.const_rows(), down.rows(), n, T, workspace);
    for (std::size_t k = 0; k < n; ++k) {
      double place = 0, square = 0;
      for (std::size_t i = 0; i < d; ++i) place += x[i][k] * x[i][k];
      const double h = 1e-5 * (1 + std::sqrt(place));
      for (std::size_t i = 0; i < d; ++i) {
        v[i][k] = (up[i][k] - down[i][k]) / (2 * h);
        square += v[i][k] * v[i][k];
      }
      if (std::isfinite(square)) largest = std::max(largest, std::sqrt(square));
    }
  }
  return largest > 0 ? 1 / largest : std::numeric_limits<double>::infinity();
}

} // namespace driftwell

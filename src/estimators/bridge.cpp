#include "driftwell/estimators/exit_times.hpp"

#include <cmath>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

void check(double x0, double x1, double wall, double variance) {
  if (!std::isfinite(x0) || !std::isfinite(x1) || !std::isfinite(wall) || !(variance >= 0))
    throw std::invalid_argument("a Brownian bridge needs finite ends, a finite wall and a variance >= 0");
}

} // namespace

double bridge_crossing_probability(double x0, double x1, double wall, double variance) {
  check(x0, x1, wall, variance);
  const double reach = (wall - x0) * (wall - x1);
  if (reach <= 0) return 1;
  return std::exp(-2 * reach / variance);
}

double bridge_crossing_time(double x0, double x1, double wall, double variance, double normal, double uniform) {
  check(x0, x1, wall, variance);
  if (!(uniform >= 0 && uniform <= 1) || !std::isfinite(normal)) throw std::invalid_argument("a crossing time needs a finite normal and a uniform in [0, 1]");
  const double A = std::abs(wall - x0), B = std::abs(wall - x1);
  if (A == 0) return 0;
  if (variance == 0) return A / (A + B); // a straight line, mirrored where it turns back
  const double square = normal * normal, shape = A * A / variance;
  if (B == 0) return shape / (shape + square); // s = shape / normal^2: the mean is infinite
  const double mean = A / B, w = mean * square / (2 * shape);
  const double smaller = mean / (1 + w + std::sqrt(w * (w + 2)));
  const double s = uniform * (mean + smaller) <= mean ? smaller : mean * (mean / smaller);
  return std::isfinite(s) ? s / (1 + s) : 1;
}

double monitored_wall_shift(double deviation) {
  constexpr double shift = 0.58259715793901063; // -zeta(1/2) / sqrt(2 pi)
  return shift * deviation;
}

} // namespace driftwell::estimators

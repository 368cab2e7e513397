#pragma once
// Paths of equations whose drift and noise are known, sampled exactly or by steps far finer than the samples.
#include "driftwell/estimators/trajectories.hpp"

#include "cloud.hpp"

#include <functional>

namespace paths {

using driftwell::estimators::Trajectories;

/// dx = -a x dt + sqrt(2 T) dW, exact.
inline Trajectories ornstein_uhlenbeck(std::size_t replicas, std::size_t times, double dt, double a, double T, std::uint64_t seed) {
  cloud::Random random(seed);
  Trajectories result{1, replicas, times, dt, std::vector<double>(replicas * times)};
  const double decay = std::exp(-a * dt), kick = std::sqrt(T / a * (1 - decay * decay));
  for (std::size_t r = 0; r < replicas; ++r) {
    double x = std::sqrt(T / a) * random.normal();
    for (std::size_t t = 0; t < times; ++t) {
      result.path(0, r)[t] = x;
      x = decay * x + kick * random.normal();
    }
  }
  return result;
}

/// dx = -F x dt + sqrt(2) dW, F = [[1, -omega], [omega, 1]], exact: a rotation by -omega dt, shrunk, and isotropic noise.
inline Trajectories rotating(std::size_t replicas, std::size_t times, double dt, double omega, std::uint64_t seed) {
  cloud::Random random(seed);
  Trajectories result{2, replicas, times, dt, std::vector<double>(2 * replicas * times)};
  const double decay = std::exp(-dt), kick = std::sqrt(1 - decay * decay), c = decay * std::cos(omega * dt), s = decay * std::sin(omega * dt);
  for (std::size_t r = 0; r < replicas; ++r) {
    double x = random.normal(), y = random.normal();
    for (std::size_t t = 0; t < times; ++t) {
      result.path(0, r)[t] = x;
      result.path(1, r)[t] = y;
      const double next = c * x + s * y + kick * random.normal();
      y = -s * x + c * y + kick * random.normal();
      x = next;
    }
  }
  return result;
}

/// dx = b(x) dt + sqrt(2 TD(x)) dW, Ito, `fine` Euler steps a sample, after a while from `start`.
inline Trajectories euler(std::size_t replicas, std::size_t times, double dt, int fine, double start, const std::function<double(double)>& b,
                          const std::function<double(double)>& TD, std::uint64_t seed) {
  cloud::Random random(seed);
  Trajectories result{1, replicas, times, dt, std::vector<double>(replicas * times)};
  const double h = dt / fine;
  const std::size_t warm = static_cast<std::size_t>(5 / dt);
  for (std::size_t r = 0; r < replicas; ++r) {
    double x = start * (r % 2 ? 1 : -1);
    for (std::size_t t = 0; t < warm + times; ++t) {
      if (t >= warm) result.path(0, r)[t - warm] = x;
      for (int i = 0; i < fine; ++i) x += b(x) * h + std::sqrt(2 * TD(x) * h) * random.normal();
    }
  }
  return result;
}

} // namespace paths

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"
#include "driftwell/estimators/divergence.hpp"
#include "estimators/whitening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

/// Every B-th point, starting with the b-th.
PointCloud part(const PointCloud& cloud, std::size_t blocks, std::size_t b) {
  std::vector<std::size_t> particles;
  for (std::size_t i = b; i < cloud.count; i += blocks) particles.push_back(i);
  return chosen(cloud, particles);
}

double divergence(const PointCloud& p, const PointCloud& q, std::size_t k) {
  std::vector<std::size_t> all(p.count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto rho = nearest_squared(p, p, k, &all), nu = nearest_squared(q, p, k, nullptr);
  require_within_half_period(p, rho, k, k);
  require_within_half_period(p, nu, k, k);
  for (std::size_t i = 0; i < p.count; ++i)
    if (!(rho[i * k + k - 1] > 0 && nu[i * k + k - 1] > 0))
      throw NumericalFailure(fmt::format("kl: more than {} particles at one point: the clouds have atoms, not densities", k));
  const double sum = deterministic_sum(p.count, [&](std::size_t i) { return std::log(nu[i * k + k - 1] / rho[i * k + k - 1]); });
  const double n = static_cast<double>(p.count);
  return static_cast<double>(p.dimension) / 2 * sum / n + std::log(static_cast<double>(q.count) / (n - 1));
}

} // namespace

Estimate kl_two_sample(Columns p, std::size_t n, Columns q, std::size_t m, const NeighbourOptions& options) {
  const std::size_t k = options.k, d = p.size();
  if (d == 0 || q.size() != d) throw std::invalid_argument(fmt::format("kl: clouds of {} and {} variables", d, q.size()));
  if (k < 1 || k > 64) throw std::invalid_argument(fmt::format("kl: k from 1 to 64, not {}", k));
  if (!options.period.empty() && options.period.size() != d) throw std::invalid_argument("kl: one period a variable");
  for (const double length : options.period)
    if (!(length >= 0) || !std::isfinite(length)) throw std::invalid_argument(fmt::format("kl: a period is 0 (none) or positive, not {}", length));
  const std::size_t blocks = std::min<std::size_t>(25, std::min(n, m) / (k + 2));
  if (blocks < 10) throw NumericalFailure(fmt::format("kl: {} and {} particles are too few for neighbour {}", n, m, k));
  // One map for both: that of the cloud p.
  require_finite(q, m, "kl");
  const Whitening map(p, n, options.period, options.whiten);
  const PointCloud cloud = map.apply(p, n), other = map.apply(q, m);
  std::vector<double> parts;
  for (std::size_t b = 0; b < blocks; ++b) parts.push_back(divergence(part(cloud, blocks, b), part(other, blocks, b), k));
  return {divergence(cloud, other, k), mean_of(parts, "kl").standard_error};
}

} // namespace driftwell::estimators

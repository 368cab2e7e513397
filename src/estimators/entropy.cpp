#include "driftwell/estimators/entropy.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/resampling.hpp"
#include "estimators/random.hpp"
#include "estimators/whitening.hpp"

#include <boost/math/special_functions/digamma.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

constexpr std::size_t spare = 16;             // further neighbours looked up for tied particles
constexpr double sharing_constant = 0.70;     // see the header
constexpr double pi = 3.14159265358979323846;

void check(Columns columns, std::size_t n, const NeighbourOptions& options) {
  if (columns.empty()) throw std::invalid_argument("entropy: no variables");
  if (options.k < 3 || options.k > 64) throw std::invalid_argument(fmt::format("entropy: k from 3 to 64, not {}", options.k));
  if (!options.period.empty() && options.period.size() != columns.size())
    throw std::invalid_argument(fmt::format("entropy: {} periods for {} variables", options.period.size(), columns.size()));
  if (options.subtract_bias && options.bias_particles < 2) throw std::invalid_argument("entropy: subtract_bias needs bias_particles");
  for (const double p : options.period)
    if (!(p >= 0) || !std::isfinite(p)) throw std::invalid_argument(fmt::format("entropy: a period is 0 (none) or positive, not {}", p));
  if (options.queries > n || options.queries == 1) throw std::invalid_argument(fmt::format("entropy: 2 to {} queries, not {}", n, options.queries));
  if (n < options.k + 2) throw NumericalFailure(fmt::format("entropy: {} particles are too few for neighbour {}", n, options.k));
}

struct Search {
  std::size_t k, per_query;
  std::vector<double> squared;
  double constant, half_dimension;

  /// xi of query q from neighbour j (counted from 1).
  [[nodiscard]] double log_inverse_density(std::size_t q, std::size_t j) const {
    return constant - boost::math::digamma(static_cast<double>(j)) + half_dimension * std::log(squared[q * per_query + j - 1]);
  }
  /// The nearest neighbour from k on that is at a distance; 0: none.
  [[nodiscard]] std::size_t usable(std::size_t q) const {
    for (std::size_t j = k; j <= per_query; ++j)
      if (squared[q * per_query + j - 1] > 0) return j;
    return 0;
  }
};

Search search_for(const PointCloud& cloud, const std::vector<std::size_t>& particles, std::size_t k, std::size_t per_query, double log_volume) {
  return {k, per_query, nearest_squared(cloud, chosen(cloud, particles), per_query, &particles),
                std::log(static_cast<double>(cloud.count - 1)) + log_unit_ball(cloud.dimension) + log_volume, static_cast<double>(cloud.dimension) / 2};
}

Estimate with_sharing(const Estimate& mean, double sharing) { return {mean.value, std::sqrt(mean.standard_error * mean.standard_error + sharing)}; }

/// A cloud of the law the bias is measured on, after whitening, and its log density.
struct Reference {
  PointCloud cloud;
  std::vector<double> log_density;
};

Reference reference_like(const PointCloud& whitened, const std::vector<double>& scales, std::uint64_t seed, std::uint64_t stream) {
  const std::size_t d = whitened.dimension, n = whitened.count;
  Reference result{{d, n, std::vector<double>(n * d), whitened.period}, std::vector<double>(n)};
  auto random = generator_of(seed, stream);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < d; ++a) {
      const double period = whitened.period.empty() ? 0 : whitened.period[a], u = uniform(random);
      if (period > 0) {
        result.cloud.data[i * d + a] = period * u;
        result.log_density[i] -= std::log(period);
      } else {
        const double x = std::sqrt(-2 * std::log(u)) * std::cos(2 * pi * uniform(random));
        result.cloud.data[i * d + a] = scales[a] * x;
        result.log_density[i] -= (x * x + std::log(2 * pi)) / 2 + std::log(scales[a]);
      }
    }
  return result;
}

/// Mean of xi + log density over clouds of the known law: several if they are small.
Estimate bias_like(const PointCloud& whitened, const std::vector<double>& scales, const NeighbourOptions& options) {
  if (options.bias_particles < 2) return {};
  const std::size_t k = options.k, n = whitened.count, m = std::min(n, options.bias_particles);
  const std::size_t clouds = std::clamp<std::size_t>(options.bias_particles / n, 1, 16);
  std::vector<std::size_t> first(m);
  std::iota(first.begin(), first.end(), std::size_t{0});
  std::vector<double> excess;
  for (std::size_t c = 0; c < clouds; ++c) {
    const Reference reference = reference_like(whitened, scales, options.seed, c + 1);
    const Search search = search_for(reference.cloud, first, k, k, 0);
    for (std::size_t q = 0; q < m; ++q) {
      if (!within_half_period(reference.cloud, search.squared[q * k + k - 1])) return {};
      excess.push_back(search.log_inverse_density(q, k) + reference.log_density[q]);
    }
  }
  return with_sharing(mean_of(excess, "entropy"), sharing_constant / static_cast<double>(k * n * clouds));
}

std::vector<std::size_t> queries_of(std::size_t n, const NeighbourOptions& options) {
  if (options.queries > 0 && options.queries < n) return subsample(n, options.queries, options.seed);
  std::vector<std::size_t> all(n);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

} // namespace

NeighbourEntropy neighbour_entropy(Columns columns, std::size_t n, const NeighbourOptions& options) {
  check(columns, n, options);
  const std::size_t k = options.k;
  const Whitening whitening(columns, n, options.period, options.whiten);
  const PointCloud cloud = whitening.apply(columns, n);
  NeighbourEntropy result;
  result.count = n;
  result.particles = queries_of(n, options);
  const std::size_t m = result.particles.size();
  const Search search = search_for(cloud, result.particles, k, std::min(n - 1, k + spare), whitening.log_volume());
  require_within_half_period(cloud, search.squared, search.per_query, k);
  for (std::size_t q = 0; q < m; ++q) {
    const std::size_t j = search.usable(q);
    if (j != k) ++result.tied;
    if (j == 0 || 10 * result.tied > m + 9)
      throw NumericalFailure(fmt::format("entropy: particle {} and at least {} others are at the same point: the cloud has atoms, not a density",
                                         result.particles[q], j == 0 ? search.per_query : k));
    result.contributions.push_back(search.log_inverse_density(q, j));
  }
  result.sharing = sharing_constant / static_cast<double>(k * n);
  result.bias = bias_like(cloud, whitening.scales(), options);
  if (options.subtract_bias && std::isfinite(result.bias.value)) {
    result.bias_subtracted = true;
    for (double& xi : result.contributions) xi -= result.bias.value;
    result.sharing += result.bias.standard_error * result.bias.standard_error;
  }
  result.entropy = with_sharing(mean_of(result.contributions, "entropy"), result.sharing);
  return result;
}

} // namespace driftwell::estimators

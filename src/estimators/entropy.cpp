#include "driftwell/estimators/entropy.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/resampling.hpp"
#include "estimators/whitening.hpp"

#include <Eigen/Dense>
#include <boost/math/special_functions/digamma.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

constexpr std::size_t spare = 16;             // further neighbours looked up for tied particles
constexpr double sharing_constant = 0.70;     // see the header

void check(Columns columns, std::size_t n, const NeighbourOptions& options) {
  if (columns.empty()) throw std::invalid_argument("entropy: no variables");
  if (options.k < 3 || options.k > 64) throw std::invalid_argument(fmt::format("entropy: k from 3 to 64, not {}", options.k));
  if (!options.period.empty() && options.period.size() != columns.size())
    throw std::invalid_argument(fmt::format("entropy: {} periods for {} variables", options.period.size(), columns.size()));
  for (const double p : options.period)
    if (!(p >= 0) || !std::isfinite(p)) throw std::invalid_argument(fmt::format("entropy: a period is 0 (none) or positive, not {}", p));
  if (options.queries > n || options.queries == 1) throw std::invalid_argument(fmt::format("entropy: 2 to {} queries, not {}", n, options.queries));
  if (n < options.k + 2) throw NumericalFailure(fmt::format("entropy: {} particles are too few for neighbour {}", n, options.k));
}

/// Weights of neighbours first .. last of least norm, with sum 1, whose bias terms cancel.
Eigen::VectorXd weights(std::size_t first, std::size_t last, std::size_t dimension) {
  const auto terms = static_cast<Eigen::Index>(std::clamp<std::size_t>(dimension / 4, 1, 3)), count = static_cast<Eigen::Index>(last - first + 1);
  Eigen::MatrixXd A(terms + 1, count);
  for (Eigen::Index j = 0; j < count; ++j)
    for (Eigen::Index l = 0; l <= terms; ++l) {
      const double k = static_cast<double>(first) + static_cast<double>(j), power = 2.0 * static_cast<double>(l) / static_cast<double>(dimension);
      A(l, j) = std::exp(std::lgamma(k + power) - std::lgamma(k) - power * std::log(static_cast<double>(first)));
    }
  return A.completeOrthogonalDecomposition().solve(Eigen::VectorXd::Unit(terms + 1, 0));
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

double reduced(const Search& search, std::size_t q, const Eigen::VectorXd& w) {
  double xi = 0;
  for (Eigen::Index j = 0; j < w.size(); ++j) xi += w[j] * search.log_inverse_density(q, search.k + static_cast<std::size_t>(j));
  return xi;
}

Estimate average(const std::vector<double>& xi, double extra) {
  const Estimate mean = mean_of(xi, "entropy");
  return {mean.value, std::sqrt(mean.standard_error * mean.standard_error + extra)};
}

} // namespace

NeighbourEntropy neighbour_entropy(Columns columns, std::size_t n, const NeighbourOptions& options) {
  check(columns, n, options);
  const std::size_t d = columns.size(), k = options.k, m = options.queries ? options.queries : n;
  const bool can_reduce = n > 5 * k;
  if (options.reduce_bias && !can_reduce) throw NumericalFailure(fmt::format("entropy: reducing the bias needs {} particles, found {}", 5 * k + 1, n));
  const Whitening whitening(columns, n, options.period, options.whiten);
  const PointCloud cloud = whitening.apply(columns, n);
  NeighbourEntropy result;
  result.count = n;
  if (m == n) {
    result.particles.resize(n);
    std::iota(result.particles.begin(), result.particles.end(), std::size_t{0});
  } else {
    result.particles = subsample(n, m, options.seed);
  }
  const std::size_t per_query = std::min(n - 1, can_reduce ? std::max(5 * k, k + spare) : k + spare);
  const Search search{k, per_query, nearest_squared(cloud, chosen(cloud, result.particles), per_query, &result.particles),
                      std::log(static_cast<double>(n - 1)) + log_unit_ball(d) + whitening.log_volume(), static_cast<double>(d) / 2};
  require_within_half_period(cloud, search.squared, per_query, options.reduce_bias ? 5 * k : k);
  const Eigen::VectorXd w = can_reduce ? weights(k, 5 * k, d) : Eigen::VectorXd();
  std::vector<double> plain(m), less(m), difference(m);
  bool far_known = can_reduce;
  for (std::size_t q = 0; q < m; ++q) {
    const std::size_t j = search.usable(q);
    if (j != k) ++result.tied;
    if (j == 0 || 10 * result.tied > m + 9)
      throw NumericalFailure(fmt::format("entropy: particle {} and at least {} others are at the same point: the cloud has atoms, not a density",
                                         result.particles[q], j == 0 ? per_query : k));
    plain[q] = search.log_inverse_density(q, j);
    less[q] = can_reduce && j == k ? reduced(search, q, w) : plain[q];
    difference[q] = plain[q] - less[q];
    far_known = far_known && within_half_period(cloud, search.squared[q * per_query + 5 * k - 1]);
  }
  result.sharing = sharing_constant / static_cast<double>(k * n);
  if (far_known) result.bias = mean_of(difference, "entropy");
  result.contributions = options.reduce_bias ? std::move(less) : std::move(plain);
  result.entropy = average(result.contributions, result.sharing);
  return result;
}

} // namespace driftwell::estimators

#pragma once
// Differential entropy of a cloud from distances to nearest neighbours.
#include "driftwell/estimators/estimate.hpp"

#include <cstdint>
#include <vector>

namespace driftwell::estimators {

struct NeighbourOptions {
  std::size_t k = 4;                    ///< neighbour, 3 to 64: more means less variance and more bias
  std::vector<double> period{};         ///< one a variable, 0 = not periodic; empty: none is
  std::size_t queries = 0;              ///< particles at which log density is estimated (of all n neighbours); 0: all
  bool reduce_bias = false;             ///< combine neighbours k .. 5k so that the bias in (k/n)^(2/d) and its powers cancels
  bool whiten = true;                   ///< search after a linear map to unit covariance (periodic axes: only scaled)
  std::uint64_t seed = 1;               ///< of the choice of queries
};

/// Kozachenko-Leonenko estimate (1987; for k > 1: Goria et al. 2005)
///   H = (1/m) sum_i xi_i,  xi_i = log(n - 1) - psi(k) + log c_d + d log eps_i,
/// eps_i the distance to the k-th neighbour, c_d the volume of the unit ball, psi the digamma function. xi_i estimates
/// -log density at particle i. With reduce_bias, a combination of several k with weights of least norm whose bias terms
/// Gamma(k + 2l/d)/Gamma(k), l = 1 .. max(1, d/4) up to 3, cancel (Berrett, Samworth, Yuan 2019).
///
/// Standard error: se^2 = s^2 / m + 0.70 / (k n), s^2 the sample variance of xi. The second term is the correlation of
/// neighbours that share neighbours; it does not depend on the density, and hardly on d: 0.63/k to 0.76/k was measured
/// on uniform tori, d = 1 .. 7, k = 3 .. 12. It says nothing about the bias: see `bias`.
struct NeighbourEntropy {
  Estimate entropy;                     ///< nats
  /// Estimate of the bias of the plain value: plain value less the bias-reduced one, with its standard error. In d > 4
  /// usually far above the standard error; NaN where n <= 5k, or the period is too short for 5k neighbours. With reduce_bias
  /// `entropy` is free of it to leading order.
  Estimate bias;
  std::vector<std::size_t> particles;   ///< where: 0 .. n-1 or the queries
  std::vector<double> contributions;    ///< xi_i of these particles, for joint errors with other averages
  double sharing = 0;                   ///< second term of se^2
  std::size_t count = 0;                ///< n
  std::size_t tied = 0;                 ///< particles whose k-th neighbour is at distance 0: the next one at a distance counts
};

/// Any d. Ties: more than k equal particles have no density; up to a tenth of the particles may be tied (their nearest
/// neighbour at a positive distance among k + 16 is taken, with its own psi), more are a NumericalFailure. So are fewer
/// than k + 1 particles (5k + 1 with reduce_bias), coordinates that are not finite, a variable that is the same in all
/// particles, or a cloud that lies in a plane of fewer dimensions (its entropy is -infinity).
/// std::invalid_argument for k, period or queries outside their range. Memory n (d + k), time about n log n (d <= 3),
/// rising steeply with d.
[[nodiscard]] NeighbourEntropy neighbour_entropy(Columns columns, std::size_t n, const NeighbourOptions& options = {});

} // namespace driftwell::estimators

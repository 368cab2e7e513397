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
  std::size_t bias_particles = 10'000;  ///< of the clouds that measure `bias`, at most 16 clouds; 0: not measured, NaN
  bool subtract_bias = false;           ///< subtract `bias`, where it is known, from the entropy; its error is then part of the standard error
  bool whiten = true;                   ///< search after a linear map that makes the cloud equally wide in all directions
  std::uint64_t seed = 1;               ///< of the choice of queries and of the cloud for the bias
};

/// Kozachenko-Leonenko estimate (1987; for k > 1: Goria et al. 2005)
///   H = (1/m) sum_i xi_i,  xi_i = log(n - 1) - psi(k) + log c_d + d log eps_i,
/// eps_i the distance to the k-th neighbour, c_d the volume of the unit ball, psi the digamma function. xi_i estimates
/// -log density at particle i.
///
/// Neighbours are sought after a linear map (`whiten`): axes divided by their entropy power exp(H)/sqrt(2 pi e), turned to principal
/// axes and divided again; with a periodic axis only the first. Not by standard deviations: those grow with the distance of
/// separate modes, and the bias with them (two modes 12 deviations apart, d = 6, n = 800: 0.56 instead of 0.0).
///
/// Standard error: se^2 = s^2 / m + 0.70 / (k n), s^2 the sample variance of xi. The second term is the correlation of
/// neighbours that share neighbours; it does not depend on the density, and hardly on d: 0.63/k to 0.76/k was measured
/// on uniform tori, d = 1 .. 7, k = 3 .. 12. It says nothing about the bias: see `bias`.
struct NeighbourEntropy {
  Estimate entropy;                     ///< nats
  /// Bias of this estimator for a Gaussian cloud (on periodic axes a uniform one) of the same n, d, k: mean of xi + log density
  /// over clouds drawn for this purpose (NaN where the period is too short for one). Of a cloud with one mode that is most of the bias;
  /// for two modes of half the particles each, far apart, it was measured to be -0.05, 0.03, 0.38 in d = 3, 6, 10 at n = 800, said to be
  /// -0.04, -0.07, 0.15. In d > 2 it is usually above the standard error. Tails make it negative, curvature positive.
  Estimate bias;
  bool bias_subtracted = false;
  std::vector<std::size_t> particles;   ///< where: 0 .. n-1 or the queries
  std::vector<double> contributions;    ///< xi_i of these particles, for joint errors with other averages
  double sharing = 0;                   ///< what se^2 has besides the variance of the mean of xi: the second term, and the bias's
  std::size_t count = 0;                ///< n
  std::size_t tied = 0;                 ///< particles whose k-th neighbour is at distance 0: the next one at a distance counts
};

/// Any d. Ties: more than k equal particles have no density; up to a tenth of the particles may be tied (their nearest
/// neighbour at a positive distance among k + 16 is taken, with its own psi), more are a NumericalFailure. So are fewer
/// than k + 2 particles, coordinates that are not finite, a variable that is the same in all
/// particles, or a cloud that lies in a plane of fewer dimensions (its entropy is -infinity).
/// std::invalid_argument for k, period or queries outside their range. Memory n (d + k), time about n log n (d <= 3),
/// rising steeply with d.
[[nodiscard]] NeighbourEntropy neighbour_entropy(Columns columns, std::size_t n, const NeighbourOptions& options = {});

} // namespace driftwell::estimators

#pragma once
// Kullback-Leibler divergences of a cloud: from probabilities of cells, from a Gaussian law, from another cloud. From a density
// known up to its integral: free_energy.hpp. Nats throughout.
#include "driftwell/estimators/entropy.hpp"
#include "driftwell/estimators/histogram.hpp"

#include <Eigen/Core>

namespace driftwell::estimators {

enum class BiasCorrection { none, miller_madow, grassberger };

/// KL(p, q) = sum p log(p / q) of the cells a cloud fell into, from n counts n_k (particles outside the grid do not count).
///   none: p = n_k / n, too large by about (K - 1) / (2 n), K cells in reach;
///   miller_madow: minus (K - 1) / (2 n), K the number of occupied cells (Miller 1955);
///   grassberger: sum p log p from G(n_k) = psi(n_k) + (-1)^n_k (psi((n_k + 1)/2) - psi(n_k / 2)) / 2 (Grassberger 2003), which
///     also holds where cells have few particles each.
/// Error: se^2 = (sum p log^2(p/q) - KL^2) / n + (K - 1) / (2 n^2), the second term the one that is left where p = q.
/// `log_probabilities`: log q of every cell, any additive constant is taken off. NumericalFailure for no particles, for
/// values that are NaN, and, naming the cell, for particles where q = 0 (KL is infinite).
struct HistogramDivergence {
  Estimate kl;
  double correction = 0;       ///< what the bias correction added
  std::size_t occupied = 0;    ///< K
  std::uint64_t outside = 0;
};
[[nodiscard]] HistogramDivergence kl_histogram(const Histogram& cloud, std::span<const double> log_probabilities,
                                               BiasCorrection correction = BiasCorrection::grassberger);

/// KL(N(m, S), N(mean, covariance)) from the mean and covariance of n samples:
///   (tr(A S) - d + delta^T A delta - log det S + log det covariance) / 2,  A = covariance^-1, delta = m - mean,
/// without bias if the cloud is Gaussian (E log det S: Wishart). se^2 by the delta method plus nu / (2 n^2), nu = d (d + 3) / 2,
/// which is what is left where both laws agree; right for Gaussian clouds. NumericalFailure for n < d + 2 or a singular S;
/// std::invalid_argument for shapes and for a covariance that is not positive definite.
[[nodiscard]] Estimate kl_gaussian(Columns columns, std::size_t n, const Eigen::VectorXd& mean, const Eigen::MatrixXd& covariance);

/// KL(p, q) from n samples of p and m of q (Wang, Kulkarni, Verdu 2009):
///   (d / n) sum_i log(nu_k(i) / rho_k(i)) + log(m / (n - 1)),
/// rho_k(i), nu_k(i) the distances from sample i of p to its k-th neighbour among the others and among the samples of q.
/// Both clouds are mapped by the whitening of p. Error: standard deviation of the estimate over B = 10 .. 25 parts of both
/// clouds, divided by sqrt(B). Periods as in NeighbourOptions; queries and subtract_bias are not used.
/// NumericalFailure for fewer than 10 (k + 2) samples on either side, and for atoms.
[[nodiscard]] Estimate kl_two_sample(Columns p, std::size_t n, Columns q, std::size_t m, const NeighbourOptions& options = {});

} // namespace driftwell::estimators

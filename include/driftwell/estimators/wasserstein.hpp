#pragma once
// Wasserstein-2 distances of a cloud: on the line exactly between the empirical law and a density or another cloud, and
// sliced in d dimensions.
#include "driftwell/estimators/estimate.hpp"

#include <cstdint>

namespace driftwell::estimators {

/// The empirical W2^2 is too large: by about (1/n) int F (1 - F) / rho dx where both laws agree (del Barrio, Gine, Utzet 2005).
/// `squared` is corrected by the delete-block jackknife (50 blocks at most), which takes off biases of order 1/n, and may fall
/// below 0 by its error where the laws agree. `distance` = sqrt(max(0, squared)); its error is se / (2 distance), or
/// sqrt(se) where that is smaller. Errors hold the other law for exact unless it is a cloud too. Near equality the law of the
/// estimate is a weighted chi^2, not Gaussian.
struct WassersteinEstimate {
  Estimate squared, distance;
  double plain = 0; ///< W2^2 of the empirical laws, not corrected
};

/// To a law that is constant on cells: faces ascending, one more than weights >= 0. W2^2 = sum_i int_((i-1)/n)^(i/n) (x_(i) - Q(u))^2 du,
/// in closed form on each piece of the quantile function Q. NumericalFailure for n < 20 or values that are not finite;
/// std::invalid_argument for shapes, faces that do not ascend, or weights that are negative or all 0.
[[nodiscard]] WassersteinEstimate wasserstein_2_to_density(std::span<const double> sample, std::span<const double> faces, std::span<const double> weights);

/// Of two clouds on the line: int_0^1 (Q_a(u) - Q_b(u))^2 du. Independent of each other; sizes may differ, 20 at least.
[[nodiscard]] WassersteinEstimate wasserstein_2_two_sample(std::span<const double> a, std::span<const double> b);

struct SlicedEstimate {
  WassersteinEstimate distance;   ///< SW2^2 = mean over directions of W2^2 of the projections (a shift by v gives |v|^2 / d)
  double direction_error = 0;     ///< standard error of `squared` for the choice of directions; 0 in 1 and 2 dimensions
  std::size_t directions = 0;
};

/// Sliced W2 (Rabin et al. 2012) of two clouds in d variables. Directions are fixed by d, their number and the seed: 1 in one
/// dimension, equally spaced angles in two (quadrature beyond the error of the clouds), orthonormal frames beyond (their number is
/// rounded up to a multiple of d), whose scatter gives direction_error.
[[nodiscard]] SlicedEstimate sliced_wasserstein_2(std::span<const double* const> a, std::size_t n, std::span<const double* const> b, std::size_t m,
                                                  std::size_t directions = 32, std::uint64_t seed = 1);

} // namespace driftwell::estimators

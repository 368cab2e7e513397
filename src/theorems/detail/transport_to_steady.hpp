#pragma once
// W2 to the steady state in the coordinates of the noise (curvature.hpp), and what moments alone say about it.
#include "curvature.hpp"

namespace driftwell::theorems {

/// Where W2 can be had: one dimension, exact for laws constant on cells; two, by regularised transport at a few times.
struct TransportSeries {
  std::vector<std::size_t> times; ///< indices
  std::vector<Measured> distance; ///< W2 in the coordinates y; for a full matrix D (no product coordinates) in those of x
  double weakest = 1, strongest = 1; ///< weakest W2(x) <= W2(y) <= strongest W2(x) where distance is in x; else 1
};
/// In the coordinates of the evidence's noise; found once. Throws NotApplicable in three dimensions, NumericalFailure.
[[nodiscard]] const TransportSeries& transport_to_steady(const DensityEvidence& evidence);

/// Gelbrich's lower bound of W2(y) from means m and covariances S of y, at every time:
///   W2^2 >= |m - m_ss|^2 + tr(S + S_ss - 2 (S_ss^1/2 S S_ss^1/2)^1/2),  equality for Gaussians of any shape (Gelbrich, Math. Nachr. 147 (1990) 185).
/// Throws NotApplicable on periodic axes.
[[nodiscard]] std::vector<Measured> moment_distance(const DensityEvidence& evidence, const NoiseCoordinates& y);

} // namespace driftwell::theorems

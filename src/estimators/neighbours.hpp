#pragma once
// Distances to the k nearest points of a cloud.
#include "driftwell/estimators/estimate.hpp"

#include <cstdint>
#include <vector>

namespace driftwell::estimators {

/// A cloud point by point (d numbers each), for searching. period[a] > 0: axis a closes after that length and its
/// coordinates lie in [0, period).
struct PointCloud {
  std::size_t dimension = 0, count = 0;
  std::vector<double> data;
  std::vector<double> period;

  [[nodiscard]] const double* point(std::size_t i) const { return data.data() + i * dimension; }
};

/// squared[q * k + j]: square of the distance from query q to its (j+1)-th nearest point. `self`: query q is the point
/// indices[q] of the cloud, which is not its own neighbour.
[[nodiscard]] std::vector<double> nearest_squared(const PointCloud& cloud, const PointCloud& queries, std::size_t k,
                                                  const std::vector<std::size_t>* self);

/// Points at distances above half a period could be met twice, and balls of that size overlap themselves.
[[nodiscard]] bool within_half_period(const PointCloud& cloud, double squared);
/// NumericalFailure where that is so of neighbour j (counted from 1) of some query: too few points for the period.
void require_within_half_period(const PointCloud& cloud, const std::vector<double>& squared, std::size_t k, std::size_t j);

/// log of the volume of the unit ball in d dimensions, pi^(d/2) / Gamma(d/2 + 1).
[[nodiscard]] double log_unit_ball(std::size_t dimension);

} // namespace driftwell::estimators

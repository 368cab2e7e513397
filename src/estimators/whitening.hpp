#pragma once
// Linear maps that make a cloud about as wide in all directions, so that the ball around a particle is a sensible neighbourhood.
// "Wide" is meant locally: the scale of a marginal is its entropy power, s = exp(H) / sqrt(2 pi e), which is the standard
// deviation of a Gaussian, but does not grow with the distance between separate modes.
#include "estimators/neighbours.hpp"

#include <Eigen/Core>

namespace driftwell::estimators {

/// Axes divided by their scales, turned to principal axes, divided by the scales there. With a periodic axis only the first.
class Whitening {
public:
  /// Checks the cloud (finite, not degenerate: NumericalFailure). Without `whiten` the map only moves the mean to 0.
  Whitening(Columns columns, std::size_t n, const std::vector<double>& period, bool whiten);
  [[nodiscard]] PointCloud apply(Columns columns, std::size_t n) const;
  /// log |det| of the map back: entropy(x) = entropy(cloud) + log_volume.
  [[nodiscard]] double log_volume() const { return log_volume_; }

  /// Scale of every axis after the map: about 1 if `whiten`.
  [[nodiscard]] const std::vector<double>& scales() const { return scales_; }

private:
  void divide_by_scales();

  std::vector<double> mean_, period_, scales_; ///< period after the map
  Eigen::MatrixXd map_;
  double log_volume_ = 0;
};

/// The points of a cloud with these numbers.
[[nodiscard]] PointCloud chosen(const PointCloud& cloud, const std::vector<std::size_t>& particles);

} // namespace driftwell::estimators

#pragma once
// Linear maps to unit covariance: neighbours of an elongated cloud are then near in all directions.
#include "estimators/neighbours.hpp"

#include <Eigen/Core>

namespace driftwell::estimators {

/// The map that gives a cloud unit covariance. With a periodic axis it only scales.
class Whitening {
public:
  /// Checks the cloud (finite, not degenerate: NumericalFailure). Without `whiten` the map only moves the mean to 0.
  Whitening(Columns columns, std::size_t n, const std::vector<double>& period, bool whiten);
  [[nodiscard]] PointCloud apply(Columns columns, std::size_t n) const;
  /// log |det| of the map back: entropy(x) = entropy(cloud) + log_volume.
  [[nodiscard]] double log_volume() const { return log_volume_; }

private:
  std::vector<double> mean_, period_; ///< period after the map
  Eigen::MatrixXd map_;               ///< lower triangular
  double log_volume_ = 0;
};

/// The points of a cloud with these numbers.
[[nodiscard]] PointCloud chosen(const PointCloud& cloud, const std::vector<std::size_t>& particles);

} // namespace driftwell::estimators

#pragma once
// The equation of projections in coordinates that move with the cloud: dy = b dt + sqrt(2 T D) dW and y = c(t) + S(t) z give
//   dz = S^-1 (b - c' - S' z) dt + S^-1 sqrt(2 T D) dW.
// With c the mean of the particles and S a root of their covariance they lie over each other in z at all times, so one grid serves, whether the
// cloud comes from afar or was narrow at first, and what is fitted to them at several times is a mean over time.
#include "driftwell/sgd/projection.hpp"

#include <Eigen/Core>
#include <Eigen/Dense>

#include <optional>
#include <vector>

namespace driftwell::sgd {

struct Frame {
  Eigen::VectorXd centre; ///< c
  Eigen::MatrixXd scale;  ///< S, lower triangular
  [[nodiscard]] Eigen::MatrixXd to_z(const Eigen::MatrixXd& y) const { return scale.triangularView<Eigen::Lower>().solve(y.colwise() - centre); }
};
/// Nothing where the particles (columns) do not spread in all directions.
[[nodiscard]] std::optional<Frame> frame_of(const Eigen::MatrixXd& y);

class MovingFit {
public:
  /// The particles at time t, later than the last: y, drift and T D. Between two times frames go on straight lines.
  void add(const ProjectedSamples& samples, double t);
  /// The equation of z over the time since the last call, coefficients averaged over it by the trapezoidal rule between the times added. Nothing
  /// where particles were at one place, or too few of them.
  [[nodiscard]] std::optional<ProjectedEquation> close(std::size_t degree);
  /// Of the last particles added.
  [[nodiscard]] const std::optional<Frame>& frame() const { return frame_; }
  [[nodiscard]] const std::optional<ProjectedSamples>& samples() const { return samples_; }

private:
  void collect(const Frame& frame, const ProjectedSamples& samples, const Eigen::VectorXd& centre_rate, const Eigen::MatrixXd& scale_rate);

  std::optional<ProjectedSamples> samples_; ///< the last ones
  std::optional<Frame> frame_;
  double time_ = 0;
  std::vector<ProjectedSamples> collected_; ///< in z
  bool broken_ = false;
};

} // namespace driftwell::sgd

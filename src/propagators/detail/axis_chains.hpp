#pragma once
// Chains that are sums of chains along the axes, Q = sum_a I x Q_a x I: the potential is a sum of functions of one variable each and
// so is the noise. Their modes are products of modes along the axes.
#include "driftwell/generator/generator.hpp"

#include <Eigen/Core>

#include <optional>
#include <vector>

namespace driftwell {

/// The chain along one axis: up[i] the rate from cell i to the next (around the period after the last), down[i] back, loss[i] through
/// walls.
struct AxisChain {
  Eigen::VectorXd up, down, loss;
  bool periodic = false;

  /// Of the symmetric form, at most: an interval [-bound, 0] holds its spectrum (Gershgorin).
  [[nodiscard]] double bound() const;
};

struct AxisChains {
  std::vector<AxisChain> axes;
  double deviation = 0; ///< largest relative difference between a rate of the chain and that of the axis
};

/// The axes' chains where the reversible chain is their sum up to `tolerance`, relative to each rate.
[[nodiscard]] std::optional<AxisChains> split_axes(const Generator& generator, double tolerance);

/// Slowest modes of the symmetric form S_a = P^-1/2 Q_a P^1/2, by falling eigenvalue: S_a v_i = values[i] v_i, |v_i| = 1. Values
/// are Rayleigh quotients, sums of squares over edges: an eigenvalue near 0 is accurate to the square of its vector's error.
struct AxisModes {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors; ///< all of them
  double rounding = 0;     ///< of an entry of S_a: eigenvalues that far apart are not told from each other
};
[[nodiscard]] AxisModes modes_of(const AxisChain& chain);

} // namespace driftwell

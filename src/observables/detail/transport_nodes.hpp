#pragma once
// A law in the plane carried to a few nodes an axis, where Sinkhorn's kernel is a product of two small matrices.
#include "driftwell/observables/transport.hpp"

#include <Eigen/Core>

#include <array>

namespace driftwell {

struct PlanarNodes {
  std::array<Eigen::VectorXd, 2> x;  ///< positions; on axes that are not periodic seen from the mean
  std::array<double, 2> mean{};      ///< 0 on periodic axes
  std::array<double, 2> variance{};  ///< of the law on its nodes
  double spacing = 0;                ///< the larger of the two axes
  bool split = false;                ///< some axis had more cells than nodes
  Eigen::MatrixXd w, log_w;          ///< sum 1; the smallest number stands for 0 in the logarithm
};

/// At most `most` nodes an axis, over the cells that hold the law but 1e-12 of it. Mass between two nodes is shared so
/// that its mean stays; its variance grows by up to a quarter of the spacing squared.
[[nodiscard]] PlanarNodes carry(const std::vector<TransportAxis>& axes, const Eigen::VectorXd& law, std::size_t most);

} // namespace driftwell

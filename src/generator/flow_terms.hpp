#pragma once
// Lattice offsets of a diffusion matrix that leave enough weight along the axes for the steady flows on top.
//
// Flows of a circulation run along the axes. Selling's offsets may leave little weight there or none, and a flow larger than the two-way
// flow of its edge has to be taken upwind: a diffusion |J| h / 2 too much, first order. With E diagonal, just large enough to carry
// the flows (it is O(h)), and E <= D/2, D = (D - E) + E is still exact: D - E is decomposed and E is added. Measured on a torus
// with the D(x) of tests/orders, 128 x 128: 5.3e-3 and order 1 without, 4.1e-4 and order 2 with it.
#include "driftwell/grid/grid.hpp"
#include "selling.hpp"

#include <Eigen/Core>

#include <vector>

namespace driftwell {

class FlowTerms {
public:
  /// Flows through the upper faces of the cells along each axis as in circulation_flows(); none: Selling's decomposition as it is.
  FlowTerms(const Grid& grid, const std::vector<Eigen::VectorXd>& flows, double temperature);

  [[nodiscard]] bool any() const { return !flows_.empty(); }
  /// E of cell k, whose D is given in units of cells; kept for share(). Where D is too small for its flow half of it stays for the other offsets.
  const Eigen::Vector3d& find_share(const Eigen::Matrix3d& D, std::size_t k, Selling& selling);
  [[nodiscard]] const Eigen::Vector3d& share(std::size_t k) const { return shares_[k]; }
  /// A multiple of E, at most E itself, with E <= `most` D.
  [[nodiscard]] Eigen::Vector3d limited(const Eigen::Vector3d& share, const Eigen::Matrix3d& D, double most) const;
  /// Terms of (D - E) + E.
  [[nodiscard]] static std::vector<LatticeTerm> terms(const Eigen::Matrix3d& D, const Eigen::Vector3d& share, Selling& selling);

private:
  [[nodiscard]] Eigen::Vector3d carrying(std::size_t k) const;

  const Grid& grid_;
  const std::vector<Eigen::VectorXd>& flows_;
  double temperature_;
  std::vector<Eigen::Vector3d> shares_;
};

} // namespace driftwell

#include "flow_terms.hpp"

#include "couplings.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>

namespace driftwell {

using Eigen::Index;
using Eigen::Matrix3d;
using Eigen::Vector3d;
using Eigen::VectorXd;

FlowTerms::FlowTerms(const Grid& grid, const std::vector<VectorXd>& flows, double temperature) : grid_(grid), flows_(flows), temperature_(temperature) {
  shares_.assign(any() ? grid.size() : 1, Vector3d::Zero());
}

/// Weights along the axes with which conductances exceed the flows through both faces by a quarter.
Vector3d FlowTerms::carrying(std::size_t k) const {
  Vector3d flow = Vector3d::Zero();
  for (std::size_t a = 0; a < grid_.dimension(); ++a) {
    double& most = flow[static_cast<Index>(a)];
    if (has_edge(grid_, k, a)) most = std::abs(flows_[a][static_cast<Index>(k)]);
    const std::size_t i = grid_.coordinate(k, a), n = grid_.axis(a).cells, s = grid_.stride(a);
    if (i > 0 || grid_.axis(a).periodic()) most = std::max(most, std::abs(flows_[a][static_cast<Index>(i > 0 ? k - s : k + (n - 1) * s)]));
  }
  return 1.25 / (temperature_ * measure(grid_, k)) * flow;
}

const Vector3d& FlowTerms::find_share(const Matrix3d& D, std::size_t k, Selling& selling) {
  if (!any()) return shares_[0];
  const Vector3d wanted = carrying(k);
  Vector3d found = Vector3d::Zero();
  for (const LatticeTerm& term : selling.decompose(D))
    if (std::abs(term.offset[0]) + std::abs(term.offset[1]) + std::abs(term.offset[2]) == 1) found[term.offset[0] ? 0 : term.offset[1] ? 1 : 2] += term.weight;
  // All of it where there is not enough, nothing where there is twice as much, continuous in between: temperatures that change move a chain without jumps.
  const double need = (2 - (found.array() / wanted.array().max(1e-300)).minCoeff());
  shares_[k] = std::clamp(need, 0.0, 1.0) * limited(wanted, D, 0.5);
  return shares_[k];
}

Vector3d FlowTerms::limited(const Vector3d& share, const Matrix3d& D, double most) const {
  const auto d = static_cast<Index>(grid_.dimension());
  if (share.isZero(0)) return share;
  const Eigen::MatrixXd E = share.head(d).asDiagonal();
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> ratio(E, D.topLeftCorner(d, d), Eigen::EigenvaluesOnly | Eigen::Ax_lBx);
  const double largest = ratio.info() == Eigen::Success ? ratio.eigenvalues().maxCoeff() : 0;
  if (!(largest > 0) || !std::isfinite(largest)) return Vector3d::Zero(); // D is singular here
  return std::min(1.0, most / largest) * share;
}

std::vector<LatticeTerm> FlowTerms::terms(const Matrix3d& D, const Vector3d& share, Selling& selling) {
  const auto found = selling.decompose(D - Matrix3d(share.asDiagonal()));
  std::vector<LatticeTerm> terms(found.begin(), found.end());
  for (std::size_t a = 0; a < 3; ++a)
    if (share[static_cast<Index>(a)] > 0) {
      terms.push_back({{}, share[static_cast<Index>(a)]});
      terms.back().offset[a] = 1;
    }
  return terms;
}

} // namespace driftwell

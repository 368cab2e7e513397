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

FlowTerms::FlowTerms(const Grid& grid, const std::vector<VectorXd>& flows, double temperature) : grid_(grid), flows_(flows), temperature_(temperature) {}

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

std::vector<LatticeTerm> FlowTerms::terms(const Matrix3d& D, std::size_t k, Selling& selling) const {
  const auto decomposed = [&](const Matrix3d& A) {
    const auto found = selling.decompose(A);
    return std::vector<LatticeTerm>(found.begin(), found.end());
  };
  std::vector<LatticeTerm> terms = decomposed(D);
  if (flows_.empty()) return terms;
  const Vector3d wanted = carrying(k);
  Vector3d found = Vector3d::Zero();
  for (const LatticeTerm& term : terms)
    if (std::abs(term.offset[0]) + std::abs(term.offset[1]) + std::abs(term.offset[2]) == 1) found[term.offset[0] ? 0 : term.offset[1] ? 1 : 2] += term.weight;
  if ((found.array() >= wanted.array()).all()) return terms;
  const auto d = static_cast<Index>(grid_.dimension());
  const Eigen::MatrixXd E = wanted.head(d).asDiagonal();
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> ratio(E, D.topLeftCorner(d, d), Eigen::EigenvaluesOnly | Eigen::Ax_lBx);
  const double most = ratio.info() == Eigen::Success ? ratio.eigenvalues().maxCoeff() : 0;
  if (!(most > 0) || !std::isfinite(most)) return terms; // D is singular here
  const Vector3d share = std::min(1.0, 0.5 / most) * wanted;
  terms = decomposed(D - Matrix3d(share.asDiagonal()));
  for (std::size_t a = 0; a < grid_.dimension(); ++a)
    if (share[static_cast<Index>(a)] > 0) {
      terms.push_back({{}, share[static_cast<Index>(a)]});
      terms.back().offset[a] = 1;
    }
  return terms;
}

} // namespace driftwell

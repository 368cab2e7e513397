#include "transport_nodes.hpp"

#include "driftwell/core/error.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// First and last cell when at most `share` of the mass is left out on either side.
std::array<Index, 2> support(const VectorXd& marginal, double share) {
  Index first = 0, last = marginal.size() - 1;
  for (double sum = marginal[first]; first < last && sum <= share; sum += marginal[first]) ++first;
  for (double sum = marginal[last]; last > first && sum <= share; sum += marginal[last]) --last;
  return {first, last};
}

/// Nodes of one axis, and the matrix (nodes x cells) that shares the mass of every cell between its two nodes.
MatrixXd share_axis(const TransportAxis& axis, const VectorXd& marginal, std::size_t most, VectorXd& nodes) {
  const Index cells = marginal.size();
  VectorXd centres(cells);
  for (Index i = 0; i < cells; ++i) centres[i] = (axis.faces[static_cast<std::size_t>(i)] + axis.faces[static_cast<std::size_t>(i) + 1]) / 2;
  const auto [first, last] = axis.periodic ? std::array<Index, 2>{0, cells - 1} : support(marginal, 1e-12);
  const Index count = std::min<Index>(last - first + 1, static_cast<Index>(most));
  MatrixXd share = MatrixXd::Zero(count, cells);
  if (count == last - first + 1) {
    nodes = centres.segment(first, count);
    for (Index i = 0; i < count; ++i) share(i, first + i) = 1;
    return share;
  }
  const double period = axis.faces.back() - axis.faces.front();
  const double spacing = axis.periodic ? period / static_cast<double>(count) : (centres[last] - centres[first]) / static_cast<double>(count - 1);
  nodes = VectorXd::LinSpaced(count, centres[first], centres[first] + spacing * static_cast<double>(count - 1));
  for (Index i = first; i <= last; ++i) {
    const double place = std::max(0.0, (centres[i] - centres[first]) / spacing);
    const Index below = axis.periodic ? static_cast<Index>(place) : std::min(static_cast<Index>(place), count - 2);
    const double upper = std::min(1.0, place - static_cast<double>(below));
    share(below % count, i) += 1 - upper;
    share((below + 1) % count, i) += upper;
  }
  return share;
}

} // namespace

PlanarNodes carry(const std::vector<TransportAxis>& axes, const VectorXd& law, std::size_t most) {
  const auto cells = [&](std::size_t a) { return static_cast<Index>(axes[a].faces.size()) - 1; };
  if (axes.size() != 2 || cells(0) < 1 || cells(1) < 1 || cells(0) * cells(1) != law.size())
    throw std::invalid_argument("PlanarTransport: two axes with one weight a cell are needed");
  const double sum = law.sum();
  if (!(sum > 0) || !std::isfinite(sum)) throw NumericalFailure("wasserstein_2: a law without mass");
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const MatrixXd cell_law = Eigen::Map<const Rows>(law.data(), cells(0), cells(1)) / sum;
  PlanarNodes nodes;
  const MatrixXd share_0 = share_axis(axes[0], cell_law.rowwise().sum(), most, nodes.x[0]);
  const MatrixXd share_1 = share_axis(axes[1], cell_law.colwise().sum().transpose(), most, nodes.x[1]);
  // Without blocks, whose sizes depend on the number of threads.
  nodes.w = MatrixXd(share_0.lazyProduct(cell_law)).lazyProduct(share_1.transpose());
  nodes.w = nodes.w.cwiseMax(0.0) / nodes.w.cwiseMax(0.0).sum();
  nodes.log_w = nodes.w.cwiseMax(1e-300).array().log();
  for (std::size_t a = 0; a < 2; ++a) {
    const VectorXd marginal = a == 0 ? VectorXd(nodes.w.rowwise().sum()) : VectorXd(nodes.w.colwise().sum().transpose());
    VectorXd& x = nodes.x[a];
    nodes.split = nodes.split || x.size() == static_cast<Index>(most);
    for (Index i = 0; i + 1 < x.size(); ++i) nodes.spacing = std::max(nodes.spacing, x[i + 1] - x[i]);
    const double mean = marginal.dot(x);
    nodes.variance[a] = (marginal.array() * (x.array() - mean).square()).sum();
    if (axes[a].periodic) continue;
    nodes.mean[a] = mean;
    x.array() -= mean;
  }
  return nodes;
}

} // namespace driftwell

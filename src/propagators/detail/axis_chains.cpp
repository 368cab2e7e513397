#include "axis_chains.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Rates along axis a on the line through cell 0.
AxisChain line_through_origin(const Generator& generator, std::size_t a) {
  const Grid& grid = generator.grid();
  const Stencil::Edges& edges = generator.rates().edges()[a];
  const auto n = static_cast<Index>(grid.axis(a).cells), stride = static_cast<Index>(grid.stride(a));
  AxisChain chain{VectorXd::Zero(n), VectorXd::Zero(n), VectorXd::Zero(n), grid.axis(a).periodic()};
  for (Index i = 0; i < n - (chain.periodic ? 0 : 1); ++i) {
    chain.up[i] = edges.up[i * stride];
    chain.down[i] = edges.down_data()[i * stride];
  }
  for (const Generator::WallRate& wall : generator.walls())
    if (wall.axis == a) chain.loss[static_cast<Index>(grid.coordinate(wall.cell, a))] = wall.rate;
  return chain;
}

double relative_difference(double a, double b) {
  if (a == b) return 0;
  const double difference = std::abs(a - b) / std::max(std::abs(a), std::abs(b));
  return std::isfinite(difference) ? difference : 1;
}

/// The largest difference along axis a between the chain and `line`; stops at more than `enough`.
double deviation_along(const Generator& generator, std::size_t a, const AxisChain& line, double enough) {
  const Grid& grid = generator.grid();
  const Stencil::Edges& edges = generator.rates().edges()[a];
  double worst = 0;
  for (const Grid::EdgeRun& run : grid.edge_runs(a)) {
    for (std::size_t i = 0; i < run.count; ++i) {
      const auto k = static_cast<Index>(run.first + i), at = static_cast<Index>(grid.coordinate(run.first + i, a));
      worst = std::max({worst, relative_difference(edges.up[k], line.up[at]), relative_difference(edges.down_data()[k], line.down[at])});
    }
    if (worst > enough) return worst;
  }
  for (const Generator::WallRate& wall : generator.walls())
    if (wall.axis == a) worst = std::max(worst, relative_difference(wall.rate, line.loss[static_cast<Index>(grid.coordinate(wall.cell, a))]));
  return worst;
}

/// -v^T S v = sum over edges of (sqrt(up) v_i - sqrt(down) v_next)^2 + sum of loss v^2
double rayleigh(const AxisChain& chain, const Eigen::Ref<const VectorXd>& v) {
  const Index n = v.size();
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    const double step = std::sqrt(chain.up[i]) * v[i] - std::sqrt(chain.down[i]) * v[(i + 1) % n];
    sum += step * step + chain.loss[i] * v[i] * v[i];
  }
  return -sum / v.squaredNorm();
}

} // namespace

double AxisChain::bound() const {
  const Index n = up.size();
  double most = 0;
  for (Index i = 0; i < n; ++i) {
    const Index before = (i + n - 1) % n;
    most = std::max(most, up[i] + down[before] + loss[i] + std::sqrt(up[i] * down[i]) + std::sqrt(up[before] * down[before]));
  }
  return most;
}

std::optional<AxisChains> split_axes(const Generator& generator, double tolerance) {
  if (!generator.reversible() || generator.rates().links().size()) return {};
  AxisChains result;
  for (std::size_t a = 0; a < generator.grid().dimension(); ++a) {
    result.axes.push_back(line_through_origin(generator, a));
    result.deviation = std::max(result.deviation, deviation_along(generator, a, result.axes.back(), tolerance));
    if (!(result.deviation <= tolerance)) return {};
  }
  return result;
}

AxisModes modes_of(const AxisChain& chain) {
  const Index n = chain.up.size();
  VectorXd diagonal(n), off = chain.up.cwiseProduct(chain.down).cwiseSqrt();
  for (Index i = 0; i < n; ++i) diagonal[i] = -(chain.up[i] + chain.down[(i + n - 1) % n] + chain.loss[i]);
  const auto ring = [&] {
    MatrixXd S = diagonal.asDiagonal();
    for (Index i = 0; i < n; ++i) { // += : with two cells both edges join the same pair
      S(i, (i + 1) % n) += off[i];
      S((i + 1) % n, i) += off[i];
    }
    return S;
  };
  const SymmetricEigen eigen = chain.periodic ? SymmetricEigen(ring()) : SymmetricEigen(diagonal, off.head(n - 1));
  if (eigen.info() != Eigen::Success) throw NumericalFailure("fast_diagonalisation: the modes along an axis were not found");
  AxisModes modes{VectorXd(n), eigen.eigenvectors().rowwise().reverse(), 4 * 0x1p-53 * chain.bound()};
  for (Index i = 0; i < n; ++i) modes.values[i] = rayleigh(chain, modes.vectors.col(i));
  if (chain.loss.isZero(0)) modes.values[0] = 0;
  return modes;
}

} // namespace driftwell

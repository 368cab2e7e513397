#include "aggregation.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/stationary/state_reduction.hpp"

#include <Eigen/QR>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <numeric>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;
using ByRow = Eigen::SparseMatrix<double, Eigen::RowMajor>;

constexpr Index coarsest = 300;
constexpr int sweeps = 2, cycles_a_level = 2, window = 6;

/// One chain: entry (k, l) of `in` is the rate l -> k, the diagonal left out; `exit` are the rates out.
struct Level {
  ByRow in;
  VectorXd exit;
  std::vector<Index> block; ///< of each state: its state one level up
  std::vector<Index> target; ///< of each entry of `in`: its entry one level up, or -1 within a block
};

ByRow rates_by_row(const Stencil& Q) {
  ByRow in = Q.matrix(0, 1);
  if (Q.symmetric()) in = ByRow(in.selfadjointView<Eigen::Lower>());
  in.prune([](Index row, Index column, double value) { return row != column && value > 0; });
  return in;
}

class Hierarchy {
public:
  explicit Hierarchy(const Stencil& Q) {
    levels_.push_back({rates_by_row(Q), -Q.diagonal(), {}, {}});
    Grid grid = Q.grid();
    while (levels_.back().in.rows() > coarsest) {
      bool halved = false;
      std::vector<Axis> axes = grid.axes();
      for (Axis& axis : axes)
        if (axis.cells > 1) axis.cells = (axis.cells + 1) / 2, axis.stretching = nullptr, halved = true;
      if (!halved) break;
      const Grid coarse(axes);
      add_level(grid, coarse);
      grid = coarse;
    }
  }

  void cycle(VectorXd& p, std::size_t depth = 0) {
    Level& level = levels_[depth];
    if (depth + 1 == levels_.size()) {
      p = exact(level) * p.sum();
      return;
    }
    for (int i = 0; i < sweeps; ++i) sweep(level, p, false);
    aggregate(depth, p);
    Level& up = levels_[depth + 1];
    VectorXd mass = VectorXd::Zero(up.exit.size());
    for (Index k = 0; k < p.size(); ++k) mass[level.block[static_cast<std::size_t>(k)]] += p[k];
    VectorXd corrected = mass;
    for (int i = 0; i < (depth == 0 ? 1 : cycles_a_level); ++i) cycle(corrected, depth + 1);
    for (Index k = 0; k < p.size(); ++k) {
      const Index I = level.block[static_cast<std::size_t>(k)];
      if (mass[I] > 0) p[k] *= corrected[I] / mass[I];
    }
    for (int i = 0; i < sweeps; ++i) sweep(level, p, true);
    p /= p.sum();
  }

private:
  void add_level(const Grid& fine, const Grid& coarse) {
    Level& level = levels_.back();
    level.block.resize(fine.size());
    for (std::size_t k = 0; k < fine.size(); ++k) {
      std::size_t block = 0;
      for (std::size_t a = 0; a < fine.dimension(); ++a) block += (fine.axis(a).cells > 1 ? fine.coordinate(k, a) / 2 : 0) * coarse.stride(a);
      level.block[k] = static_cast<Index>(block);
    }
    std::vector<Eigen::Triplet<double>> entries;
    for (Index k = 0; k < level.in.outerSize(); ++k)
      for (ByRow::InnerIterator it(level.in, k); it; ++it)
        if (const Index I = level.block[static_cast<std::size_t>(k)], J = level.block[static_cast<std::size_t>(it.col())]; I != J) entries.emplace_back(I, J, 0.0);
    ByRow in(static_cast<Index>(coarse.size()), static_cast<Index>(coarse.size()));
    in.setFromTriplets(entries.begin(), entries.end());
    in.makeCompressed();
    level.target.reserve(static_cast<std::size_t>(level.in.nonZeros()));
    for (Index k = 0; k < level.in.outerSize(); ++k)
      for (ByRow::InnerIterator it(level.in, k); it; ++it) {
        const Index I = level.block[static_cast<std::size_t>(k)], J = level.block[static_cast<std::size_t>(it.col())];
        const auto *first = in.innerIndexPtr() + in.outerIndexPtr()[I], *last = in.innerIndexPtr() + in.outerIndexPtr()[I + 1];
        level.target.push_back(I == J ? -1 : std::lower_bound(first, last, J) - in.innerIndexPtr());
      }
    levels_.push_back({std::move(in), VectorXd::Zero(static_cast<Index>(coarse.size())), {}, {}});
  }

  /// Rates of the chain of blocks, for the present p.
  void aggregate(std::size_t depth, const VectorXd& p) {
    const Level& level = levels_[depth];
    Level& up = levels_[depth + 1];
    VectorXd mass = VectorXd::Zero(up.exit.size());
    for (Index k = 0; k < p.size(); ++k) mass[level.block[static_cast<std::size_t>(k)]] += p[k];
    double* const rate = up.in.valuePtr();
    std::fill(rate, rate + up.in.nonZeros(), 0.0);
    for (Index k = 0; k < level.in.outerSize(); ++k)
      for (Index at = level.in.outerIndexPtr()[k]; at < level.in.outerIndexPtr()[k + 1]; ++at)
        if (const Index to = level.target[static_cast<std::size_t>(at)]; to >= 0) rate[to] += level.in.valuePtr()[at] * p[level.in.innerIndexPtr()[at]];
    up.exit.setZero();
    for (Index I = 0; I < up.in.outerSize(); ++I)
      for (ByRow::InnerIterator it(up.in, I); it; ++it) {
        it.valueRef() = mass[it.col()] > 0 ? it.value() / mass[it.col()] : 0;
        up.exit[it.col()] += it.value();
      }
  }

  static void sweep(const Level& level, VectorXd& p, bool backwards) {
    const Index n = p.size();
    for (Index i = 0; i < n; ++i) {
      const Index k = backwards ? n - 1 - i : i;
      if (!(level.exit[k] > 0)) continue;
      double inflow = 0;
      for (ByRow::InnerIterator it(level.in, k); it; ++it) inflow += it.value() * p[it.col()];
      p[k] = inflow / level.exit[k];
    }
  }

  static VectorXd exact(const Level& level) {
    std::vector<int> ranks(static_cast<std::size_t>(level.exit.size()));
    std::iota(ranks.begin(), ranks.end(), 0);
    Eigen::SparseMatrix<double> rates = level.in;
    return StateReduction(rates, VectorXd(), ranks).stationary().cast<double>();
  }

  std::vector<Level> levels_;
};

/// The combination of the last iterates, of sum 1, with the smallest |Q p|; kept only where it stays positive.
void combine(const std::deque<VectorXd>& iterates, const std::deque<VectorXd>& defects, VectorXd& p) {
  const auto m = static_cast<Index>(iterates.size());
  if (m < 2) return;
  Eigen::MatrixXd differences(p.size(), m - 1);
  for (Index i = 0; i + 1 < m; ++i) differences.col(i) = defects[static_cast<std::size_t>(i)] - defects.back();
  const VectorXd c = differences.colPivHouseholderQr().solve(-defects.back());
  VectorXd mixed = iterates.back();
  for (Index i = 0; i + 1 < m; ++i) mixed += c[i] * (iterates[static_cast<std::size_t>(i)] - iterates.back());
  // Where it is not positive the last iterate stands: it is, and cells of small p are its.
  for (Index k = 0; k < mixed.size(); ++k)
    if (!(mixed[k] > 0.1 * p[k])) mixed[k] = p[k];
  p = mixed / mixed.sum();
}

} // namespace

VectorXd aggregated_steady_state(const Stencil& Q) {
  Hierarchy hierarchy(Q);
  VectorXd p = VectorXd::Constant(static_cast<Index>(Q.size()), 1.0 / static_cast<double>(Q.size()));
  std::deque<VectorXd> iterates, defects;
  double residual = 1, least = 1;
  int vain = 0; ///< cycles since the residual last fell: rounding is all that is left
  for (int cycle = 0; cycle < 400; ++cycle) {
    poll_interrupt();
    hierarchy.cycle(p);
    VectorXd defect = Q * p;
    residual = defect.cwiseAbs().sum() / (2 * -(Q.diagonal().dot(p)));
    vain = residual < 0.7 * least ? 0 : vain + 1;
    least = std::min(least, residual);
    if (residual < 1e-13 || (residual < 1e-12 && vain >= 8)) return p;
    iterates.push_back(p);
    defects.push_back(std::move(defect));
    if (iterates.size() > window) iterates.pop_front(), defects.pop_front();
    combine(iterates, defects, p);
  }
  if (!(residual < 1e-11)) throw NumericalFailure(fmt::format("steady state: multilevel aggregation stopped at a relative residual of {:.2e}", residual));
  return p;
}

} // namespace driftwell

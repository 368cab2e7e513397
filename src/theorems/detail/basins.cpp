#include "basins.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/stationary/minima.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t nobody = static_cast<std::size_t>(-1), most_basins = 64;

/// Calls visit(k, l) for every pair of neighbours.
template <class Visit> void each_edge(const Grid& grid, const Visit& visit) {
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    for (const Grid::EdgeRun& run : grid.edge_runs(a)) {
      if (run.neighbour < run.first && !grid.axis(a).periodic()) continue;
      for (std::size_t i = 0; i < run.count; ++i) visit(run.first + i, run.neighbour + i);
    }
}

} // namespace

Basins::Basins(const Level& level) : level_(level) {
  find(level);
  find_barriers(level);
}

void Basins::find(const Level& level) {
  const double depth = 1e-3 * level.model().temperature();
  std::vector<std::size_t> cells;
  for (const Minimum& minimum : local_minima(level.grid(), level.loss(), depth)) {
    Basin basin;
    basin.place = minimum.place;
    refine(level, basin);
    basins_.push_back(basin);
    cells.push_back(minimum.cell);
    if (basins_.size() > most_basins) throw NotApplicable{"at most 64 minima", "there are more"};
  }
  if (basins_.empty()) throw NotApplicable{"a minimum in the box", "none was found on the grid"};
  assign(level, cells);
}

void Basins::refine(const Level& level, Basin& basin) const {
  const std::size_t d = basin.place.size();
  const auto n = static_cast<Index>(d);
  std::vector<Expression> all = level.model().potential().gradient(d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) all.push_back(all[i].derivative(j));
  all.push_back(level.model().potential());
  const expression::Tape tape(all, d);
  std::vector<double> x = basin.place;
  MatrixXd H(n, n);
  for (int k = 0; k < 50; ++k) {
    const std::vector<double> v = tape(x);
    H = Eigen::Map<const MatrixXd>(v.data() + d, n, n);
    const VectorXd step = H.fullPivLu().solve(Eigen::Map<const VectorXd>(v.data(), n));
    double moved = 0;
    for (std::size_t i = 0; i < d; ++i) {
      x[i] -= step[static_cast<Index>(i)];
      moved = std::max(moved, std::abs(x[i] - basin.place[i]) / level.grid().axis(i).spacing());
    }
    if (!(moved < 3)) throw NotApplicable{"minima inside the box, with a Hessian that is positive definite", fmt::format("not so at ({:.5g})", fmt::join(basin.place, ", "))};
    if (step.norm() < 1e-15 * (1 + Eigen::Map<const VectorXd>(x.data(), n).norm())) break;
  }
  const SymmetricEigen modes(H);
  // A cell away a degenerate minimum is not flat any more.
  double beside = modes.eigenvalues()[n - 1] * 1e-6;
  for (std::size_t i = 0; i < d; ++i)
    for (const double sign : {-1.0, 1.0}) {
      std::vector<double> next = x;
      next[i] += sign * level.grid().axis(i).spacing();
      const std::vector<double> v = tape(next);
      beside = std::max(beside, SymmetricEigen(MatrixXd(Eigen::Map<const MatrixXd>(v.data() + d, n, n))).eigenvalues()[0]);
    }
  if (!(modes.eigenvalues()[0] > 1e-3 * beside))
    throw NotApplicable{"a Hessian that is positive definite at every minimum", fmt::format("its smallest eigenvalue is {:.3g} at ({:.5g})", modes.eigenvalues()[0], fmt::join(x, ", "))};
  basin.place = x;
  basin.loss = tape(x).back();
  basin.log_determinant = modes.eigenvalues().array().log().sum();
  basin.largest_curvature = modes.eigenvalues()[n - 1];
}

/// Every cell follows its lowest neighbour down.
void Basins::assign(const Level& level, const std::vector<std::size_t>& cells) {
  const VectorXd& f = level.loss();
  std::vector<std::size_t> down(level.grid().size());
  for (std::size_t k = 0; k < down.size(); ++k) down[k] = k;
  const auto lower = [&](std::size_t a, std::size_t b) { return f[static_cast<Index>(a)] < f[static_cast<Index>(b)]; };
  each_edge(level.grid(), [&](std::size_t k, std::size_t l) {
    if (lower(l, down[k])) down[k] = l;
    if (lower(k, down[l])) down[l] = k;
  });
  owner_.assign(down.size(), nobody);
  for (std::size_t i = 0; i < cells.size(); ++i) owner_[cells[i]] = i;
  for (std::size_t k = 0; k < down.size(); ++k) {
    std::size_t at = k;
    while (owner_[at] == nobody && down[at] != at) at = down[at];
    if (owner_[at] == nobody) { // a ripple of the grid: to the nearest minimum
      const std::vector<double> x = level.grid().centre(at);
      std::size_t best = 0;
      for (std::size_t i = 1; i < basins_.size(); ++i)
        if (distance(level.grid(), x, basins_[i].place) < distance(level.grid(), x, basins_[best].place)) best = i;
      owner_[at] = best;
    }
    owner_[k] = owner_[at];
  }
}

void Basins::find_barriers(const Level& level) {
  const VectorXd& f = level.loss();
  for (Basin& basin : basins_) basin.barrier = std::numeric_limits<double>::infinity();
  each_edge(level.grid(), [&](std::size_t k, std::size_t l) {
    if (owner_[k] == owner_[l]) return;
    const double pass = std::max(f[static_cast<Index>(k)], f[static_cast<Index>(l)]);
    for (const std::size_t side : {k, l}) basins_[owner_[side]].barrier = std::min(basins_[owner_[side]].barrier, pass - basins_[owner_[side]].loss);
  });
}

std::vector<double> Basins::masses(const VectorXd& p) const {
  std::vector<double> result(basins_.size(), 0.0);
  for (std::size_t k = 0; k < owner_.size(); ++k) result[owner_[k]] += p[static_cast<Index>(k)];
  return result;
}

double Basins::integral(std::size_t i, double temperature) const {
  const VectorXd& f = level_.loss();
  double sum = 0;
  for (std::size_t k = 0; k < owner_.size(); ++k)
    if (owner_[k] == i) sum += std::exp(-(f[static_cast<Index>(k)] - basins_[i].loss) / temperature) * level_.grid().volume(k);
  return sum;
}

double Basins::quadrature_error(std::size_t i, double temperature) const {
  double error = 0;
  for (const Axis& axis : level_.grid().axes()) {
    const double ratio = std::sqrt(temperature / basins_[i].largest_curvature) / axis.spacing();
    error += 2 * std::exp(-2 * M_PI * M_PI * ratio * ratio);
  }
  return error;
}

} // namespace driftwell::theorems

#include "critical_points.hpp"

#include "driftwell/bounds/curvature.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/stationary/minima.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using expression::Expression;
using expression::Tape;

namespace {

std::vector<Expression> with_derivatives(const Expression& f, std::size_t d) {
  std::vector<Expression> all{f};
  for (const Expression& g : f.gradient(d)) all.push_back(g);
  const bounds::ExpressionMatrix H = bounds::hessian(f, d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) all.push_back(H[i][j]);
  return all;
}

double smallest_width(const Axis& axis) {
  double least = axis.width(0);
  for (std::size_t i = 1; i < axis.cells; ++i) least = std::min(least, axis.width(i));
  return least;
}

} // namespace

Landscape::Landscape(const Expression& f, const Grid& grid) : grid_(grid), d_(grid.dimension()), tape_(with_derivatives(f, d_), d_), values_(static_cast<Index>(grid.size())) {
  const Tape only({f}, d_);
  Tape::Workspace space(only);
  std::vector<std::vector<double>> rows(d_, std::vector<double>(Tape::strip));
  for (std::size_t first = 0; first < grid.size(); first += Tape::strip) {
    const std::size_t n = std::min(Tape::strip, grid.size() - first);
    std::vector<double*> write;
    std::vector<const double*> in;
    for (auto& row : rows) write.push_back(row.data()), in.push_back(row.data());
    grid.centres(first, n, write.data());
    double* out[] = {values_.data() + first};
    only.evaluate(in, out, n, space);
  }
}

Landscape::Local Landscape::at(const std::vector<double>& x) const {
  const std::vector<double> all = tape_(x);
  const auto d = static_cast<Index>(d_);
  return {all[0], Eigen::Map<const VectorXd>(all.data() + 1, d), Eigen::Map<const MatrixXd>(all.data() + 1 + d_, d, d)};
}

double Landscape::value(const std::vector<double>& x) const { return at(x).value; }

bool Landscape::fold(std::vector<double>& x) const {
  for (std::size_t a = 0; a < d_; ++a) {
    const Axis& axis = grid_.axis(a);
    const double period = axis.upper - axis.lower;
    if (axis.periodic()) x[a] -= period * std::floor((x[a] - axis.lower) / period);
    else if (!(x[a] > axis.lower && x[a] < axis.upper)) return false;
  }
  return true;
}

std::optional<CriticalPoint> Landscape::refine(std::vector<double> x) const {
  for (int iteration = 0; iteration < 60; ++iteration) {
    const Local local = at(x);
    const VectorXd step = local.hessian.fullPivLu().solve(local.gradient);
    double relative = 0;
    for (std::size_t a = 0; a < d_; ++a) {
      const double width = grid_.axis(a).width(grid_.axis(a).cell_of(x[a])), s = step[static_cast<Index>(a)];
      if (!(std::abs(s) < 2 * width)) return {};
      relative = std::max(relative, std::abs(s) / width);
      x[a] -= s;
    }
    if (!fold(x)) return {};
    if (relative > 1e-13 && iteration < 59) continue;
    if (relative > 1e-9) return {};
    const Local end = at(x);
    const VectorXd eigen = SymmetricEigen(end.hessian).eigenvalues();
    double size = eigen.cwiseAbs().maxCoeff(); // a cell away a degenerate point is not flat any more
    for (std::size_t a = 0; a < d_; ++a) {
      std::vector<double> beside = x;
      beside[a] += grid_.axis(a).width(grid_.axis(a).cell_of(x[a]));
      if (fold(beside)) size = std::max(size, at(beside).hessian.cwiseAbs().maxCoeff());
    }
    if (!(eigen.cwiseAbs().minCoeff() > 1e-8 * size)) {
      ++degenerate_;
      return {};
    }
    return CriticalPoint{x, end.value, end.hessian, static_cast<std::size_t>((eigen.array() < 0).count())};
  }
  return {};
}

std::vector<CriticalPoint> Landscape::critical_points() const {
  std::vector<CriticalPoint> found;
  degenerate_ = 0;
  Tape::Workspace space(tape_);
  std::vector<std::vector<double>> rows(d_, std::vector<double>(Tape::strip)), results(tape_.outputs(), std::vector<double>(Tape::strip));
  std::vector<const double*> in;
  std::vector<double*> write, out;
  for (auto& row : rows) write.push_back(row.data()), in.push_back(row.data());
  for (auto& row : results) out.push_back(row.data());
  const auto d = static_cast<Index>(d_);
  for (std::size_t first = 0; first < grid_.size(); first += Tape::strip) {
    const std::size_t n = std::min(Tape::strip, grid_.size() - first);
    grid_.centres(first, n, write.data());
    tape_.evaluate(in, out, n, space);
    for (std::size_t k = 0; k < n; ++k) {
      VectorXd g(d);
      MatrixXd H(d, d);
      for (Index i = 0; i < d; ++i) g[i] = results[1 + static_cast<std::size_t>(i)][k];
      for (Index i = 0; i < d * d; ++i) H(i / d, i % d) = results[1 + d_ + static_cast<std::size_t>(i)][k];
      const VectorXd step = H.fullPivLu().solve(g);
      bool near = true;
      for (std::size_t a = 0; a < d_ && near; ++a) near = std::abs(step[static_cast<Index>(a)]) < 2 * grid_.axis(a).width(grid_.coordinate(first + k, a));
      if (!near) continue;
      auto point = refine(grid_.centre(first + k));
      if (!point) continue;
      const bool known = std::any_of(found.begin(), found.end(), [&](const CriticalPoint& other) {
        double apart = 0;
        for (std::size_t a = 0; a < d_; ++a) {
          double dx = std::abs(point->x[a] - other.x[a]);
          const Axis& axis = grid_.axis(a);
          if (axis.periodic()) dx = std::min(dx, axis.upper - axis.lower - dx);
          apart = std::max(apart, dx / smallest_width(axis));
        }
        return apart < 1e-4;
      });
      if (!known) found.push_back(std::move(*point));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  return found;
}

std::optional<std::size_t> Landscape::basin(std::vector<double> x, const std::vector<CriticalPoint>& minima) const {
  for (int iteration = 0; iteration < 100'000; ++iteration) {
    if (!fold(x)) return {};
    const Local local = at(x);
    for (std::size_t m = 0; m < minima.size(); ++m) {
      bool there = local.value >= minima[m].value - 1e-12 * (1 + std::abs(local.value));
      for (std::size_t a = 0; a < d_ && there; ++a) {
        double dx = std::abs(x[a] - minima[m].x[a]);
        const Axis& axis = grid_.axis(a);
        if (axis.periodic()) dx = std::min(dx, axis.upper - axis.lower - dx);
        there = dx < 1e-3 * axis.width(axis.cell_of(x[a]));
      }
      if (there) return m;
    }
    const SymmetricEigen eigen(local.hessian);
    const VectorXd size = eigen.eigenvalues().cwiseAbs().cwiseMax(1e-12 * eigen.eigenvalues().cwiseAbs().maxCoeff() + 1e-300);
    VectorXd step = -(eigen.eigenvectors() * (eigen.eigenvectors().transpose() * local.gradient).cwiseQuotient(size));
    double longest = 0;
    for (std::size_t a = 0; a < d_; ++a) longest = std::max(longest, std::abs(step[static_cast<Index>(a)]) / grid_.axis(a).width(grid_.axis(a).cell_of(x[a])));
    if (longest > 0.5) step *= 0.5 / longest;
    std::vector<double> next = x;
    bool down = false;
    for (int halving = 0; halving < 40 && !down; ++halving, step /= 2) {
      for (std::size_t a = 0; a < d_; ++a) next[a] = x[a] + step[static_cast<Index>(a)];
      if (!fold(next)) return {};
      down = value(next) < local.value;
    }
    if (!down) return {};
    x = next;
  }
  return {};
}

} // namespace driftwell::theorems

#include "driftwell/stationary/minima.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Cells around a cell, diagonals too, around periods.
template <class Visit> void for_each_around(const Grid& grid, std::size_t k, const Visit& visit) {
  const std::size_t d = grid.dimension();
  std::size_t count = 1;
  for (std::size_t a = 0; a < d; ++a) count *= 3;
  for (std::size_t code = 0; code < count; ++code) {
    std::size_t rest = code, cell = k;
    bool inside = true;
    for (std::size_t a = 0; a < d && inside; ++a, rest /= 3) {
      const std::size_t n = grid.axis(a).cells, i = grid.coordinate(k, a), shifted = i + rest % 3; // one too many
      if (!grid.axis(a).periodic() && (shifted == 0 || shifted > n)) inside = false;
      else cell = cell - i * grid.stride(a) + (shifted + n - 1) % n * grid.stride(a);
    }
    if (inside && cell != k) visit(cell);
  }
}

/// Pools of a rising level: their lowest cells and how far each rises before it flows over.
std::vector<std::pair<std::size_t, double>> pools(const Grid& grid, const VectorXd& field, double depth) {
  std::vector<int> order(grid.size()), pool(grid.size(), -1), joined;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return field[a] < field[b]; });
  std::vector<std::pair<std::size_t, double>> found;
  const auto root = [&](int p) {
    while (joined[static_cast<std::size_t>(p)] != p) p = joined[static_cast<std::size_t>(p)] = joined[static_cast<std::size_t>(joined[static_cast<std::size_t>(p)])];
    return p;
  };
  for (const int cell : order) {
    int lowest = -1;
    for_each_around(grid, static_cast<std::size_t>(cell), [&](std::size_t neighbour) {
      if (pool[neighbour] < 0) return;
      const int other = root(pool[neighbour]);
      if (lowest < 0) lowest = other;
      if (other == lowest) return;
      const int shallow = std::max(lowest, other); // pools are numbered from the deepest on
      found[static_cast<std::size_t>(shallow)].second = field[cell] - field[static_cast<Index>(found[static_cast<std::size_t>(shallow)].first)];
      joined[static_cast<std::size_t>(shallow)] = lowest = std::min(lowest, other);
    });
    if (lowest < 0) {
      lowest = static_cast<int>(found.size());
      joined.push_back(lowest);
      found.emplace_back(static_cast<std::size_t>(cell), std::numeric_limits<double>::infinity());
    }
    pool[static_cast<std::size_t>(cell)] = lowest;
  }
  std::erase_if(found, [&](const auto& entry) { return entry.second < depth; });
  return found;
}

/// Lagrange's polynomials for nodes 0 .. m-1 at t, with two derivatives: rows of three.
Eigen::MatrixXd lagrange(Index m, double t) {
  Eigen::MatrixXd basis = Eigen::MatrixXd::Zero(m, 3);
  for (Index i = 0; i < m; ++i) {
    basis(i, 0) = 1;
    for (Index j = 0; j < m; ++j) {
      if (j == i) continue;
      const double factor = (t - static_cast<double>(j)) / static_cast<double>(i - j), slope = 1 / static_cast<double>(i - j);
      basis(i, 2) = basis(i, 2) * factor + 2 * basis(i, 1) * slope;
      basis(i, 1) = basis(i, 1) * factor + basis(i, 0) * slope;
      basis(i, 0) *= factor;
    }
  }
  return basis;
}

/// The polynomial through the cells around one cell, in the index of the cells.
class Patch {
public:
  Patch(const Grid& grid, const VectorXd& field, std::size_t k) : grid_(grid), field_(field) {
    for (std::size_t a = 0; a < grid.dimension(); ++a) {
      const auto n = static_cast<Index>(grid.axis(a).cells), i = static_cast<Index>(grid.coordinate(k, a));
      nodes_[a] = std::min<Index>(5, n);
      first_[a] = i - nodes_[a] / 2;
      if (!grid.axis(a).periodic()) first_[a] = std::clamp<Index>(first_[a], 0, n - nodes_[a]);
      t_[a] = static_cast<double>(i - first_[a]);
      low_[a] = std::max(t_[a] - 0.9, grid.axis(a).periodic() ? -1.0 : -0.5 - static_cast<double>(first_[a]));
      high_[a] = std::min(t_[a] + 0.9, grid.axis(a).periodic() ? 9.0 : static_cast<double>(n - first_[a]) - 0.5);
    }
  }

  /// Newton's method inside the box; sides that push outwards hold their coordinate.
  void descend() {
    const auto d = static_cast<Index>(grid_.dimension());
    for (int iteration = 0; iteration < 40; ++iteration) {
      evaluate();
      Eigen::VectorXd step = gradient_.head(d);
      Eigen::MatrixXd hessian = hessian_.topLeftCorner(d, d);
      for (Index a = 0; a < d; ++a) {
        const auto at = static_cast<std::size_t>(a);
        const bool held = (t_[at] <= low_[at] && gradient_[a] > 0) || (t_[at] >= high_[at] && gradient_[a] < 0);
        if (!held) continue;
        step[a] = 0;
        hessian.row(a).setZero();
        hessian.col(a).setZero();
        hessian(a, a) = 1;
      }
      const Eigen::LLT<Eigen::MatrixXd> factor(hessian);
      if (factor.info() != Eigen::Success) return;
      step = factor.solve(step);
      for (Index a = 0; a < d; ++a) {
        const auto at = static_cast<std::size_t>(a);
        t_[at] = std::clamp(t_[at] - step[a], low_[at], high_[at]);
      }
      if (step.cwiseAbs().maxCoeff() < 1e-13) break;
    }
    evaluate();
  }

  [[nodiscard]] double value() const { return value_; }
  [[nodiscard]] std::vector<double> place() const {
    std::vector<double> x(grid_.dimension(), 0.0);
    for (std::size_t a = 0; a < x.size(); ++a) {
      const Axis& axis = grid_.axis(a);
      const double length = axis.upper - axis.lower;
      const Eigen::MatrixXd basis = lagrange(nodes_[a], t_[a]);
      for (Index i = 0; i < nodes_[a]; ++i) {
        const auto n = static_cast<Index>(axis.cells), at = first_[a] + i, inside = (at % n + n) % n;
        x[a] += basis(i, 0) * (axis.centre(static_cast<std::size_t>(inside)) + length * static_cast<double>((at - inside) / n));
      }
      if (axis.periodic() && x[a] < axis.lower) x[a] += length;
      if (axis.periodic() && x[a] >= axis.upper) x[a] -= length;
    }
    return x;
  }

private:
  void evaluate() {
    const std::size_t d = grid_.dimension();
    std::array<Eigen::MatrixXd, 3> basis;
    for (std::size_t a = 0; a < 3; ++a) basis[a] = a < d ? lagrange(nodes_[a], t_[a]) : Eigen::MatrixXd(Eigen::RowVector3d(1, 0, 0));
    value_ = 0;
    gradient_.setZero();
    hessian_.setZero();
    std::array<Index, 3> i{};
    for (i[0] = 0; i[0] < nodes_[0]; ++i[0])
      for (i[1] = 0; i[1] < nodes_[1]; ++i[1])
        for (i[2] = 0; i[2] < nodes_[2]; ++i[2]) add(i, basis);
  }

  void add(const std::array<Index, 3>& i, const std::array<Eigen::MatrixXd, 3>& basis) {
    Index cell = 0;
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      const auto n = static_cast<Index>(grid_.axis(a).cells);
      cell += ((first_[a] + i[a]) % n + n) % n * static_cast<Index>(grid_.stride(a));
    }
    const auto product = [&](std::array<int, 3> order) {
      return field_[cell] * basis[0](i[0], order[0]) * basis[1](i[1], order[1]) * basis[2](i[2], order[2]);
    };
    value_ += product({0, 0, 0});
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      std::array<int, 3> order{};
      ++order[a];
      gradient_[static_cast<Index>(a)] += product(order);
      for (std::size_t b = 0; b < grid_.dimension(); ++b) {
        std::array<int, 3> twice = order;
        ++twice[b];
        hessian_(static_cast<Index>(a), static_cast<Index>(b)) += product(twice);
      }
    }
  }

  const Grid& grid_;
  const VectorXd& field_;
  std::array<Index, 3> nodes_{1, 1, 1}, first_{};
  std::array<double, 3> t_{}, low_{}, high_{};
  double value_ = 0;
  Eigen::Vector3d gradient_;
  Eigen::Matrix3d hessian_;
};

} // namespace

std::vector<Minimum> local_minima(const Grid& grid, const VectorXd& field, double depth) {
  std::vector<Minimum> minima;
  for (const auto& [cell, rise] : pools(grid, field, depth)) {
    Patch patch(grid, field, cell);
    patch.descend();
    minima.push_back({patch.place(), patch.value(), cell, rise});
  }
  return minima;
}

double distance(const Grid& grid, const std::vector<double>& x, const std::vector<double>& y) {
  double square = 0;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const double length = grid.axis(a).upper - grid.axis(a).lower;
    double step = std::abs(x[a] - y[a]);
    if (grid.axis(a).periodic()) step = std::min(step, length - step);
    square += step * step;
  }
  return std::sqrt(square);
}

std::vector<std::optional<std::size_t>> matched(const Grid& grid, const std::vector<Minimum>& of, const std::vector<Minimum>& among) {
  struct Pair {
    double distance;
    std::size_t i, j;
  };
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < of.size(); ++i)
    for (std::size_t j = 0; j < among.size(); ++j) pairs.push_back({distance(grid, of[i].place, among[j].place), i, j});
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.distance < b.distance; });
  std::vector<std::optional<std::size_t>> partner(of.size());
  std::vector<bool> used(among.size(), false);
  for (const Pair& pair : pairs)
    if (!partner[pair.i] && !used[pair.j]) partner[pair.i] = pair.j, used[pair.j] = true;
  return partner;
}

} // namespace driftwell

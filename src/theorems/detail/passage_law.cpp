#include "passage_law.hpp"

#include "curvature.hpp"
#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

struct Link {
  std::size_t saddle, a, b; ///< the minima on both sides
  double height, conductance;
};

class Clusters {
public:
  explicit Clusters(std::size_t n) : root_(n) { std::iota(root_.begin(), root_.end(), std::size_t{0}); }
  std::size_t of(std::size_t i) {
    while (root_[i] != i) i = root_[i] = root_[root_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { root_[of(a)] = of(b); }

private:
  std::vector<std::size_t> root_;
};

/// The positive eigenvalue of -(D + Q) H.
double escape_rate(const Model& model, const CriticalPoint& saddle) {
  const auto d = static_cast<Index>(model.dimension());
  MatrixXd A(d, d);
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      A(i, j) = expression::Tape({model.diffusion(a, b)}, model.dimension())(saddle.x)[0];
      if (model.has_circulation()) A(i, j) += expression::Tape({model.circulation(a, b)}, model.dimension())(saddle.x)[0];
    }
  return (-A * saddle.hessian).eigenvalues().real().maxCoeff();
}

class Network {
public:
  Network(const Model& model, const Landscape& landscape, const Grid& grid, std::vector<CriticalPoint> points) : model_(model), grid_(grid) {
    for (CriticalPoint& p : points) {
      if (p.index == 0) minima_.push_back(std::move(p));
      else if (p.index == 1) saddles_.push_back(std::move(p));
    }
    double range = 1e-300;
    if (!saddles_.empty() && !minima_.empty()) range = saddles_.back().value - minima_.front().value;
    same_ = 1e-9 * range;
    for (std::size_t s = 0; s < saddles_.size(); ++s) connect(landscape, s);
  }

  [[nodiscard]] const std::vector<CriticalPoint>& minima() const { return minima_; }
  [[nodiscard]] double lowest_loose() const { return lowest_loose_; }

  /// Height of the lowest way from m to a minimum as deep; infinity: none.
  [[nodiscard]] double pass(std::size_t m) const {
    Clusters wells(minima_.size());
    for (const Link& link : links_) { // by height
      wells.join(link.a, link.b);
      for (const std::size_t t : targets(m))
        if (wells.of(t) == wells.of(m)) return link.height;
    }
    return std::numeric_limits<double>::infinity();
  }

  [[nodiscard]] std::vector<std::size_t> targets(std::size_t m) const {
    std::vector<std::size_t> list;
    for (std::size_t t = 0; t < minima_.size(); ++t)
      if (t != m && minima_[t].value <= minima_[m].value + same_) list.push_back(t);
    return list;
  }

  [[nodiscard]] PassageLaw law(std::size_t m, double height) const {
    PassageLaw law;
    law.from = minima_[m];
    law.barrier = height - law.from.value;
    Clusters wells(minima_.size());
    for (const Link& link : links_)
      if (link.height < height - same_) wells.join(link.a, link.b);
    // Only targets that can be reached at this height: others lie behind higher passes, or behind these.
    const std::vector<std::size_t> all = targets(m);
    const auto n = static_cast<Index>(minima_.size());
    MatrixXd laplacian = MatrixXd::Zero(n, n);
    std::vector<const Link*> open;
    for (const Link& link : links_) {
      if (std::abs(link.height - height) > same_) continue;
      const auto a = static_cast<Index>(wells.of(link.a)), b = static_cast<Index>(wells.of(link.b));
      if (a == b) continue;
      laplacian(a, a) += link.conductance, laplacian(b, b) += link.conductance;
      laplacian(a, b) -= link.conductance, laplacian(b, a) -= link.conductance;
      law.gates.push_back(saddles_[link.saddle]);
      open.push_back(&link);
    }
    for (const std::size_t t : all) law.targets.push_back(minima_[t]);
    // Potential 1 at m's well, 0 at the targets', free elsewhere: the current out of m's is the conductance.
    std::vector<int> held(minima_.size(), 0);
    for (const std::size_t t : all) held[wells.of(t)] = 1;
    const std::size_t own = wells.of(m);
    MatrixXd system = laplacian;
    VectorXd right = VectorXd::Zero(n);
    for (Index i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (held[at] || at == own || laplacian(i, i) == 0) {
        system.row(i).setZero();
        system(i, i) = 1;
        right[i] = at == own ? 1 : 0;
      }
    }
    const VectorXd potential = system.partialPivLu().solve(right);
    const double conductance = laplacian.row(static_cast<Index>(own)).dot(potential);
    for (const Link* link : open) {
      const double fall = potential[static_cast<Index>(wells.of(link->a))] - potential[static_cast<Index>(wells.of(link->b))];
      law.shares.push_back(link->conductance * fall * fall / conductance);
    }
    law.prefactor = 1 / (std::sqrt(law.from.hessian.determinant()) * conductance);
    // Well below the pass, whose neighbourhood decides, and well above the bottom.
    law.target_level = minima_[all.front()].value;
    for (const std::size_t t : all) law.target_level = std::max(law.target_level, minima_[t].value);
    law.target_level += 0.1 * (height - law.target_level);
    return law;
  }

private:
  void connect(const Landscape& landscape, std::size_t s) {
    const CriticalPoint& saddle = saddles_[s];
    const SymmetricEigen eigen(saddle.hessian);
    const VectorXd down = eigen.eigenvectors().col(0);
    double width = std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < grid_.dimension(); ++a) width = std::min(width, grid_.axis(a).width(grid_.axis(a).cell_of(saddle.x[a])));
    std::optional<std::size_t> ends[2];
    for (int side = 0; side < 2; ++side) {
      std::vector<double> x = saddle.x;
      for (std::size_t a = 0; a < x.size(); ++a) x[a] += (side ? 0.2 : -0.2) * width * down[static_cast<Index>(a)];
      ends[side] = landscape.basin(x, minima_);
    }
    if (!ends[0] || !ends[1]) {
      lowest_loose_ = std::min(lowest_loose_, saddle.value);
      return;
    }
    links_.push_back({s, *ends[0], *ends[1], saddle.value, escape_rate(model_, saddle) / (2 * M_PI * std::sqrt(std::abs(saddle.hessian.determinant())))});
  }

  const Model& model_;
  const Grid& grid_;
  std::vector<CriticalPoint> minima_, saddles_;
  std::vector<Link> links_;
  double same_ = 0, lowest_loose_ = std::numeric_limits<double>::infinity();
};

/// A cell at a wall from which f rises to all sides inside the box, below `height`.
std::optional<std::size_t> minimum_at_wall(const Grid& grid, const VectorXd& f, double height) {
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const double own = f[static_cast<Index>(k)];
    if (!(own < height)) continue;
    bool wall = false, lowest = true;
    for (std::size_t a = 0; a < grid.dimension(); ++a) {
      const Axis& axis = grid.axis(a);
      const std::size_t i = grid.coordinate(k, a), n = axis.cells;
      const auto neighbour = [&](std::size_t j) { return f[static_cast<Index>(k + j * grid.stride(a) - i * grid.stride(a))]; };
      if (axis.periodic()) {
        lowest = lowest && own <= neighbour((i + 1) % n) && own <= neighbour((i + n - 1) % n);
        continue;
      }
      wall = wall || i == 0 || i + 1 == n;
      if (i > 0) lowest = lowest && own <= neighbour(i - 1);
      if (i + 1 < n) lowest = lowest && own <= neighbour(i + 1);
    }
    if (wall && lowest) return k;
  }
  return {};
}

} // namespace

double PassageLaw::time(double T) const { return prefactor * std::exp(barrier / T); }

PassageLaw passage_law(const Model& model, const Expression& phi, const Grid& grid) {
  const Landscape landscape(phi, grid);
  const Network network(model, landscape, grid, landscape.critical_points());
  PassageLaw none;
  if (network.minima().size() < 2) {
    none.obstacle = network.minima().empty() ? "no minimum inside the box" : fmt::format("one minimum only, at {}", place_in(model, network.minima().front().x));
    if (landscape.degenerate()) none.obstacle += "; degenerate critical points do not count";
    return none;
  }
  std::optional<std::size_t> best;
  double barrier = 0, height = 0;
  for (std::size_t m = 0; m < network.minima().size(); ++m) {
    if (network.targets(m).empty()) continue;
    const double pass = network.pass(m);
    if (std::isfinite(pass) && pass - network.minima()[m].value > barrier) best = m, barrier = pass - network.minima()[m].value, height = pass;
  }
  if (!best) none.obstacle = "no saddle leads from one minimum to one as deep";
  else if (network.lowest_loose() <= height) none.obstacle = "a saddle as low leads to a wall";
  else if (const auto wall = minimum_at_wall(grid, landscape.values(), height)) none.obstacle = "a minimum at the wall near " + place_in(model, grid.centre(*wall));
  if (!none.obstacle.empty()) return none;
  return network.law(*best, height);
}

namespace {

/// On the line: beyond the nearest targets on both sides.
Region::Indicator beyond(const PassageLaw& law) {
  const double from = law.from.x[0];
  double right = std::numeric_limits<double>::infinity(), left = -right;
  for (const CriticalPoint& t : law.targets) {
    if (t.x[0] > from) right = std::min(right, t.x[0]);
    else left = std::max(left, t.x[0]);
  }
  return [=](const std::vector<std::vector<double>>& points) {
    std::vector<bool> in;
    for (const double x : points[0]) in.push_back(x >= right || x <= left);
    return in;
  };
}

/// Cells of { f < level } that are joined to the targets.
std::vector<bool> flooded(const PassageLaw& law, const Grid& grid, const VectorXd& f) {
  std::vector<bool> wet(grid.size(), false);
  std::queue<std::size_t> queue;
  const auto reach = [&](std::size_t k) {
    if (!wet[k]) wet[k] = true, queue.push(k);
  };
  for (const CriticalPoint& t : law.targets) {
    std::size_t cell = 0;
    for (std::size_t a = 0; a < grid.dimension(); ++a) cell += grid.axis(a).cell_of(t.x[a]) * grid.stride(a);
    reach(cell);
  }
  while (!queue.empty()) {
    const std::size_t k = queue.front();
    queue.pop();
    for (std::size_t a = 0; a < grid.dimension(); ++a) {
      const std::size_t i = grid.coordinate(k, a), n = grid.axis(a).cells;
      for (const std::size_t shift : {std::size_t{1}, n - 1}) {
        if (!grid.axis(a).periodic() && (shift == 1 ? i + 1 == n : i == 0)) continue;
        const std::size_t l = k - i * grid.stride(a) + (i + shift) % n * grid.stride(a);
        if (f[static_cast<Index>(l)] < law.target_level) reach(l);
      }
    }
  }
  return wet;
}

} // namespace

Region::Indicator target_of(const PassageLaw& law, const Expression& phi, const Grid& grid) {
  if (grid.dimension() == 1 && !grid.axis(0).periodic()) return beyond(law);
  const Landscape landscape(phi, grid);
  const auto wet = std::make_shared<const std::vector<bool>>(flooded(law, grid, landscape.values()));
  const auto tape = std::make_shared<const expression::Tape>(std::vector<Expression>{phi}, grid.dimension());
  // A point below the level belongs to the target where a cell of it is near.
  return [=, level = law.target_level](const std::vector<std::vector<double>>& points) {
    const std::size_t d = grid.dimension();
    std::vector<bool> in(points[0].size());
    std::vector<double> x(d);
    for (std::size_t i = 0; i < in.size(); ++i) {
      bool near = false, centre = false;
      std::size_t around = 1;
      for (std::size_t a = 0; a < d; ++a) x[a] = points[a][i], around *= 3;
      for (std::size_t code = 0; code < around && !near; ++code) {
        std::size_t cell = 0, rest = code;
        bool inside = true;
        for (std::size_t a = 0; a < d; ++a, rest /= 3) {
          const std::size_t n = grid.axis(a).cells, j = grid.axis(a).cell_of(x[a]) + rest % 3;
          inside = inside && (grid.axis(a).periodic() || (j > 0 && j <= n));
          cell += (j + n - 1) % n * grid.stride(a);
        }
        near = inside && (*wet)[cell];
      }
      if (near)
        for (const CriticalPoint& t : law.targets) { // the cell of a minimum, however coarse the grid
          bool same = true;
          for (std::size_t a = 0; a < d; ++a) same = same && grid.axis(a).cell_of(x[a]) == grid.axis(a).cell_of(t.x[a]);
          centre = centre || same;
        }
      in[i] = near && (centre || (*tape)(x)[0] < level);
    }
    return in;
  };
}

} // namespace driftwell::theorems

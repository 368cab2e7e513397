// Scharfetter-Gummel rates on every edge, walls, and the test for detailed balance. Equations in generator.hpp.
#include "driftwell/generator/generator.hpp"

#include "edge_form.hpp"
#include "sampling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Three-point Gauss-Legendre on [0, 1].
constexpr std::array<double, 3> gauss_nodes{0.11270166537925831, 0.5, 0.8872983346207417};
constexpr std::array<double, 3> gauss_weights{5.0 / 18, 8.0 / 18, 5.0 / 18};

std::vector<double> moved(const Grid& grid, std::size_t k, std::size_t axis, double by) {
  std::vector<double> point = grid.centre(k);
  point[axis] += by;
  return point;
}

/// Cells of the first or last layer along an axis.
std::vector<std::size_t> layer(const Grid& grid, std::size_t axis, bool last) {
  std::vector<std::size_t> cells;
  const std::size_t wanted = last ? grid.axis(axis).cells - 1 : 0;
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (grid.coordinate(k, axis) == wanted) cells.push_back(k);
  return cells;
}

class Builder {
public:
  Builder(const Model& model, const Grid& grid) : model_(model), grid_(grid), n_(static_cast<Index>(grid.size())) {}

  Generator build() {
    if (!model_.diagonal()) throw DomainError{DomainError::Quantity::tensor_diffusion, 0, {}, 0};
    exit_ = VectorXd::Zero(n_);
    if (grid_.absorbing()) loss_ = VectorXd::Zero(n_);
    (void)potential_on(model_, grid_); // its error, for a potential that is not finite, comes first
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      if (grid_.axis(a).periodic()) require_periodic(a);
      add_axis(a);
    }
    std::optional<VectorXd> local = detailed_balance();
    set_rates();
    VectorXd diagonal = -std::move(exit_);
    if (loss_.size()) diagonal -= loss_;
    return Generator(grid_, Stencil(grid_, std::move(diagonal), std::move(edges_)), std::move(loss_), std::move(walls_),
                     model_.temperature(), std::move(local));
  }

private:
  bool has_edge(std::size_t k, std::size_t a) const {
    return grid_.axis(a).periodic() || grid_.coordinate(k, a) + 1 < grid_.axis(a).cells;
  }
  std::size_t above(std::size_t k, std::size_t a) const {
    const std::size_t s = grid_.stride(a), i = grid_.coordinate(k, a);
    return i + 1 < grid_.axis(a).cells ? k + s : k - i * s;
  }

  /// Leaves dphi in edges_[a].up and T D_a / h^2 in edges_[a].down, for set_rates().
  void add_axis(std::size_t a) {
    const EdgeForm form = edge_form(model_, a);
    const double h = grid_.axis(a).spacing(), T = model_.temperature();
    std::vector<double> shift(grid_.dimension(), 0.0);
    shift[a] = h / 2;
    auto middle = sample({form.diffusion, form.velocity}, grid_, shift);
    VectorXd& conductance = middle[0];
    check_diffusion(conductance, a, h / 2);
    check_diffusion(sample({form.diffusion}, grid_, std::vector<double>(grid_.dimension(), 0.0))[0], a, 0);
    VectorXd dphi = form.degenerate ? VectorXd::Zero(n_) : gauss(form.rest, a);
    if (!form.degenerate) {
      shift[a] = 0;
      VectorXd exact = std::move(sample({form.exact}, grid_, shift)[0]);
      add_exact_differences(form, exact, a, dphi);
      if (exact_.size() == 0) exact_ = std::move(exact);
    }
    for (Index k = 0; k < n_; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (!has_edge(cell, a)) {
        dphi[k] = conductance[k] = 0;
        continue;
      }
      const double TD = T * conductance[k], v = middle[1][k];
      if (form.degenerate || TD == 0 || !std::isfinite(dphi[k])) {
        if (!std::isfinite(v)) throw DomainError{DomainError::Quantity::force, a, moved(grid_, cell, a, h / 2), v};
        // D_a vanishes here: T D B(-v h / (T D)) tends to max(v, 0) h. Kept finite, so that one formula serves all.
        const double least = std::abs(v) * h * 1e-14;
        conductance[k] = std::max(TD, least);
        dphi[k] = conductance[k] > 0 ? -v * h / conductance[k] : 0;
        degenerate_ = degenerate_ || TD < least;
        conductance[k] /= h * h;
        continue;
      }
      conductance[k] = TD / (h * h);
    }
    edges_.push_back({std::move(dphi), std::move(conductance)});
    add_walls(form, a);
  }

  VectorXd gauss(const Expression& rest, std::size_t a) const {
    VectorXd sum = VectorXd::Zero(n_);
    if (rest.is_constant(0.0)) return sum;
    const double h = grid_.axis(a).spacing();
    std::vector<double> shift(grid_.dimension(), 0.0);
    for (std::size_t q = 0; q < gauss_nodes.size(); ++q) {
      shift[a] = h * gauss_nodes[q];
      sum += (h * gauss_weights[q]) * sample({rest}, grid_, shift)[0];
    }
    return sum;
  }

  void add_exact_differences(const EdgeForm& form, const VectorXd& exact, std::size_t a, VectorXd& dphi) const {
    for (Index k = 0; k < n_; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (grid_.coordinate(cell, a) + 1 < grid_.axis(a).cells)
        dphi[k] += exact[static_cast<Index>(cell + grid_.stride(a))] - exact[k];
    }
    if (!grid_.axis(a).periodic()) return;
    // Around the period the step is taken outside the box, so that a potential with a constant tilt drives a current.
    const Axis& axis = grid_.axis(a);
    const auto cells = layer(grid_, a, true);
    const auto beyond = sample_layer({form.exact}, grid_, cells, a, axis.centre(axis.cells - 1) + axis.spacing())[0];
    for (std::size_t q = 0; q < cells.size(); ++q) {
      const auto k = static_cast<Index>(cells[q]);
      const double first = exact[static_cast<Index>(above(cells[q], a))], outside = beyond[static_cast<Index>(q)];
      const double gap = outside - first;
      // A periodic potential is evaluated at two points that differ by rounding: the lattice value is the exact one.
      dphi[k] += (std::abs(gap) < 1e-11 * (1 + std::abs(first)) ? first : outside) - exact[k];
    }
  }

  void check_diffusion(const VectorXd& D, std::size_t a, double by) const {
    for (Index k = 0; k < n_; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (by != 0 && !has_edge(cell, a)) continue;
      if (!std::isfinite(D[k])) throw DomainError{DomainError::Quantity::diffusion, a, moved(grid_, cell, a, by), D[k]};
      if (D[k] < 0) throw DomainError{DomainError::Quantity::diffusion_negative, a, moved(grid_, cell, a, by), D[k]};
    }
  }

  /// Half an edge from the last centre to an absorbing wall, whose far end holds nothing.
  void add_walls(const EdgeForm& form, std::size_t a) {
    const Axis& axis = grid_.axis(a);
    const double h = axis.spacing(), T = model_.temperature();
    for (int side = 0; side < 2; ++side) {
      if (axis.sides[static_cast<std::size_t>(side)] != Boundary::absorbing) continue;
      const auto cells = layer(grid_, a, side == 1);
      const double wall = side ? axis.upper : axis.lower, outward = side ? 1.0 : -1.0;
      const auto at_wall = sample_layer({form.exact}, grid_, cells, a, wall)[0];
      const auto between = sample_layer({form.diffusion, form.rest, form.velocity}, grid_, cells, a, wall - outward * h / 4);
      const auto centre = sample_layer({form.exact}, grid_, cells, a, axis.centre(side ? axis.cells - 1 : 0))[0];
      for (std::size_t q = 0; q < cells.size(); ++q) {
        const auto i = static_cast<Index>(q);
        const double TD = T * between[0][i], v = outward * between[2][i];
        double step = at_wall[i] - centre[i] + outward * (h / 2) * between[1][i];
        if (form.degenerate || TD == 0 || !std::isfinite(step)) step = TD > 0 ? -v * (h / 2) / TD : 0;
        const double rate = form.degenerate || TD == 0 ? std::max(v, 0.0) / h : TD / (h * h / 2) * bernoulli(step);
        if (!std::isfinite(rate))
          throw DomainError{DomainError::Quantity::force, a, moved(grid_, cells[q], a, outward * h / 4), v};
        loss_[static_cast<Index>(cells[q])] += rate;
        walls_.push_back({a, side, cells[q], rate});
      }
    }
  }

  /// What drives the current must agree at both ends of a period.
  void require_periodic(std::size_t a) const {
    std::vector<Expression> all;
    for (std::size_t i = 0; i < model_.dimension(); ++i) {
      all.push_back(model_.drift(i));
      all.push_back(model_.diffusion(i, i));
    }
    const auto cells = layer(grid_, a, false);
    const auto low = sample_layer(all, grid_, cells, a, grid_.axis(a).lower);
    const auto high = sample_layer(all, grid_, cells, a, grid_.axis(a).upper);
    for (std::size_t o = 0; o < all.size(); ++o)
      for (Index q = 0; q < low[o].size(); ++q)
        if (std::abs(low[o][q] - high[o][q]) > 1e-8 * (1 + std::abs(low[o][q]) + std::abs(high[o][q]))) {
          std::vector<double> point = grid_.centre(cells[static_cast<std::size_t>(q)]);
          point[a] = grid_.axis(a).lower;
          throw DomainError{DomainError::Quantity::gradient_not_periodic, a, point, high[o][q] - low[o][q]};
        }
  }

  /// phi with phi_l - phi_k = dphi on every edge, where there is one: integrated along a tree, checked on all edges.
  std::optional<VectorXd> detailed_balance() const {
    if (degenerate_) return std::nullopt;
    const VectorXd base = exact_.size() ? exact_ : VectorXd::Zero(n_);
    const auto rest = [&](std::size_t a, std::size_t k, std::size_t l) {
      const auto i = static_cast<Index>(k), j = static_cast<Index>(l);
      return edges_[a].up[i] - (base[j] - base[i]);
    };
    VectorXd psi = VectorXd::Zero(n_);
    for (std::size_t k = 1; k < grid_.size(); ++k)
      for (std::size_t a = 0; a < grid_.dimension(); ++a) // comes from below along the first axis that can
        if (grid_.coordinate(k, a) > 0) {
          const std::size_t below = k - grid_.stride(a);
          psi[static_cast<Index>(k)] = psi[static_cast<Index>(below)] + rest(a, below, k);
          break;
        }
    const double scale = 1e-11 * (1 + psi.cwiseAbs().maxCoeff() + 1e-2 * base.cwiseAbs().maxCoeff());
    for (std::size_t a = 0; a < grid_.dimension(); ++a)
      for (const Grid::EdgeRun& run : grid_.edge_runs(a))
        for (std::size_t i = 0; i < run.count; ++i) {
          const std::size_t k = run.first + i, l = run.neighbour + i;
          const double loop = psi[static_cast<Index>(l)] - psi[static_cast<Index>(k)] - rest(a, k, l);
          if (!(std::abs(loop) <= scale)) return std::nullopt;
        }
    return VectorXd(base + psi);
  }

  void set_rates() {
    for (std::size_t a = 0; a < grid_.dimension(); ++a) {
      VectorXd &up = edges_[a].up, &down = edges_[a].down;
#pragma omp parallel for schedule(static) if (n_ > 60000)
      for (Index k = 0; k < n_; ++k) {
        const double z = up[k], w = down[k], small = bernoulli(std::abs(z));
        const double large = small + std::abs(z); // B(-z) = B(z) + z
        up[k] = w * (z > 0 ? small : large);
        down[k] = w * (z > 0 ? large : small);
      }
      for (const Grid::EdgeRun& run : grid_.edge_runs(a))
        for (std::size_t i = 0; i < run.count; ++i) {
          const auto k = static_cast<Index>(run.first + i);
          exit_[k] += up[k];
          exit_[static_cast<Index>(run.neighbour + i)] += down[k];
        }
    }
  }

  const Model& model_;
  const Grid& grid_;
  Index n_;
  VectorXd exit_, loss_;
  std::vector<Generator::WallRate> walls_;
  VectorXd exact_;          ///< of the first axis
  std::vector<Stencil::Edges> edges_;
  bool degenerate_ = false; ///< some edge carries drift without diffusion
};

} // namespace

VectorXd potential_on(const Model& model, const Grid& grid) {
  VectorXd f = std::move(sample({model.potential()}, grid, std::vector<double>(grid.dimension(), 0.0))[0]);
  for (Index k = 0; k < f.size(); ++k)
    if (!std::isfinite(f[k]))
      throw DomainError{DomainError::Quantity::potential, 0, grid.centre(static_cast<std::size_t>(k)), f[k]};
  return f;
}

Generator build_generator(const Model& model, const Grid& grid) { return Builder(model, grid).build(); }

} // namespace driftwell

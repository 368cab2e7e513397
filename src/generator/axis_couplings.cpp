// Scharfetter-Gummel couplings along the axes, for diagonal D. Equations in generator.hpp.
#include "couplings.hpp"

#include "edge_form.hpp"
#include "sampling.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Coordinate `share` of the way from every centre of an axis to the next.
std::vector<double> between(const Axis& axis, double share) {
  std::vector<double> at(axis.cells);
  for (std::size_t i = 0; i < axis.cells; ++i) at[i] = axis.centre(i) + share * axis.step(i);
  return at;
}

class AxisBuilder {
public:
  AxisBuilder(const Model& model, const Grid& grid, bool with_circulation)
      : model_(model), grid_(grid), with_circulation_(with_circulation), n_(static_cast<Index>(grid.size())) {}

  Couplings build() {
    if (grid_.absorbing()) result_.loss = VectorXd::Zero(n_);
    for (std::size_t a = 0; a < grid_.dimension(); ++a) add_axis(a);
    return std::move(result_);
  }

private:
  std::vector<double> on_edge(std::size_t k, std::size_t a, double share) const {
    std::vector<double> point = grid_.centre(k);
    point[a] += share * grid_.axis(a).step(grid_.coordinate(k, a));
    return point;
  }

  void add_axis(std::size_t a) {
    const EdgeForm form = edge_form(model_, a, with_circulation_);
    const Axis& axis = grid_.axis(a);
    const double T = model_.temperature();
    std::vector<double> faces(axis.cells);
    for (std::size_t i = 0; i < axis.cells; ++i) faces[i] = axis.stretching ? axis.face(i + 1) : axis.centre(i) + axis.step(i) / 2;
    auto middle = sample_moved({form.diffusion, form.velocity}, grid_, a, faces);
    VectorXd& conductance = middle[0];
    check_diffusion(conductance, a, 0.5);
    check_diffusion(sample({form.diffusion}, grid_)[0], a, 0);
    VectorXd dphi = form.degenerate ? VectorXd::Zero(n_) : gauss(form.rest, a);
    if (!form.degenerate) {
      VectorXd exact = std::move(sample({form.exact}, grid_)[0]);
      add_exact_differences(form, exact, a, dphi);
      if (result_.exact.size() == 0) result_.exact = std::move(exact);
    }
    for (Index k = 0; k < n_; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (!has_edge(grid_, cell, a)) {
        dphi[k] = conductance[k] = 0;
        continue;
      }
      const std::size_t i = grid_.coordinate(cell, a);
      const double h = axis.step(i), square = h * axis.width(i) / measure(grid_, cell);
      const double TD = T * conductance[k], v = middle[1][k];
      conductance[k] = TD;
      if (form.degenerate || TD == 0 || !std::isfinite(dphi[k])) {
        if (!std::isfinite(v)) throw DomainError{DomainError::Quantity::force, a, on_edge(cell, a, 0.5), v};
        // D_a vanishes here: T D B(-v h / (T D)) tends to max(v, 0) h. Kept finite, so that one formula serves all.
        const double least = std::abs(v) * h * 1e-14;
        conductance[k] = std::max(TD, least);
        dphi[k] = conductance[k] > 0 ? -v * h / conductance[k] : 0;
        result_.degenerate = result_.degenerate || TD < least;
      }
      conductance[k] /= square;
    }
    result_.dphi.push_back(std::move(dphi));
    result_.conductance.push_back(std::move(conductance));
    add_walls(form, a);
  }

  VectorXd gauss(const Expression& rest, std::size_t a) const {
    VectorXd sum = VectorXd::Zero(n_);
    if (rest.is_constant(0.0)) return sum;
    const Axis& axis = grid_.axis(a);
    for (std::size_t q = 0; q < gauss_nodes.size(); ++q)
      sum += gauss_weights[q] * sample_moved({rest}, grid_, a, between(axis, gauss_nodes[q]))[0];
    for (Index k = 0; k < n_; ++k) sum[k] *= axis.step(grid_.coordinate(static_cast<std::size_t>(k), a));
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
    const auto beyond = sample_layer({form.exact}, grid_, cells, a, axis.centre(axis.cells - 1) + axis.step(axis.cells - 1))[0];
    for (std::size_t q = 0; q < cells.size(); ++q) {
      const auto k = static_cast<Index>(cells[q]);
      const double first = exact[static_cast<Index>(cell_above(grid_, cells[q], a))];
      dphi[k] += unless_rounding(beyond[static_cast<Index>(q)], first) - exact[k];
    }
  }

  void check_diffusion(const VectorXd& D, std::size_t a, double share) const {
    for (Index k = 0; k < n_; ++k) {
      const auto cell = static_cast<std::size_t>(k);
      if (share != 0 && !has_edge(grid_, cell, a)) continue;
      if (!std::isfinite(D[k])) throw DomainError{DomainError::Quantity::diffusion, a, on_edge(cell, a, share), D[k]};
      if (D[k] < 0) throw DomainError{DomainError::Quantity::diffusion_negative, a, on_edge(cell, a, share), D[k]};
    }
  }

  /// Half an edge from the last centre to an absorbing wall, whose far end holds nothing.
  void add_walls(const EdgeForm& form, std::size_t a) {
    const Axis& axis = grid_.axis(a);
    const double T = model_.temperature();
    for (int side = 0; side < 2; ++side) {
      if (axis.sides[static_cast<std::size_t>(side)] != Boundary::absorbing) continue;
      const auto cells = layer(grid_, a, side == 1);
      const std::size_t i_last = side ? axis.cells - 1 : 0;
      const double wall = side ? axis.upper : axis.lower, last = axis.centre(i_last), outward = side ? 1.0 : -1.0;
      const double gap = std::abs(wall - last), width = axis.width(i_last);
      const auto at_wall = sample_layer({form.exact}, grid_, cells, a, wall)[0];
      const auto middle = sample_layer({form.diffusion, form.rest, form.velocity}, grid_, cells, a, (wall + last) / 2);
      const auto centre = sample_layer({form.exact}, grid_, cells, a, last)[0];
      for (std::size_t q = 0; q < cells.size(); ++q) {
        const auto i = static_cast<Index>(q);
        const double TD = T * middle[0][i], v = outward * middle[2][i];
        double step = at_wall[i] - centre[i] + outward * gap * middle[1][i];
        if (form.degenerate || TD == 0 || !std::isfinite(step)) step = TD > 0 ? -v * gap / TD : 0;
        const double rate = form.degenerate || TD == 0 ? std::max(v, 0.0) / width : TD / (gap * width) * bernoulli(step);
        if (!std::isfinite(rate)) {
          std::vector<double> point = grid_.centre(cells[q]);
          point[a] = (wall + last) / 2;
          throw DomainError{DomainError::Quantity::force, a, point, v};
        }
        result_.loss[static_cast<Index>(cells[q])] += rate;
        result_.walls.push_back({a, side, cells[q], rate});
      }
    }
  }

  const Model& model_;
  const Grid& grid_;
  bool with_circulation_;
  Index n_;
  Couplings result_;
};

} // namespace

Couplings axis_couplings(const Model& model, const Grid& grid, bool with_circulation) {
  return AxisBuilder(model, grid, with_circulation).build();
}

} // namespace driftwell

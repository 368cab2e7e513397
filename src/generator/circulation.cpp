// Steady flows of a circulation Q (antisymmetric): J = T div(Q e^(-f/T)), from stream functions at the corners of faces.
//
//   J_a = sum_b T d_b (Q_ab e^(-f/T))      each pair a < b is a stream function psi = T Q_ab e^(-f/T) in the plane (a, b)
//
// psi sits on the edges of cells that are perpendicular to the plane. Differences of it along b and a are the flows through the
// faces of axis a and b, so what enters a cell leaves it, exactly. Along a wall psi is constant: the flow
// turns there, which changes the condition from J.n = 0 to n.(J - T div(Q' u)) = -T rho_ss n.(D + Q') grad(u/rho_ss) = 0, T Q' e^(-f/T) = psi - psi of the
// wall: second order (tests/orders). Where psi is constant along the wall the two are the same.
#include "couplings.hpp"

#include "sampling.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

class Flows {
public:
  Flows(const Model& model, const Grid& grid) : model_(model), grid_(grid), n_(static_cast<Index>(grid.size())), f_(potential_on(model, grid)), least_(f_.minCoeff()) {}

  std::vector<VectorXd> build() {
    flows_.assign(grid_.dimension(), VectorXd::Zero(n_));
    for (std::size_t a = 0; a < grid_.dimension(); ++a)
      for (std::size_t b = a + 1; b < grid_.dimension(); ++b)
        if (!model_.circulation(a, b).is_constant(0.0)) add_plane(a, b);
    return std::move(flows_);
  }

private:
  /// Q_ab and f at the upper corner of every cell in the plane (a, b).
  std::vector<VectorXd> at_corners(std::size_t a, std::size_t b) const {
    std::vector<std::vector<double>> points(grid_.dimension(), std::vector<double>(grid_.size()));
    for (std::size_t k = 0; k < grid_.size(); ++k)
      for (std::size_t c = 0; c < grid_.dimension(); ++c) {
        const std::size_t i = grid_.coordinate(k, c);
        points[c][k] = c == a || c == b ? grid_.axis(c).face(i + 1) : grid_.axis(c).centre(i);
      }
    return sample_points({model_.circulation(a, b), model_.potential()}, points);
  }

  /// Of the wall of an axis, its edges and corners included: the highest point is often one of them, and a centre half a cell away would cost
  /// an order.
  std::vector<std::vector<double>> wall_points(std::size_t axis, double at) const {
    std::vector<std::vector<double>> points(grid_.dimension());
    std::size_t count = 1;
    std::vector<std::vector<double>> along(grid_.dimension());
    for (std::size_t c = 0; c < grid_.dimension(); ++c) {
      along[c] = c == axis ? std::vector<double>{at} : grid_.centres(c);
      if (c != axis && !grid_.axis(c).periodic()) along[c].insert(along[c].end(), {grid_.axis(c).lower, grid_.axis(c).upper});
      count *= along[c].size();
    }
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t c = 0, rest = i; c < grid_.dimension(); rest /= along[c].size(), ++c) points[c].push_back(along[c][rest % along[c].size()]);
    return points;
  }

  /// psi e^(min f/T) for the lower and upper wall of every axis: that of the point where f is largest, since a flow along the wall
  /// has to pass there too. Walls of both axes meet, so they share one value.
  using Walls = std::array<std::array<double, 2>, 3>;
  Walls wall_values(std::size_t a, std::size_t b) const {
    Walls values{};
    double highest = -std::numeric_limits<double>::infinity(), there = 0;
    for (const std::size_t axis : {a, b}) {
      if (grid_.axis(axis).periodic()) continue;
      for (std::size_t side = 0; side < 2; ++side) {
        const double at = side ? grid_.axis(axis).upper : grid_.axis(axis).lower;
        const auto wall = sample_points({model_.circulation(a, b), model_.potential()}, wall_points(axis, at));
        Index top = 0;
        for (Index i = 1; i < wall[1].size(); ++i)
          if (wall[1][i] > wall[1][top] || std::isnan(wall[1][top])) top = i;
        const double f = wall[1][top], psi = model_.temperature() * wall[0][top] * std::exp(-(f - least_) / model_.temperature());
        values[axis][side] = std::isfinite(psi) ? psi : 0;
        if (f > highest) {
          highest = f;
          there = values[axis][side];
        }
      }
    }
    if (!grid_.axis(a).periodic() && !grid_.axis(b).periodic())
      for (const std::size_t axis : {a, b}) values[axis] = {there, there};
    return values;
  }

  void add_plane(std::size_t a, std::size_t b) {
    const auto corner = at_corners(a, b);
    const Walls walls = wall_values(a, b);
    // psi e^(f_k/T) of the corner above cell `at`, or on the wall below it.
    const auto psi = [&](std::size_t at, Index k, const double* wall) {
      const auto i = static_cast<Index>(at);
      if (!has_edge(grid_, at, a)) wall = &walls[a][1];
      else if (!has_edge(grid_, at, b)) wall = &walls[b][1];
      if (wall) return *wall == 0 ? 0.0 : *wall * std::exp((f_[k] - least_) / model_.temperature());
      return model_.temperature() * corner[0][i] * std::exp((f_[k] - corner[1][i]) / model_.temperature());
    };
    for (std::size_t cell = 0; cell < grid_.size(); ++cell) {
      add_difference(cell, a, b, 1, psi, walls[b].data());
      add_difference(cell, b, a, -1, psi, walls[a].data());
    }
  }

  /// Flow through the upper face of `along`: the difference of psi over that face in direction `across`.
  template <class Psi> void add_difference(std::size_t cell, std::size_t along, std::size_t across, double sign, const Psi& psi, const double* wall) {
    if (!has_edge(grid_, cell, along)) return;
    const auto k = static_cast<Index>(cell);
    double below = 0;
    if (grid_.coordinate(cell, across) > 0) below = psi(cell - grid_.stride(across), k, nullptr);
    else if (grid_.axis(across).periodic()) below = psi(cell + (grid_.axis(across).cells - 1) * grid_.stride(across), k, nullptr);
    else below = psi(cell, k, wall);
    // times the extent of the face in the other directions over the mean volume: a flow like conductance is a rate
    double extent = measure(grid_, cell);
    extent /= grid_.axis(along).width(grid_.coordinate(cell, along)) * grid_.axis(across).width(grid_.coordinate(cell, across));
    const double flow = sign * (psi(cell, k, nullptr) - below) * extent;
    if (!std::isfinite(flow)) throw DomainError{DomainError::Quantity::force, along, grid_.centre(cell), flow};
    flows_[along][k] += flow;
  }

  const Model& model_;
  const Grid& grid_;
  Index n_;
  VectorXd f_;
  double least_;
  std::vector<VectorXd> flows_;
};

} // namespace

std::vector<VectorXd> circulation_flows(const Model& model, const Grid& grid) { return Flows(model, grid).build(); }

} // namespace driftwell

#include "driftwell/generator/tabulated_equation.hpp"

#include "couplings.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "link_fields.hpp"
#include "sampling.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double outside_step = 40; ///< dphi a cell beyond the support: e^-40 of the mass

/// Visits the neighbours of a cell across faces.
template <class Visit> void for_each_neighbour(const Grid& grid, std::size_t k, const Visit& visit) {
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const std::size_t i = grid.coordinate(k, a);
    if (i > 0) visit(k - grid.stride(a));
    if (i + 1 < grid.axis(a).cells) visit(k + grid.stride(a));
  }
}

/// For every cell the nearest supported one and the number of faces between.
struct Nearest {
  std::vector<std::size_t> cell, distance;
};
Nearest nearest_supported(const std::vector<bool>& supported, const Grid& grid) {
  Nearest result{std::vector<std::size_t>(grid.size()), std::vector<std::size_t>(grid.size(), 0)};
  std::vector<std::size_t> queue;
  std::vector<bool> seen = supported;
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (supported[k]) {
      result.cell[k] = k;
      queue.push_back(k);
    }
  for (std::size_t at = 0; at < queue.size(); ++at)
    for_each_neighbour(grid, queue[at], [&](std::size_t l) {
      if (seen[l]) return;
      seen[l] = true;
      result.cell[l] = result.cell[queue[at]];
      result.distance[l] = result.distance[queue[at]] + 1;
      queue.push_back(l);
    });
  return result;
}

/// Values at the centres, between them by multilinear interpolation, constant beyond the outermost.
VectorXd interpolated(const Grid& grid, const VectorXd& values, const LinkFields::Points& points) {
  const std::size_t d = grid.dimension(), n = points[0].size();
  VectorXd result(static_cast<Index>(n));
#pragma omp parallel for schedule(static) if (n > 20000)
  for (std::size_t q = 0; q < n; ++q) {
    std::size_t base = 0;
    std::array<double, 3> share{};
    for (std::size_t a = 0; a < d; ++a) {
      const Axis& axis = grid.axis(a);
      const double u = std::clamp((points[a][q] - axis.centre(0)) / axis.spacing(), 0.0, static_cast<double>(axis.cells - 1));
      const auto i = std::min(static_cast<std::size_t>(u), axis.cells - 2);
      base += i * grid.stride(a);
      share[a] = u - static_cast<double>(i);
    }
    double sum = 0;
    for (std::size_t corner = 0; corner < (std::size_t{1} << d); ++corner) {
      double weight = 1;
      std::size_t k = base;
      for (std::size_t a = 0; a < d; ++a) {
        const bool up = corner >> a & 1;
        weight *= up ? share[a] : 1 - share[a];
        k += up ? grid.stride(a) : 0;
      }
      sum += weight * values[static_cast<Index>(k)];
    }
    result[static_cast<Index>(q)] = sum;
  }
  return result;
}

/// Second order inside, one-sided at the ends.
VectorXd derivative(const Grid& grid, const VectorXd& v, std::size_t a) {
  VectorXd result(v.size());
  const std::size_t s = grid.stride(a), n = grid.axis(a).cells;
  const double h = grid.axis(a).spacing();
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const std::size_t i = grid.coordinate(k, a);
    const auto at = [&](std::size_t j) { return v[static_cast<Index>(k - i * s + j * s)]; };
    result[static_cast<Index>(k)] = i == 0 ? (-3 * at(0) + 4 * at(1) - at(2)) / (2 * h)
                                    : i + 1 == n ? (3 * at(n - 1) - 4 * at(n - 2) + at(n - 3)) / (2 * h)
                                                 : (at(i + 1) - at(i - 1)) / (2 * h);
  }
  return result;
}

/// The tables with unsupported cells filled from the nearest supported one, and v = b - T div D.
class TableFields : public LinkFields {
public:
  TableFields(const TabulatedEquation& equation, const Grid& grid, const Nearest& nearest) : grid_(grid), temperature_(equation.temperature) {
    const auto fill = [&](const VectorXd& values) {
      VectorXd all(values.size());
      for (std::size_t k = 0; k < grid.size(); ++k) all[static_cast<Index>(k)] = values[static_cast<Index>(nearest.cell[k])];
      return all;
    };
    for (const VectorXd& entry : equation.diffusion) diffusion_.push_back(fill(entry));
    const std::size_t d = grid.dimension();
    const auto entry = [&](std::size_t i, std::size_t j) -> const VectorXd& {
      const std::size_t low = std::min(i, j), high = std::max(i, j);
      return diffusion_[low * d - low * (low + 1) / 2 + high];
    };
    for (std::size_t i = 0; i < d; ++i) {
      VectorXd v = fill(equation.drift[i]);
      for (std::size_t j = 0; j < d; ++j) v -= temperature_ * derivative(grid, entry(i, j), j);
      velocity_.push_back(std::move(v));
    }
  }
  [[nodiscard]] double temperature() const override { return temperature_; }
  [[nodiscard]] bool rest_is_zero() const override { return false; }
  [[nodiscard]] VectorXd exact(const Grid& grid) const override { return VectorXd::Zero(static_cast<Index>(grid.size())); }
  [[nodiscard]] VectorXd exact(const Points& points) const override { return VectorXd::Zero(static_cast<Index>(points[0].size())); }
  [[nodiscard]] std::vector<VectorXd> diffusion(const Grid&) const override { return diffusion_; }
  [[nodiscard]] std::vector<VectorXd> velocity_and_diffusion(const Points& points) const override {
    std::vector<VectorXd> values;
    for (const VectorXd& v : velocity_) values.push_back(interpolated(grid_, v, points));
    for (const VectorXd& entry : diffusion_) values.push_back(interpolated(grid_, entry, points));
    return values;
  }

private:
  const Grid& grid_;
  double temperature_;
  std::vector<VectorXd> velocity_, diffusion_;
};

/// One axis: neighbours only, D at a face the mean of both sides.
Couplings line_couplings(const TableFields& fields, const Grid& grid) {
  const Axis& axis = grid.axis(0);
  const double h = axis.spacing(), T = fields.temperature();
  const VectorXd D = fields.diffusion(grid)[0];
  Couplings result;
  VectorXd dphi = VectorXd::Zero(D.size()), conductance = VectorXd::Zero(D.size());
  for (std::size_t q = 0; q < gauss_nodes.size(); ++q) {
    LinkFields::Points at(1);
    for (std::size_t i = 0; i < axis.cells; ++i) at[0].push_back(axis.centre(i) + gauss_nodes[q] * h);
    const auto values = fields.velocity_and_diffusion(at);
    for (Index k = 0; k + 1 < D.size(); ++k) dphi[k] -= gauss_weights[q] * h * values[0][k] / (T * values[1][k]);
  }
  for (Index k = 0; k + 1 < D.size(); ++k) conductance[k] = T * (D[k] + D[k + 1]) / (2 * h * h);
  result.dphi.push_back(std::move(dphi));
  result.conductance.push_back(std::move(conductance));
  return result;
}

void check(const TabulatedEquation& equation, const Grid& grid) {
  const std::size_t d = grid.dimension();
  if (d > 3 || equation.drift.size() != d || equation.diffusion.size() != d * (d + 1) / 2 || !(equation.temperature > 0) || !grid.uniform() ||
      (!equation.supported.empty() && equation.supported.size() != grid.size()))
    throw std::invalid_argument("tabulated equation: one drift an axis, the upper triangle of D, T > 0, equal cells");
  for (const Axis& axis : grid.axes())
    if (axis.sides[0] != Boundary::reflecting || axis.sides[1] != Boundary::reflecting || axis.cells < 4)
      throw std::invalid_argument("tabulated equation: reflecting walls and at least 4 cells an axis");
  for (const auto* fields : {&equation.drift, &equation.diffusion})
    for (const VectorXd& field : *fields)
      if (field.size() != static_cast<Index>(grid.size())) throw std::invalid_argument("tabulated equation: one value a cell");
}

void check_values(const TabulatedEquation& equation, const std::vector<bool>& supported, const Grid& grid) {
  const auto d = static_cast<Index>(grid.dimension());
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (!supported[k]) continue;
    const auto i = static_cast<Index>(k);
    for (std::size_t a = 0; a < equation.drift.size(); ++a)
      if (!std::isfinite(equation.drift[a][i])) throw DomainError{DomainError::Quantity::force, a, grid.centre(k), equation.drift[a][i]};
    Eigen::MatrixXd D(d, d);
    for (Index r = 0, at = 0; r < d; ++r)
      for (Index c = r; c < d; ++c, ++at) D(r, c) = D(c, r) = equation.diffusion[static_cast<std::size_t>(at)][i];
    if (!D.allFinite()) throw DomainError{DomainError::Quantity::diffusion, 0, grid.centre(k), D.sum()};
    const double least = SymmetricEigen(D, Eigen::EigenvaluesOnly).eigenvalues()[0];
    if (!(least > 0)) throw DomainError{DomainError::Quantity::diffusion_indefinite, 0, grid.centre(k), least};
  }
}

/// Pairs with an end outside of the support: downhill towards it, whatever the tables say.
void enclose(Couplings& couplings, const Grid& grid, const std::vector<std::size_t>& distance) {
  const auto uphill = [&](std::size_t k, std::size_t l) {
    const auto level = [&](std::size_t cell) { return outside_step * static_cast<double>(std::min<std::size_t>(distance[cell], 12)); };
    return level(l) - level(k);
  };
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    for (const Grid::EdgeRun& run : grid.edge_runs(a))
      for (std::size_t i = 0; i < run.count; ++i) {
        const std::size_t k = run.first + i, l = run.neighbour + i;
        if (distance[k] + distance[l] == 0) continue;
        couplings.dphi[a][static_cast<Index>(k)] = uphill(k, l);
        double& conductance = couplings.conductance[a][static_cast<Index>(k)]; // full matrices may leave an axis without couplings
        if (!(conductance > 0)) conductance = 1e-3 / (grid.axis(a).spacing() * grid.axis(a).spacing());
      }
  for (std::size_t q = 0; q < couplings.links.size(); ++q) {
    const auto k = static_cast<std::size_t>(couplings.links.lower[q]), l = static_cast<std::size_t>(couplings.links.upper[q]);
    if (distance[k] + distance[l] > 0) couplings.links.up[static_cast<Index>(q)] = uphill(k, l);
  }
}

} // namespace

Generator build_tabulated_generator(const TabulatedEquation& equation, const Grid& grid) {
  check(equation, grid);
  const std::vector<bool> supported = equation.supported.empty() ? std::vector<bool>(grid.size(), true) : equation.supported;
  if (std::find(supported.begin(), supported.end(), true) == supported.end()) throw std::invalid_argument("tabulated equation: no cell is supported");
  check_values(equation, supported, grid);
  const Nearest nearest = nearest_supported(supported, grid);
  const TableFields fields(equation, grid, nearest);
  Couplings couplings = grid.dimension() == 1 ? line_couplings(fields, grid) : tensor_couplings(fields, grid);
  enclose(couplings, grid, nearest.distance);
  return assemble(std::move(couplings), grid, equation.temperature);
}

std::vector<bool> connected_support(const std::vector<bool>& supported, const VectorXd& weight, const Grid& grid) {
  std::vector<bool> kept(grid.size(), false);
  std::size_t start = grid.size();
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (supported[k] && (start == grid.size() || weight[static_cast<Index>(k)] > weight[static_cast<Index>(start)])) start = k;
  if (start == grid.size()) return kept;
  std::vector<std::size_t> queue{start};
  kept[start] = true;
  for (std::size_t at = 0; at < queue.size(); ++at)
    for_each_neighbour(grid, queue[at], [&](std::size_t l) {
      if (kept[l] || !supported[l]) return;
      kept[l] = true;
      queue.push_back(l);
    });
  return kept;
}

} // namespace driftwell

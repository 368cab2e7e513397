#include "reversible_part.hpp"

#include "driftwell/core/error.hpp"

#include <cmath>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Replaces the rates of one pair of cells by the mean of themselves and their reversed ones.
void balance(double& up, double& down, double log_ratio) {
  const double forward = up, back = down;
  up = (forward + back * std::exp(log_ratio)) / 2;
  down = (back + forward * std::exp(-log_ratio)) / 2;
}

/// |v|^2 in L2(1/p), cells where p underflows left out.
double norm(const VectorXd& p, const Eigen::VectorXcd& v) {
  double sum = 0;
  for (Index k = 0; k < p.size(); ++k)
    if (p[k] > 1e-290) sum += std::norm(v[k]) / p[k];
  return std::sqrt(sum);
}

double left_norm(const VectorXd& p, const Eigen::VectorXcd& v) {
  double sum = 0;
  for (Index k = 0; k < p.size(); ++k) sum += std::norm(v[k]) * p[k];
  return std::sqrt(sum);
}

Eigenvalue examined(const Generator& generator, const SteadyState& steady, const Eigenmodes& modes, std::size_t i) {
  const auto column = static_cast<Index>(i);
  const Eigen::VectorXcd r = modes.right.col(column), l = modes.left.col(column);
  Eigen::VectorXcd rest(r.size());
  rest.real() = generator.rates() * VectorXd(r.real());
  rest.imag() = generator.rates() * VectorXd(r.imag());
  rest -= modes.values[i] * r;
  // l . r = 1: the condition of the eigenvalue is |l| |r|, 1 with detailed balance.
  const double residual = norm(steady.p, rest) / norm(steady.p, r), condition = left_norm(steady.p, l) * norm(steady.p, r);
  return {{-modes.values[i].real(), residual * std::max(1.0, condition), 0}, std::abs(modes.values[i].imag())};
}

} // namespace

Generator reversible_part(const Generator& generator, const SteadyState& steady) {
  if (!generator.conservative()) throw NumericalFailure("reversible part: walls absorb");
  const Stencil& Q = generator.rates();
  const Grid& grid = generator.grid();
  std::vector<Stencil::Edges> edges = Q.edges();
  for (std::size_t a = 0; a < edges.size(); ++a) {
    if (edges[a].down.size() == 0) edges[a].down = edges[a].up;
    for (const Grid::EdgeRun& run : grid.edge_runs(a))
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i), l = static_cast<Index>(run.neighbour + i);
        balance(edges[a].up[k], edges[a].down[k], steady.log_p[l] - steady.log_p[k]);
      }
  }
  Stencil::Links links = Q.links();
  if (links.size() && links.down.size() == 0) links.down = links.up;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const auto at = static_cast<Index>(i);
    balance(links.up[at], links.down[at], steady.log_p[links.upper[i]] - steady.log_p[links.lower[i]]);
  }
  VectorXd diagonal = VectorXd::Zero(static_cast<Index>(grid.size()));
  const Stencil open(grid, diagonal, edges, links);
  open.for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    diagonal[static_cast<Index>(k)] -= up;
    diagonal[static_cast<Index>(l)] -= down;
  });
  return Generator(grid, Stencil(grid, diagonal, std::move(edges), std::move(links)), {}, {}, generator.temperature(), VectorXd(-steady.log_p), true, generator.inverse_diffusion());
}

Measured dirichlet_gap(const Level& level) {
  if (level.generator().reversible()) return eigenvalue_of(level, level.modes(1), 0).rate;
  struct Gap {
    Measured rate;
  };
  return level.remembered()
      .get<Gap>([&] {
        const Generator balanced = reversible_part(level.generator(), level.steady());
        return Gap{examined(balanced, level.steady(), eigenmodes(balanced, level.steady(), 1), 0).rate};
      })
      .rate;
}

Eigenvalue eigenvalue_of(const Level& level, const Eigenmodes& modes, std::size_t i) { return examined(level.generator(), level.steady(), modes, i); }

} // namespace driftwell::theorems

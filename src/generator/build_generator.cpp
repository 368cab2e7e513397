// From couplings to rates: detailed balance found where there is any, circulation laid on top, the generator assembled.
#include "driftwell/generator/generator.hpp"

#include "couplings.hpp"
#include "sampling.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

bool has_edge(const Grid& grid, std::size_t k, std::size_t a) {
  return grid.axis(a).periodic() || grid.coordinate(k, a) + 1 < grid.axis(a).cells;
}

std::size_t cell_above(const Grid& grid, std::size_t k, std::size_t a) {
  const std::size_t s = grid.stride(a), i = grid.coordinate(k, a);
  return i + 1 < grid.axis(a).cells ? k + s : k - i * s;
}

std::vector<std::size_t> layer(const Grid& grid, std::size_t axis, bool last) {
  std::vector<std::size_t> cells;
  const std::size_t wanted = last ? grid.axis(axis).cells - 1 : 0;
  for (std::size_t k = 0; k < grid.size(); ++k)
    if (grid.coordinate(k, axis) == wanted) cells.push_back(k);
  return cells;
}

double measure(const Grid& grid, std::size_t k) {
  if (grid.uniform()) return 1;
  double share = 1;
  for (std::size_t a = 0; a < grid.dimension(); ++a) share *= grid.axis(a).width(grid.coordinate(k, a)) / grid.axis(a).spacing();
  return share;
}

namespace {

/// What drives the current must agree at both ends of a period.
void require_periodic(const Model& model, const Grid& grid, std::size_t a) {
  std::vector<Expression> all;
  for (std::size_t i = 0; i < model.dimension(); ++i) {
    all.push_back(model.drift(i));
    for (std::size_t j = i; j < model.dimension(); ++j) {
      all.push_back(model.diffusion(i, j));
      if (j != i) all.push_back(model.circulation(i, j));
    }
  }
  const auto cells = layer(grid, a, false);
  const auto low = sample_layer(all, grid, cells, a, grid.axis(a).lower);
  const auto high = sample_layer(all, grid, cells, a, grid.axis(a).upper);
  for (std::size_t o = 0; o < all.size(); ++o)
    for (Index q = 0; q < low[o].size(); ++q)
      if (std::abs(low[o][q] - high[o][q]) > 1e-8 * (1 + std::abs(low[o][q]) + std::abs(high[o][q]))) {
        std::vector<double> point = grid.centre(cells[static_cast<std::size_t>(q)]);
        point[a] = grid.axis(a).lower;
        throw DomainError{DomainError::Quantity::gradient_not_periodic, a, point, high[o][q] - low[o][q]};
      }
}

/// The coupled pairs of a cell with others, for walks over the chain.
struct Neighbours {
  std::vector<std::size_t> start, cell;
  std::vector<double> dphi; ///< from the owner to `cell`
};

template <class Visit> void for_each_pair(const Couplings& couplings, const Grid& grid, const Visit& visit) {
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    for (const Grid::EdgeRun& run : grid.edge_runs(a))
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i);
        if (couplings.conductance[a][k] > 0) visit(run.first + i, run.neighbour + i, couplings.dphi[a][k]);
      }
  for (std::size_t q = 0; q < couplings.links.size(); ++q)
    visit(static_cast<std::size_t>(couplings.links.lower[q]), static_cast<std::size_t>(couplings.links.upper[q]),
          couplings.links.up[static_cast<Index>(q)]);
}

Neighbours neighbours_of(const Couplings& couplings, const Grid& grid) {
  Neighbours result;
  result.start.assign(grid.size() + 1, 0);
  for_each_pair(couplings, grid, [&](std::size_t k, std::size_t l, double) {
    ++result.start[k + 1];
    ++result.start[l + 1];
  });
  for (std::size_t k = 0; k < grid.size(); ++k) result.start[k + 1] += result.start[k];
  result.cell.resize(result.start.back());
  result.dphi.resize(result.start.back());
  std::vector<std::size_t> next(result.start.begin(), result.start.end() - 1);
  for_each_pair(couplings, grid, [&](std::size_t k, std::size_t l, double dphi) {
    result.cell[next[k]] = l;
    result.dphi[next[k]++] = dphi;
    result.cell[next[l]] = k;
    result.dphi[next[l]++] = -dphi;
  });
  return result;
}

/// psi with psi_l - psi_k = dphi - (base_l - base_k) along a tree: first come from below along an axis (a grid without links),
/// or breadth first.
std::optional<VectorXd> along_tree(const Couplings& couplings, const Grid& grid, const VectorXd& base) {
  VectorXd psi = VectorXd::Zero(base.size());
  const auto rest = [&](double dphi, std::size_t k, std::size_t l) {
    return dphi - (base[static_cast<Index>(l)] - base[static_cast<Index>(k)]);
  };
  if (couplings.links.size() == 0) {
    for (std::size_t k = 1; k < grid.size(); ++k)
      for (std::size_t a = 0; a < grid.dimension(); ++a)
        if (grid.coordinate(k, a) > 0) {
          const std::size_t below = k - grid.stride(a);
          psi[static_cast<Index>(k)] = psi[static_cast<Index>(below)] + rest(couplings.dphi[a][static_cast<Index>(below)], below, k);
          break;
        }
    return psi;
  }
  const Neighbours neighbours = neighbours_of(couplings, grid);
  std::vector<bool> seen(grid.size(), false);
  std::vector<std::size_t> queue{0};
  seen[0] = true;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const std::size_t k = queue[at];
    for (std::size_t q = neighbours.start[k]; q < neighbours.start[k + 1]; ++q) {
      const std::size_t l = neighbours.cell[q];
      if (seen[l]) continue;
      seen[l] = true;
      psi[static_cast<Index>(l)] = psi[static_cast<Index>(k)] + rest(neighbours.dphi[q], k, l);
      queue.push_back(l);
    }
  }
  if (queue.size() != grid.size()) return std::nullopt; // parts that exchange nothing
  return psi;
}

/// phi with phi_l - phi_k = dphi on every pair, where there is one: integrated along a tree, checked on all pairs.
std::optional<VectorXd> detailed_balance(const Couplings& couplings, const Grid& grid) {
  if (couplings.degenerate) return std::nullopt;
  const VectorXd base = couplings.exact.size() ? couplings.exact : VectorXd::Zero(static_cast<Index>(grid.size()));
  const std::optional<VectorXd> psi = along_tree(couplings, grid, base);
  if (!psi) return std::nullopt;
  const double scale = 1e-11 * (1 + psi->cwiseAbs().maxCoeff() + 1e-2 * base.cwiseAbs().maxCoeff());
  bool balanced = true;
  for_each_pair(couplings, grid, [&](std::size_t k, std::size_t l, double dphi) {
    const auto i = static_cast<Index>(k), j = static_cast<Index>(l);
    const double loop = (*psi)[j] - (*psi)[i] - (dphi - (base[j] - base[i]));
    balanced = balanced && std::abs(loop) <= scale;
  });
  if (!balanced) return std::nullopt;
  return VectorXd(base + *psi);
}

/// Rates of one pair: conductance B(+-dphi), with a steady flow on top (relative to the steady weight of the lower cell).
struct PairRates {
  double up, down;
};
PairRates pair_rates(double conductance, double dphi, double flow, bool oblique) {
  const double small = bernoulli(std::abs(dphi)), large = small + std::abs(dphi); // B(-z) = B(z) + z
  PairRates rates{conductance * (dphi > 0 ? small : large), conductance * (dphi > 0 ? large : small)};
  if (flow == 0) return rates;
  // up p_k - down p_l = flow for the steady p, on top of the two-way flow g = up p_k = down p_l. Along the axes alone it is fitted exponentially,
  // g B(-+flow/g). Beside oblique offsets g is a small part of D and the fit would add diffusion of first order: g + flow/2 and g - flow/2 up to
  // flow = g add none; beyond, the smaller one falls exponentially and upwind is the limit.
  const double y = flow / rates.up;
  if (!(rates.up > 0) || !std::isfinite(y)) {
    rates.up = std::max(flow, 0.0);
    rates.down = std::max(-flow, 0.0) * std::exp(dphi);
    return rates;
  }
  const double size = std::abs(y), against = !oblique ? bernoulli(size) : size < 1 ? 1 - size / 2 : 0.5 * std::exp(1 - size), with = against + size;
  rates.up *= y > 0 ? with : against;
  rates.down *= y > 0 ? against : with;
  return rates;
}

/// Turns couplings into rates in place; the exit rates of all cells come back.
VectorXd set_rates(Couplings& couplings, const Grid& grid, const std::vector<VectorXd>& flows, const std::optional<VectorXd>& local,
                   std::vector<Stencil::Edges>& edges) {
  const auto n = static_cast<Index>(grid.size());
  VectorXd exit = VectorXd::Zero(n);
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    VectorXd up = std::move(couplings.dphi[a]), down = std::move(couplings.conductance[a]);
    const auto runs = grid.edge_runs(a);
#pragma omp parallel for schedule(static) if (n > 60000)
    for (std::size_t r = 0; r < runs.size(); ++r)
      for (std::size_t i = 0; i < runs[r].count; ++i) {
        const auto k = static_cast<Index>(runs[r].first + i);
        const double flow = flows.empty() ? 0.0 : flows[a][k];
        if (flow != 0 && down[k] == 0) up[k] = (*local)[static_cast<Index>(runs[r].neighbour + i)] - (*local)[k]; // no diffusion along it
        const PairRates rates = pair_rates(down[k], up[k], flow, couplings.links.size() > 0);
        up[k] = rates.up / measure(grid, runs[r].first + i);
        down[k] = rates.down / measure(grid, runs[r].neighbour + i);
      }
    for (const Grid::EdgeRun& run : runs)
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i);
        exit[k] += up[k];
        exit[static_cast<Index>(run.neighbour + i)] += down[k];
      }
    edges.push_back({std::move(up), std::move(down)});
  }
  Stencil::Links& links = couplings.links;
  for (std::size_t q = 0; q < links.size(); ++q) {
    const auto i = static_cast<Index>(q);
    const PairRates rates = pair_rates(links.down[i], links.up[i], 0, true);
    links.up[i] = rates.up / measure(grid, static_cast<std::size_t>(links.lower[q]));
    links.down[i] = rates.down / measure(grid, static_cast<std::size_t>(links.upper[q]));
    exit[links.lower[q]] += links.up[i];
    exit[links.upper[q]] += links.down[i];
  }
  return exit;
}

Generator assemble(Couplings couplings, const Grid& grid, double temperature, std::optional<VectorXd> local, const std::vector<VectorXd>& flows) {
  std::vector<Stencil::Edges> edges;
  VectorXd diagonal = -set_rates(couplings, grid, flows, local, edges);
  if (couplings.loss.size()) diagonal -= couplings.loss;
  if (local && !grid.uniform())
    for (Index k = 0; k < local->size(); ++k) (*local)[k] -= std::log(measure(grid, static_cast<std::size_t>(k)));
  return Generator(grid, Stencil(grid, std::move(diagonal), std::move(edges), std::move(couplings.links)), std::move(couplings.loss),
                   std::move(couplings.walls), temperature, std::move(local), flows.empty(), std::move(couplings.inverse_diffusion));
}

} // namespace

Generator assemble(Couplings couplings, const Grid& grid, double temperature) {
  std::optional<VectorXd> local = detailed_balance(couplings, grid);
  return assemble(std::move(couplings), grid, temperature, std::move(local), {});
}

VectorXd potential_on(const Model& model, const Grid& grid) {
  VectorXd f = std::move(sample({model.potential()}, grid)[0]);
  for (Index k = 0; k < f.size(); ++k)
    if (!std::isfinite(f[k]))
      throw DomainError{DomainError::Quantity::potential, 0, grid.centre(static_cast<std::size_t>(k)), f[k]};
  return f;
}

Generator build_generator(const Model& model, const Grid& grid) {
  (void)potential_on(model, grid); // its error, for a potential that is not finite, comes first
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    if (grid.axis(a).periodic()) require_periodic(model, grid, a);
  const auto couplings_of = [&](bool with_circulation, const std::vector<VectorXd>& flows) {
    return model.diagonal() ? axis_couplings(model, grid, with_circulation) : tensor_couplings(model, grid, with_circulation, flows);
  };
  const bool circulates = model.has_circulation();
  std::vector<VectorXd> flows;
  if (circulates && model.gibbs() && !grid.absorbing()) flows = circulation_flows(model, grid);
  Couplings couplings = couplings_of(circulates && flows.empty(), flows);
  std::optional<VectorXd> local = detailed_balance(couplings, grid);
  if (!flows.empty() && !local) { // a tilt around a period: exp(-f/T) is not the steady state anyway
    flows.clear();
    couplings = couplings_of(true, {});
    local = detailed_balance(couplings, grid);
  }
  return assemble(std::move(couplings), grid, model.temperature(), std::move(local), flows);
}

} // namespace driftwell

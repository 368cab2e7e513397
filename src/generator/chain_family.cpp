#include "driftwell/generator/chain_family.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// dphi and conductance of links from the rates of both directions: B(-z) / B(z) = e^z and B(-z) - B(z) = z.
/// False where a rate is 0, whose logarithm says nothing.
bool invert(const VectorXd& up, const VectorXd& down, double T, VectorXd& dphi, VectorXd& conductance) {
  dphi = conductance = VectorXd::Zero(up.size());
  for (Index k = 0; k < up.size(); ++k) {
    if (up[k] == 0 && down[k] == 0) continue; // no link here
    if (!(up[k] > 1e-290) || !(down[k] > 1e-290)) return false;
    const double z = std::log(down[k] / up[k]);
    dphi[k] = z;
    // The smaller rate is w B(|z|), the larger one w (B(|z|) + |z|).
    conductance[k] = std::max(up[k], down[k]) / (bernoulli(std::abs(z)) + std::abs(z)) / T;
  }
  return true;
}

} // namespace

ChainFamily::ChainFamily(const Model& model, const Grid& grid, double coldest, double hottest)
    : model_(model), grid_(grid), coldest_(coldest), hottest_(hottest) {
  const Generator cold = chain(coldest), hot = chain(hottest);
  if (cold.reversible() && hot.reversible()) {
    cold_potential_ = cold.local_potential();
    hot_potential_ = hot.local_potential();
  }
  // Flows on top of a Gibbs steady state follow exp(-f/T) at the corners of faces: not affine in 1/T.
  const bool flows = cold.steady_known() && !cold.reversible();
  if (grid.absorbing() || flows || cold.reversible() != hot.reversible() || !extract(cold, hot)) return;
  interpolates_ = true;
  const double between = 2 / (1 / coldest + 1 / hottest);
  interpolates_ = agrees(chain(between).rates(), rates(between));
}

bool ChainFamily::extract(const Generator& cold, const Generator& hot) {
  VectorXd other;
  const auto add = [&](const VectorXd& cold_up, const VectorXd& cold_down, const VectorXd& hot_up, const VectorXd& hot_down) {
    Pairs pairs;
    const bool found = invert(cold_up, cold_down, coldest_, pairs.cold, pairs.conductance) && invert(hot_up, hot_down, hottest_, pairs.hot, other);
    pairs_.push_back(std::move(pairs));
    return found;
  };
  for (std::size_t a = 0; a < grid_.dimension(); ++a) {
    const Stencil::Edges &one = cold.rates().edges()[a], &two = hot.rates().edges()[a];
    if (!add(one.up, one.down, two.up, two.down)) return false;
  }
  const Stencil::Links &one = cold.rates().links(), &two = hot.rates().links();
  if (!one.same_pairs(two)) return false;
  offsets_ = one;
  return one.size() == 0 || add(one.up, one.down, two.up, two.down);
}

bool ChainFamily::agrees(const Stencil& built, const Stencil& interpolated) const {
  const auto differ = [](const VectorXd& a, const VectorXd& b) {
    return ((a - b).array().abs() > 1e-11 * a.array().abs()).any();
  };
  for (std::size_t a = 0; a < grid_.dimension(); ++a) {
    const Stencil::Edges &one = built.edges()[a], &two = interpolated.edges()[a];
    if (differ(one.up, two.up) || differ(one.down, two.down)) return false;
  }
  const Stencil::Links &one = built.links(), &two = interpolated.links();
  if (!one.same_pairs(two) || differ(one.up, two.up) || differ(one.down, two.down)) return false;
  return !differ(built.diagonal(), interpolated.diagonal());
}

double ChainFamily::share(double T) const { return coldest_ == hottest_ ? 0 : (1 / T - 1 / coldest_) / (1 / hottest_ - 1 / coldest_); }

void ChainFamily::fill(const Pairs& pairs, double T, VectorXd& up, VectorXd& down) const {
  const double hot = share(T);
  const Index n = pairs.cold.size();
  up.resize(n);
  down.resize(n);
#pragma omp parallel for schedule(static) if (n > 60000)
  for (Index k = 0; k < n; ++k) {
    const double z = pairs.cold[k] + hot * (pairs.hot[k] - pairs.cold[k]), w = T * pairs.conductance[k];
    const double small = bernoulli(std::abs(z)), large = small + std::abs(z);
    up[k] = w * (z > 0 ? small : large);
    down[k] = w * (z > 0 ? large : small);
  }
}

Stencil ChainFamily::rates(double T) const {
  if (!interpolates_) return chain(T).rates();
  VectorXd diagonal = VectorXd::Zero(static_cast<Index>(grid_.size()));
  std::vector<Stencil::Edges> all;
  for (std::size_t a = 0; a < grid_.dimension(); ++a) {
    Stencil::Edges edges;
    fill(pairs_[a], T, edges.up, edges.down);
    for (const Grid::EdgeRun& run : grid_.edge_runs(a))
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i);
        diagonal[k] -= edges.up[k];
        diagonal[static_cast<Index>(run.neighbour + i)] -= edges.down[k];
      }
    all.push_back(std::move(edges));
  }
  Stencil::Links links = offsets_;
  if (links.size()) fill(pairs_.back(), T, links.up, links.down);
  for (std::size_t q = 0; q < links.size(); ++q) {
    diagonal[links.lower[q]] -= links.up[static_cast<Index>(q)];
    diagonal[links.upper[q]] -= links.down[static_cast<Index>(q)];
  }
  return Stencil(grid_, std::move(diagonal), std::move(all), std::move(links));
}

Generator ChainFamily::chain(double T) const { return build_generator(model_.with_temperature(T), grid_); }

VectorXd ChainFamily::local_potential(double T) const {
  if (!reversible()) return {};
  return cold_potential_ + share(T) * (hot_potential_ - cold_potential_);
}

bool GeneratorSum::is_markov() const {
  const auto positive = [&](const VectorXd& left, const VectorXd& right) {
    return left.size() == 0 || (a * left + b * right).minCoeff() >= 0;
  };
  if (!A.links().same_pairs(B.links())) return false;
  for (std::size_t axis = 0; axis < A.edges().size(); ++axis)
    if (!positive(A.edges()[axis].up, B.edges()[axis].up) || !positive(A.edges()[axis].down, B.edges()[axis].down)) return false;
  if (!positive(A.links().up, B.links().up) || !positive(A.links().down, B.links().down)) return false;
  return (a * A.diagonal() + b * B.diagonal()).maxCoeff() <= 0;
}

double GeneratorSum::bound() const { return -2 * (a * A.diagonal() + b * B.diagonal()).minCoeff(); }

Stencil GeneratorSum::scaled(const VectorXd& s) const {
  const VectorXd inverse = s.cwiseInverse();
  std::vector<Stencil::Edges> all;
  for (std::size_t axis = 0; axis < A.edges().size(); ++axis) {
    const Stencil::Edges &left = A.edges()[axis], &right = B.edges()[axis];
    Stencil::Edges edges{VectorXd::Zero(s.size()), VectorXd::Zero(s.size())};
    for (const Grid::EdgeRun& run : A.grid().edge_runs(axis))
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i), l = static_cast<Index>(run.neighbour + i);
        edges.up[k] = (a * left.up[k] + b * right.up[k]) * s[k] * inverse[l];
        edges.down[k] = (a * left.down[k] + b * right.down[k]) * s[l] * inverse[k];
      }
    all.push_back(std::move(edges));
  }
  Stencil::Links links = A.links();
  for (std::size_t q = 0; q < links.size(); ++q) {
    const auto at = static_cast<Index>(q);
    const double ratio = s[links.lower[q]] * inverse[links.upper[q]];
    links.up[at] = (a * links.up[at] + b * B.links().up[at]) * ratio;
    links.down[at] = (a * links.down[at] + b * B.links().down[at]) / ratio;
  }
  return Stencil(A.grid(), a * A.diagonal() + b * B.diagonal(), std::move(all), std::move(links));
}

} // namespace driftwell

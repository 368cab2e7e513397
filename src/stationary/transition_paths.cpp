#include "driftwell/stationary/transition_paths.hpp"

#include "driftwell/core/error.hpp"
#include "links.hpp"
#include "split_chain.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Vector = StateReduction::Vector;
using Real = long double;

constexpr std::size_t A = 0, B = 1;

/// p of a cell, both committors there.
struct Place {
  Real p, forward, backward;
};

class Flows {
public:
  Flows(const Grid& grid, TransitionPaths& result) : grid_(grid) {
    for (auto* part : {&result.reversible, &result.irreversible}) {
      part->assign(grid.dimension(), Eigen::VectorXd::Zero(static_cast<Index>(grid.size())));
      parts_.push_back(part);
    }
  }

  /// All of it weighted with the rise of q+ on its way: the flow from A to B, as it has no divergence between them.
  [[nodiscard]] Real weighted() const { return weighted_; }

  /// Net reactive flow k -> l at rates q_kl, q_lk, as a current half of which belongs to each of the cells in `cells`.
  void add(const Place& k, const Place& l, Real there, Real back, const std::array<double, 3>& step, std::initializer_list<std::size_t> cells) {
    const Real forth = k.backward * l.forward, return_ = l.backward * k.forward, out = k.p * there, in = l.p * back;
    const Real flow[2] = {(out + in) / 2 * (forth - return_), (out - in) * (forth + return_) / 2};
    weighted_ += (flow[0] + flow[1]) * (l.forward - k.forward);
    for (std::size_t part = 0; part < 2; ++part)
      for (std::size_t a = 0; a < grid_.dimension(); ++a)
        for (const std::size_t cell : cells)
          (*parts_[part])[a][static_cast<Index>(cell)] += static_cast<double>(flow[part]) * step[a] / grid_.volume(cell) / 2;
  }

private:
  const Grid& grid_;
  std::vector<std::vector<Eigen::VectorXd>*> parts_;
  Real weighted_ = 0;
};

void check_sets(const Generator& generator, const Region& from, const Region& to) {
  if (!generator.conservative()) throw NumericalFailure("transition paths need a steady state: no wall may absorb");
  if (from.cells() == 0) throw NumericalFailure("transition paths: the set 'from' holds no cell");
  if (to.cells() == 0) throw NumericalFailure("transition paths: the set 'to' holds no cell");
  for (std::size_t k = 0; k < from.size(); ++k)
    if (from.contains(k) && to.contains(k)) throw NumericalFailure("transition paths: the sets 'from' and 'to' overlap");
}

} // namespace

TransitionPaths transition_paths(const Generator& generator, const SteadyState& steady, const Region& from, const Region& to, bool iteratively) {
  check_sets(generator, from, to);
  const Grid& grid = generator.grid();
  const auto n = static_cast<Index>(grid.size());
  const SplitChain chain(generator, {&from, &to}, iteratively ? &steady : nullptr);
  const Vector p = steady.log_p.cast<Real>().array().exp();
  // Rates into B, and what comes out of A and of B, at the gates.
  Vector into = Vector::Zero(n), feed[2] = {Vector::Zero(n), Vector::Zero(n)};
  for (const Gate& gate : chain.gates()) {
    const auto k = static_cast<Index>(gate.outside);
    if (gate.region == B) into[k] += gate.in;
    feed[gate.region][k] += gate.probability(p[k], p[static_cast<Index>(gate.inside)]) * static_cast<Real>(gate.out);
  }
  Vector forward = chain.collected(into), last_from = chain.occupied(feed[A]), last_to = chain.occupied(feed[B]);
  for (Index k = 0; k < n; ++k) {
    const auto cell = static_cast<std::size_t>(k);
    if (to.contains(cell)) forward[k] = 1, last_to[k] = p[k];
    if (from.contains(cell)) last_from[k] = p[k];
  }
  const auto place = [&](Index k) {
    const Real all = last_from[k] + last_to[k]; // = p up to rounding
    return Place{p[k], forward[k], all > 0 ? last_from[k] / all : 0};
  };

  TransitionPaths result;
  Flows flows(grid, result);
  Real out_of_from = 0, into_to = 0;
  for (const Gate& gate : chain.gates()) {
    const auto k = static_cast<Index>(gate.outside);
    const Place here = place(k), there{gate.probability(p[k], p[static_cast<Index>(gate.inside)]), gate.region == B ? 1.0L : 0.0L, gate.region == A ? 1.0L : 0.0L};
    flows.add(here, there, gate.in, gate.out, displacement(grid, gate.outside, gate.inside), {gate.outside});
    if (gate.region == A) out_of_from += there.p * static_cast<Real>(gate.out) * here.forward;
    else into_to += here.p * here.backward * static_cast<Real>(gate.in);
  }
  for_each_link(generator, [&](std::size_t k, std::size_t l, double q_kl, double q_lk) {
    if (chain.free(k) && chain.free(l)) flows.add(place(static_cast<Index>(k)), place(static_cast<Index>(l)), q_kl, q_lk, displacement(grid, k, l), {k, l});
  });
  result.error = chain.error();
  if (iteratively) {
    result.imbalance = static_cast<double>(std::abs(out_of_from - into_to) / std::abs(flows.weighted()));
    into_to = flows.weighted();
  }
  if (!(into_to > 0)) throw NumericalFailure("transition paths: the set 'to' cannot be reached from 'from'");

  Vector reactive(n), backward(n);
  for (Index k = 0; k < n; ++k) {
    const Place here = place(k);
    backward[k] = here.backward;
    reactive[k] = here.p * here.forward * here.backward;
  }
  result.forward = forward.cast<double>();
  result.backward = backward.cast<double>();
  result.density = reactive.cast<double>();
  for (Index k = 0; k < n; ++k) result.density[k] /= grid.volume(static_cast<std::size_t>(k));
  result.rate = static_cast<double>(into_to);
  result.rate_from = static_cast<double>(into_to / last_from.sum());
  result.rate_to = static_cast<double>(into_to / last_to.sum());
  result.probability_reactive = static_cast<double>(reactive.sum());
  result.duration = static_cast<double>(reactive.sum() / into_to);
  if (!iteratively) result.imbalance = static_cast<double>(std::abs(out_of_from - into_to) / into_to);
  return result;
}

} // namespace driftwell

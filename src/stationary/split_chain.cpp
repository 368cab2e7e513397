#include "split_chain.hpp"

#include "driftwell/core/error.hpp"
#include "links.hpp"
#include "stencil_order.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;

Gate make_gate(std::size_t outside, std::size_t inside, std::size_t region, double t, double in, double out) {
  Gate gate{outside, inside, region, in / t, out / t, in, out, 1 - t};
  if (!(in > 0) || !(out > 0)) return gate; // drift without noise: only the time to the surface is shorter
  const double z = std::log(out / in), w = z > 0 ? out / bernoulli(-z) : in / bernoulli(z), rest = 1 - t;
  gate.in = w / t * bernoulli(t * z);
  gate.out = w / t * bernoulli(-t * z);
  gate.through_in = w * bernoulli(rest * z);
  gate.through_out = w * bernoulli(-rest * z);
  return gate;
}

} // namespace

SplitChain::SplitChain(const Generator& generator, const std::vector<const Region*>& regions, const SteadyState* iterate_with) : index_(generator.size(), -1) {
  const auto set_of = [&](std::size_t k) {
    std::size_t r = 0;
    while (r < regions.size() && !regions[r]->contains(k)) ++r;
    return r;
  };
  std::vector<std::size_t> set(generator.size());
  for (std::size_t k = 0; k < set.size(); ++k) {
    set[k] = set_of(k);
    if (set[k] < regions.size()) continue;
    index_[k] = static_cast<int>(cells_.size());
    cells_.push_back(k);
  }
  if (cells_.empty()) throw NumericalFailure("first passage: no cell lies outside the sets: they touch, or fill the box");
  const auto n = static_cast<Index>(cells_.size());
  Eigen::VectorXd killing = Eigen::VectorXd::Zero(n);
  std::vector<Eigen::Triplet<double>> entries;
  for_each_link(generator, [&](std::size_t k, std::size_t l, double there, double back) {
    if (there == 0 && back == 0) return;
    if (free(k) && free(l)) {
      entries.emplace_back(index_[l], index_[k], there);
      entries.emplace_back(index_[k], index_[l], back);
    } else if (free(k) || free(l)) {
      gates_.push_back(free(k) ? make_gate(k, l, set[l], regions[set[l]]->outside_part(k, l), there, back)
                               : make_gate(l, k, set[k], regions[set[k]]->outside_part(l, k), back, there));
      killing[index_[gates_.back().outside]] += gates_.back().in;
    } else if (set[k] != set[l]) {
      throw NumericalFailure("the two sets touch: no cell of the grid lies between them");
    }
  });
  if (generator.loss().size())
    for (Index i = 0; i < n; ++i) killing[i] += generator.loss()[static_cast<Index>(cells_[static_cast<std::size_t>(i)])];
  Eigen::SparseMatrix<double> rates(n, n);
  rates.setFromTriplets(entries.begin(), entries.end());
  if (iterate_with) {
    entries = {};
    Eigen::VectorXd log_weight(n);
    for (Index i = 0; i < n; ++i) log_weight[i] = iterate_with->log_p[static_cast<Index>(cells_[static_cast<std::size_t>(i)])];
    iteration_.emplace(killed_rows(rates, killing), std::move(log_weight), generator.reversible());
    return;
  }
  // The order of the whole grid, with gaps closed.
  const std::vector<int> all = dissection_ranks(generator.rates());
  std::vector<int> order(cells_.size()), ranks(cells_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return all[cells_[static_cast<std::size_t>(a)]] < all[cells_[static_cast<std::size_t>(b)]]; });
  for (std::size_t i = 0; i < order.size(); ++i) ranks[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  reduction_.emplace(rates, killing, ranks);
}

SplitChain::Vector SplitChain::gathered(const Vector& all) const {
  Vector some(static_cast<Index>(cells_.size()));
  for (std::size_t i = 0; i < cells_.size(); ++i) some[static_cast<Index>(i)] = all[static_cast<Index>(cells_[i])];
  return some;
}

SplitChain::Vector SplitChain::spread(const Vector& some) const {
  Vector all = Vector::Zero(static_cast<Index>(index_.size()));
  for (std::size_t i = 0; i < cells_.size(); ++i) all[static_cast<Index>(cells_[i])] = some[static_cast<Index>(i)];
  return all;
}

SplitChain::Vector SplitChain::collected(const Vector& rate) const {
  return spread(iteration_ ? iteration_->collected(gathered(rate)) : reduction_->collected(gathered(rate)));
}

SplitChain::Vector SplitChain::occupied(const Vector& feed) const {
  return spread(iteration_ ? iteration_->occupied(gathered(feed)) : reduction_->occupied(gathered(feed)));
}

} // namespace driftwell

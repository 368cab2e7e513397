#include "aggregation_multigrid.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/stationary/state_reduction.hpp"

#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr Index coarsest = 300;

std::size_t at(Index k) { return static_cast<std::size_t>(k); }

/// Partner of every state, itself where none is left: of its neighbours without a partner the most strongly coupled one.
std::vector<std::int32_t> pairs(const KilledRows& rows, const KilledRows& back, const VectorXd& log_weight) {
  const Index n = rows.size();
  const VectorXd exits = rows.exits();
  std::vector<std::int32_t> partner(at(n), -1);
  for (Index k = 0; k < n; ++k) {
    if (partner[at(k)] >= 0) continue;
    double best = std::numeric_limits<double>::infinity();
    std::int32_t chosen = static_cast<std::int32_t>(k);
    const auto look = [&](std::int32_t l, double flow) { // in units of w_k
      if (l == k || partner[at(l)] >= 0 || !(flow > 0)) return;
      const double other = exits[l] * std::exp(std::clamp(log_weight[l] - log_weight[k], -600.0, 600.0));
      const double quality = exits[k] / (1 + exits[k] / other) / flow;
      if (quality < best * (1 - 1e-9)) best = quality, chosen = l;
    };
    // Rows of the reversed chain hold the same pairs in another order: both ways are added up by place.
    thread_local std::vector<std::pair<std::int32_t, double>> flows;
    flows.clear();
    for (auto i = at(rows.start[at(k)]); i < at(rows.start[at(k) + 1]); ++i) flows.emplace_back(rows.column[i], rows.rate[i]);
    for (auto i = at(back.start[at(k)]); i < at(back.start[at(k) + 1]); ++i) flows.emplace_back(back.column[i], back.rate[i]);
    std::sort(flows.begin(), flows.end());
    for (std::size_t i = 0; i < flows.size(); ++i) {
      double sum = flows[i].second;
      while (i + 1 < flows.size() && flows[i + 1].first == flows[i].first) sum += flows[++i].second;
      look(flows[i].first, sum / 2);
    }
    partner[at(k)] = chosen;
    partner[at(chosen)] = static_cast<std::int32_t>(k);
  }
  return partner;
}

struct Blocks {
  std::vector<std::int32_t> of; ///< block of each state
  Index count;
};

Blocks blocks_of(const std::vector<std::int32_t>& partner) {
  Blocks blocks{std::vector<std::int32_t>(partner.size(), -1), 0};
  for (std::size_t k = 0; k < partner.size(); ++k)
    if (blocks.of[k] < 0) blocks.of[k] = blocks.of[at(partner[k])] = static_cast<std::int32_t>(blocks.count++);
  return blocks;
}

/// log of the sum of weights of each block.
VectorXd log_sums(const Blocks& blocks, const VectorXd& log_weight) {
  VectorXd top = VectorXd::Constant(blocks.count, -std::numeric_limits<double>::infinity()), sum = VectorXd::Zero(blocks.count);
  for (Index k = 0; k < log_weight.size(); ++k) top[blocks.of[at(k)]] = std::max(top[blocks.of[at(k)]], log_weight[k]);
  for (Index k = 0; k < log_weight.size(); ++k) sum[blocks.of[at(k)]] += std::exp(log_weight[k] - top[blocks.of[at(k)]]);
  return top.array() + sum.array().log();
}

VectorXd shares(const Blocks& blocks, const VectorXd& log_weight, const VectorXd& log_sum) {
  VectorXd share(log_weight.size());
  for (Index k = 0; k < share.size(); ++k) share[k] = std::exp(log_weight[k] - log_sum[blocks.of[at(k)]]);
  return share;
}

/// The chain of blocks, each state in its block with its share.
KilledRows aggregated(const KilledRows& rows, const Blocks& blocks, const VectorXd& share) {
  KilledRows up;
  up.killing = VectorXd::Zero(blocks.count);
  std::vector<std::int64_t> first(at(blocks.count) + 1, 0);
  for (const std::int32_t I : blocks.of) ++first[at(I) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::int32_t> members(blocks.of.size());
  std::vector<std::int64_t> next(first.begin(), first.end() - 1);
  for (std::size_t k = 0; k < blocks.of.size(); ++k) members[at(next[at(blocks.of[k])]++)] = static_cast<std::int32_t>(k);
  std::vector<std::int64_t> place(at(blocks.count), -1);
  up.start.push_back(0);
  for (Index I = 0; I < blocks.count; ++I) {
    for (auto m = at(first[at(I)]); m < at(first[at(I) + 1]); ++m) {
      const std::int32_t k = members[m];
      up.killing[I] += share[k] * rows.killing[k];
      for (auto i = at(rows.start[at(k)]); i < at(rows.start[at(k) + 1]); ++i) {
        const std::int32_t J = blocks.of[at(rows.column[i])];
        if (J == I) continue;
        const double rate = share[k] * rows.rate[i];
        if (place[at(J)] < up.start.back()) {
          place[at(J)] = static_cast<std::int64_t>(up.column.size());
          up.column.push_back(J);
          up.rate.push_back(rate);
        } else up.rate[at(place[at(J)])] += rate;
      }
    }
    up.start.push_back(static_cast<std::int64_t>(up.column.size()));
  }
  return up;
}

/// Blocks of pairs of pairs.
Blocks double_pairs(const KilledRows& rows, const VectorXd& log_weight) {
  Blocks fine = blocks_of(pairs(rows, reversed(rows, log_weight), log_weight));
  const VectorXd sums = log_sums(fine, log_weight);
  const KilledRows half = aggregated(rows, fine, shares(fine, log_weight, sums));
  const Blocks coarse = blocks_of(pairs(half, reversed(half, sums), sums));
  for (std::int32_t& I : fine.of) I = coarse.of[at(I)];
  fine.count = coarse.count;
  return fine;
}

Eigen::MatrixXd inverse_of(const KilledRows& rows) {
  const Index n = rows.size();
  std::vector<Eigen::Triplet<double>> entries;
  for (Index k = 0; k < n; ++k)
    for (auto i = at(rows.start[at(k)]); i < at(rows.start[at(k) + 1]); ++i) entries.emplace_back(rows.column[i], static_cast<int>(k), rows.rate[i]);
  Eigen::SparseMatrix<double> rates(n, n);
  rates.setFromTriplets(entries.begin(), entries.end());
  std::vector<int> ranks(at(n));
  std::iota(ranks.begin(), ranks.end(), 0);
  const StateReduction chain(rates, rows.killing, ranks);
  Eigen::MatrixXd inverse(n, n);
  for (Index k = 0; k < n; ++k) inverse.col(k) = chain.collected(StateReduction::Vector::Unit(n, k)).cast<double>();
  return inverse;
}

} // namespace

AggregationMultigrid::AggregationMultigrid(KilledRows rows, VectorXd log_weight) {
  levels_.push_back({std::move(rows), {}, {}, {}, {}});
  while (true) {
    Level& level = levels_.back();
    level.exits = level.rows.exits();
    level.weight = (log_weight.array() - log_weight.maxCoeff()).exp();
    const Index n = level.rows.size();
    if (n <= coarsest) break;
    Blocks blocks = double_pairs(level.rows, log_weight);
    if (blocks.count > n * 9 / 10) { // parts that exchange (nearly) nothing: elimination copes with some thousands
      if (n > 4000) throw NumericalFailure("aggregation: the chain falls into parts that exchange nothing");
      break;
    }
    const VectorXd sums = log_sums(blocks, log_weight);
    level.share = shares(blocks, log_weight, sums);
    KilledRows up = aggregated(level.rows, blocks, level.share);
    level.block = std::move(blocks.of);
    levels_.push_back({std::move(up), {}, {}, {}, {}});
    log_weight = sums;

  }
  inverse_ = inverse_of(levels_.back().rows);
}

double AggregationMultigrid::complexity() const {
  double all = 0;
  for (const Level& level : levels_) all += static_cast<double>(level.rows.rate.size());
  return all / static_cast<double>(levels_.front().rows.rate.size());
}

void AggregationMultigrid::product(const Level& level, const VectorXd& x, VectorXd& result) {
  const KilledRows& rows = level.rows;
  result.resize(x.size());
  for (Index k = 0; k < x.size(); ++k) {
    double sum = rows.killing[k] * x[k];
    for (auto i = at(rows.start[at(k)]); i < at(rows.start[at(k) + 1]); ++i) sum += rows.rate[i] * (x[k] - x[rows.column[i]]);
    result[k] = sum;
  }
}

void AggregationMultigrid::sweep(const Level& level, const VectorXd& r, VectorXd& x, bool backwards) {
  const KilledRows& rows = level.rows;
  const Index n = x.size();
  for (Index j = 0; j < n; ++j) {
    const Index k = backwards ? n - 1 - j : j;
    double sum = r[k];
    for (auto i = at(rows.start[at(k)]); i < at(rows.start[at(k) + 1]); ++i) sum += rows.rate[i] * x[rows.column[i]];
    x[k] = level.exits[k] > 0 ? sum / level.exits[k] : 0;
  }
}

void AggregationMultigrid::cycle(std::size_t depth, const VectorXd& r, VectorXd& x) const {
  const Level& level = levels_[depth];
  if (depth + 1 == levels_.size()) {
    x.noalias() = inverse_ * r;
    return;
  }
  x = VectorXd::Zero(r.size());
  sweep(level, r, x, false);
  VectorXd rest;
  product(level, x, rest);
  VectorXd above = VectorXd::Zero(levels_[depth + 1].exits.size());
  for (Index k = 0; k < r.size(); ++k) above[level.block[at(k)]] += level.share[k] * (r[k] - rest[k]);
  VectorXd correction;
  krylov_cycle(depth + 1, above, correction);
  for (Index k = 0; k < r.size(); ++k) x[k] += correction[level.block[at(k)]];
  sweep(level, r, x, true);
}

/// Two preconditioned steps, with the residual made orthogonal (under w) to both directions: for a symmetric form, conjugate gradients.
void AggregationMultigrid::krylov_cycle(std::size_t depth, const VectorXd& r, VectorXd& x) const {
  cycle(depth, r, x);
  if (depth + 1 == levels_.size()) return;
  const Level& level = levels_[depth];
  const auto dot = [&](const VectorXd& a, const VectorXd& b) { return a.cwiseProduct(b).dot(level.weight); };
  VectorXd v;
  product(level, x, v);
  const double xv = dot(x, v), xr = dot(x, r);
  if (!(xv > 0)) return;
  VectorXd rest = r - xr / xv * v, y, u;
  cycle(depth, rest, y);
  product(level, y, u);
  Eigen::Matrix2d G;
  G << xv, dot(x, u), dot(y, v), dot(y, u);
  const double determinant = G.determinant();
  if (!(determinant > 1e-12 * std::abs(G(0, 0) * G(1, 1)))) {
    x *= xr / xv;
    return;
  }
  const Eigen::Vector2d c = G.inverse() * Eigen::Vector2d(xr, dot(y, r));
  x = c[0] * x + c[1] * y;
}

void AggregationMultigrid::apply(const VectorXd& r, VectorXd& x) const { cycle(0, r, x); }

} // namespace driftwell

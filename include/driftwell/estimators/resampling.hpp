#pragma once
// Standard errors of any smooth function of sums over particles: sums are kept for blocks of particles, which are
// independent, and the function is recomputed without a block (jackknife) or on blocks drawn with replacement (bootstrap).
#include "driftwell/estimators/estimate.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace driftwell::estimators {

/// Sums of M quantities over each of B blocks. Memory B x M, whatever the number of samples added.
class BlockSums {
public:
  /// std::invalid_argument unless blocks >= 2 and quantities >= 1.
  BlockSums(std::size_t blocks, std::size_t quantities);
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] std::size_t quantities() const { return quantities_; }
  [[nodiscard]] std::span<double> of(std::size_t block) { return {sums_.data() + block * quantities_, quantities_}; }
  [[nodiscard]] std::span<const double> of(std::size_t block) const { return {sums_.data() + block * quantities_, quantities_}; }
  [[nodiscard]] std::vector<double> total() const;
  /// Adds another part of the same shape; std::invalid_argument otherwise.
  void merge(const BlockSums& other);
  /// state(name, member) saves them, or loads them into sums of the same shape.
  template <class State> void keep(State& state, const std::string& name) { state(name, sums_); }

private:
  std::size_t blocks_, quantities_;
  std::vector<double> sums_;
};

/// Results (any number of them) of the totals of all quantities.
using Statistic = std::function<std::vector<double>(std::span<const double> totals)>;

struct Resampled {
  std::vector<double> value;          ///< the statistic of all blocks
  std::vector<double> bias;           ///< estimate of E[value] - truth, to be subtracted if wanted
  std::vector<double> standard_error;
};

/// Delete-one-block jackknife (Quenouille 1956, Tukey 1958):
///   bias = (B - 1)(mean_b theta_(b) - theta),  se^2 = (B - 1)/B sum_b (theta_(b) - mean theta_(.))^2.
[[nodiscard]] Resampled jackknife(const BlockSums& sums, const Statistic& statistic);

/// From the leave-one-out values themselves, where no sums describe the statistic.
[[nodiscard]] Resampled jackknife(std::span<const double> full, const std::vector<std::vector<double>>& without_block);

/// Block bootstrap (Efron 1979): B blocks drawn with replacement, `replicates` times; replicate r draws from a generator
/// of its own with the seed (seed, r), so that threads and replicates do not share numbers.
/// bias = mean of the replicates - value. std::invalid_argument for fewer than 2 replicates.
[[nodiscard]] Resampled block_bootstrap(const BlockSums& sums, const Statistic& statistic, std::size_t replicates = 400,
                                        std::uint64_t seed = 1);

/// `count` numbers out of 0 .. n-1 without repetition, ascending; the same for the same (n, count, seed).
[[nodiscard]] std::vector<std::size_t> subsample(std::size_t n, std::size_t count, std::uint64_t seed);

} // namespace driftwell::estimators

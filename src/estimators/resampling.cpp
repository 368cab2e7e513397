#include "driftwell/estimators/resampling.hpp"

#include "estimators/random.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace driftwell::estimators {

BlockSums::BlockSums(std::size_t blocks, std::size_t quantities) : blocks_(blocks), quantities_(quantities), sums_(blocks * quantities) {
  if (blocks < 2 || quantities < 1) throw std::invalid_argument("block sums need at least 2 blocks and 1 quantity");
}

std::vector<double> BlockSums::total() const {
  std::vector<double> result(quantities_);
  for (std::size_t b = 0; b < blocks_; ++b)
    for (std::size_t m = 0; m < quantities_; ++m) result[m] += of(b)[m];
  return result;
}

void BlockSums::merge(const BlockSums& other) {
  if (other.blocks_ != blocks_ || other.quantities_ != quantities_) throw std::invalid_argument("block sums of different shapes cannot be merged");
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
}

Resampled jackknife(std::span<const double> full, const std::vector<std::vector<double>>& without_block) {
  const std::size_t blocks = without_block.size();
  if (blocks < 2) throw std::invalid_argument("a jackknife needs at least 2 blocks");
  const double B = static_cast<double>(blocks);
  Resampled result{{full.begin(), full.end()}, {}, {}};
  for (std::size_t m = 0; m < full.size(); ++m) {
    double mean = 0, squares = 0; // of the distance to the full value, which is small
    for (const auto& part : without_block) mean += (part[m] - full[m]) / B;
    for (const auto& part : without_block) squares += (part[m] - full[m] - mean) * (part[m] - full[m] - mean);
    result.bias.push_back((B - 1) * mean);
    result.standard_error.push_back(std::sqrt((B - 1) / B * squares));
  }
  return result;
}

Resampled jackknife(const BlockSums& sums, const Statistic& statistic) {
  std::vector<std::vector<double>> parts;
  // Sums of all other blocks from both ends, not total - block: no cancellation.
  const std::size_t B = sums.blocks(), M = sums.quantities();
  std::vector<std::vector<double>> behind(B + 1, std::vector<double>(M));
  for (std::size_t b = B; b-- > 0;)
    for (std::size_t m = 0; m < M; ++m) behind[b][m] = behind[b + 1][m] + sums.of(b)[m];
  std::vector<double> before(M), others(M);
  for (std::size_t b = 0; b < B; ++b) {
    for (std::size_t m = 0; m < M; ++m) others[m] = before[m] + behind[b + 1][m];
    parts.push_back(statistic(others));
    for (std::size_t m = 0; m < M; ++m) before[m] += sums.of(b)[m];
  }
  return jackknife(statistic(sums.total()), parts);
}

Resampled block_bootstrap(const BlockSums& sums, const Statistic& statistic, std::size_t replicates, std::uint64_t seed) {
  if (replicates < 2) throw std::invalid_argument("a bootstrap needs at least 2 replicates");
  const std::size_t B = sums.blocks(), M = sums.quantities();
  Resampled result{statistic(sums.total()), {}, {}};
  const std::size_t outputs = result.value.size();
  std::vector<double> mean(outputs), squares(outputs), total(M);
  for (std::size_t r = 0; r < replicates; ++r) {
    auto random = generator_of(seed, r);
    std::fill(total.begin(), total.end(), 0.0);
    for (std::size_t draw = 0; draw < B; ++draw) {
      const auto block = sums.of(below(B, random));
      for (std::size_t m = 0; m < M; ++m) total[m] += block[m];
    }
    const std::vector<double> value = statistic(total);
    for (std::size_t m = 0; m < outputs; ++m) { // Welford, about the value of all blocks
      const double d = value[m] - result.value[m], step = d - mean[m];
      mean[m] += step / static_cast<double>(r + 1);
      squares[m] += step * (d - mean[m]);
    }
  }
  // A draw of B from B blocks has the variance (B - 1)/B of what new blocks would have.
  const double correction = static_cast<double>(B) / static_cast<double>(B - 1) / static_cast<double>(replicates - 1);
  for (std::size_t m = 0; m < outputs; ++m) result.standard_error.push_back(std::sqrt(squares[m] * correction));
  result.bias = std::move(mean);
  return result;
}

std::vector<std::size_t> subsample(std::size_t n, std::size_t count, std::uint64_t seed) {
  if (count > n) throw std::invalid_argument("a subsample cannot be larger than the sample");
  auto random = generator_of(seed, n);
  std::set<std::size_t> chosen; // Floyd's algorithm: one draw a member
  for (std::size_t j = n - count; j < n; ++j) {
    const std::size_t t = below(j + 1, random);
    chosen.insert(chosen.contains(t) ? j : t);
  }
  return {chosen.begin(), chosen.end()};
}

} // namespace driftwell::estimators

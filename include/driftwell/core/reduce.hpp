#pragma once
// Sums that give the same bits for every number of threads and instruction set: fixed blocks, in each of them eight interleaved
// sums (one alone would wait for its own last addition), all added in order.
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace driftwell {

constexpr std::size_t reduce_block = 4096;
constexpr std::size_t reduce_lanes = 8;

/// Sum over k < n of term(k), each term an array of M numbers (M series summed in one pass).
template <std::size_t M, class Term> std::array<double, M> deterministic_sums(std::size_t n, const Term& term) {
  const std::size_t blocks = (n + reduce_block - 1) / reduce_block;
  std::vector<std::array<double, M>> partial(blocks);
#pragma omp parallel for schedule(static) if (blocks > 15)
  for (std::size_t b = 0; b < blocks; ++b) {
    std::array<std::array<double, M>, reduce_lanes> lanes{};
    const std::size_t end = std::min(n, (b + 1) * reduce_block);
    std::size_t k = b * reduce_block;
    for (; k + reduce_lanes <= end; k += reduce_lanes)
      for (std::size_t l = 0; l < reduce_lanes; ++l) {
        const std::array<double, M> value = term(k + l);
        for (std::size_t m = 0; m < M; ++m) lanes[l][m] += value[m];
      }
    for (std::size_t l = 0; k < end; ++k, ++l) {
      const std::array<double, M> value = term(k);
      for (std::size_t m = 0; m < M; ++m) lanes[l][m] += value[m];
    }
    for (std::size_t l = 1; l < reduce_lanes; ++l)
      for (std::size_t m = 0; m < M; ++m) lanes[0][m] += lanes[l][m];
    partial[b] = lanes[0];
  }
  std::array<double, M> total{};
  for (const auto& sum : partial)
    for (std::size_t m = 0; m < M; ++m) total[m] += sum[m];
  return total;
}

/// Sum over k < n of term(k).
template <class Term> double deterministic_sum(std::size_t n, const Term& term) {
  return deterministic_sums<1>(n, [&](std::size_t k) { return std::array<double, 1>{term(k)}; })[0];
}

} // namespace driftwell

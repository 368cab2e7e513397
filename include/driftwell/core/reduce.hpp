#pragma once
// Sums that give the same bits for every number of threads: fixed blocks, block sums added in order.
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace driftwell {

constexpr std::size_t reduce_block = 4096;

/// Sum over k < n of term(k), each term an array of M numbers (M series summed in one pass).
template <std::size_t M, class Term> std::array<double, M> deterministic_sums(std::size_t n, const Term& term) {
  const std::size_t blocks = (n + reduce_block - 1) / reduce_block;
  std::vector<std::array<double, M>> partial(blocks);
#pragma omp parallel for schedule(static) if (blocks > 15)
  for (std::size_t b = 0; b < blocks; ++b) {
    std::array<double, M> sum{};
    const std::size_t end = std::min(n, (b + 1) * reduce_block);
    for (std::size_t k = b * reduce_block; k < end; ++k) {
      const std::array<double, M> value = term(k);
      for (std::size_t m = 0; m < M; ++m) sum[m] += value[m];
    }
    partial[b] = sum;
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

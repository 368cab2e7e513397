// Jackknife and bootstrap against what is known in closed form.
#include "cloud.hpp"

#include "driftwell/estimators/resampling.hpp"

#include <set>

using namespace cloud;

namespace {

BlockSums powers_of(const Numbers& x, std::size_t blocks) {
  BlockSums sums(blocks, 3);
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto [first, last] = block_range(x.size(), blocks, b);
    for (std::size_t i = first; i < last; ++i) {
      sums.of(b)[0] += 1;
      sums.of(b)[1] += x[i];
      sums.of(b)[2] += x[i] * x[i];
    }
  }
  return sums;
}

std::vector<double> mean_and_variance(std::span<const double> s) { return {s[1] / s[0], s[2] / s[0] - s[1] * s[1] / s[0] / s[0]}; }

} // namespace

TEST_CASE("blocks cover every particle once and differ by one at most") {
  for (const std::size_t n : {2u, 7u, 100u, 101u, 8191u})
    for (const std::size_t blocks : {1u, 2u, 7u, 64u}) {
      std::size_t next = 0;
      for (std::size_t b = 0; b < blocks; ++b) {
        const auto [first, last] = block_range(n, blocks, b);
        CHECK(first == next);
        CHECK(last - first + 1 >= n / blocks);
        CHECK(last - first <= n / blocks + 2);
        next = last;
      }
      CHECK(next == n);
    }
}

TEST_CASE("jackknife of single particles: the mean's textbook error, the variance's exact bias") {
  const Numbers x = gaussian(1, 50, 3).data[0];
  const Resampled r = jackknife(powers_of(x, 50), mean_and_variance);
  const Estimate mean = mean_of(x, "x");
  CHECK(r.value[0] == Approx(mean.value));
  CHECK(r.standard_error[0] == Approx(mean.standard_error).epsilon(1e-10));
  CHECK(std::abs(r.bias[0]) < 1e-13);
  // m_2 - bias = sum (x - mean)^2 / (n - 1)
  CHECK(r.value[1] - r.bias[1] == Approx(mean.standard_error * mean.standard_error * 50).epsilon(1e-10));
}

TEST_CASE("bootstrap agrees with the jackknife and repeats itself") {
  const BlockSums sums = powers_of(gaussian(1, 4000, 4).data[0], 40);
  const Resampled a = jackknife(sums, mean_and_variance), b = block_bootstrap(sums, mean_and_variance, 4000, 7), c = block_bootstrap(sums, mean_and_variance, 4000, 7);
  for (std::size_t m = 0; m < 2; ++m) CHECK(b.standard_error[m] == Approx(a.standard_error[m]).epsilon(0.06));
  CHECK(b.standard_error == c.standard_error);
  CHECK(block_bootstrap(sums, mean_and_variance, 4000, 8).standard_error != b.standard_error);
}

TEST_CASE("block errors cover the truth of a ratio") {
  covers(coverage(200, 0.5, [](std::uint64_t seed) { // E x^2 / E x for exponential / 4
    Random random(seed);
    const Numbers x = make(1, 6400, [&] { return random.exponential(); }).data[0];
    const Resampled r = jackknife(powers_of(x, 32), [](std::span<const double> s) { return std::vector<double>{s[2] / s[1] / 4}; });
    return Estimate{r.value[0] - r.bias[0], r.standard_error[0]};
  }));
}

TEST_CASE("subsamples are sorted, distinct and uniform") {
  std::vector<int> hits(20);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const auto chosen = subsample(20, 5, seed);
    CHECK(std::set<std::size_t>(chosen.begin(), chosen.end()).size() == 5);
    CHECK(std::is_sorted(chosen.begin(), chosen.end()));
    for (const std::size_t i : chosen) ++hits[i];
  }
  for (const int h : hits) CHECK(std::abs(h - 1000) < 4.5 * std::sqrt(750.0));
  CHECK(subsample(5, 5, 1) == std::vector<std::size_t>{0, 1, 2, 3, 4});
  CHECK(subsample(5, 0, 1).empty());
  CHECK_THROWS_AS(subsample(5, 6, 1), std::invalid_argument);
}

TEST_CASE("resampling refuses what has no error") {
  CHECK_THROWS_AS(BlockSums(1, 1), std::invalid_argument);
  CHECK_THROWS_AS(BlockSums(2, 0), std::invalid_argument);
  BlockSums a(2, 1);
  CHECK_THROWS_AS(a.merge(BlockSums(3, 1)), std::invalid_argument);
  CHECK_THROWS_AS(block_bootstrap(a, mean_and_variance, 1), std::invalid_argument);
  CHECK_THROWS_AS(mean_of(Numbers{1}, "x"), NumericalFailure);
  CHECK_THROWS_AS(mean_of(Numbers{1, NAN}, "x"), NumericalFailure);
  CHECK_THROWS_AS(mean_of(Numbers{1e200, -1e200, 3}, "x"), NumericalFailure);
}

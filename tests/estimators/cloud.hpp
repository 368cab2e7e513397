#pragma once
// Clouds of known laws, and how often an estimate covers the truth.
#include "driftwell/core/error.hpp"
#include "driftwell/estimators/estimate.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

#include <cmath>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace cloud {

using namespace driftwell;
using namespace driftwell::estimators;
using Numbers = std::vector<double>;

struct Cloud {
  std::vector<Numbers> data;
  [[nodiscard]] std::size_t size() const { return data[0].size(); }
  [[nodiscard]] std::vector<const double*> columns() const {
    std::vector<const double*> result;
    for (const auto& column : data) result.push_back(column.data());
    return result;
  }
};

class Random {
public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform()); }
  double exponential() { return -std::log(uniform()); }

private:
  std::mt19937_64 engine_;
};

inline Cloud make(std::size_t dimension, std::size_t n, const std::function<double()>& draw) {
  Cloud result{std::vector<Numbers>(dimension, Numbers(n))};
  for (auto& column : result.data)
    for (double& x : column) x = draw();
  return result;
}

inline Cloud gaussian(std::size_t dimension, std::size_t n, std::uint64_t seed) {
  Random random(seed);
  return make(dimension, n, [&] { return random.normal(); });
}

/// Fraction of repeats in which value +- 2 standard errors holds the truth; `draw` gets the number of the repeat.
inline double coverage(int repeats, double truth, const std::function<Estimate(std::uint64_t)>& draw) {
  int covered = 0;
  for (int r = 0; r < repeats; ++r) {
    const Estimate e = draw(static_cast<std::uint64_t>(1000 + r));
    covered += std::abs(e.value - truth) <= 2 * e.standard_error ? 1 : 0;
  }
  return covered / static_cast<double>(repeats);
}

/// 95.4 % for a Gaussian estimate with the right error; 200 repeats scatter by 1.5 %.
inline void covers(double fraction) {
  CHECK(fraction >= 0.90);
  CHECK(fraction <= 0.99);
}

/// Mean over repeats less the truth, and its standard error: the bias.
inline Estimate bias(int repeats, double truth, const std::function<double(std::uint64_t)>& draw) {
  Numbers values;
  for (int r = 0; r < repeats; ++r) values.push_back(draw(static_cast<std::uint64_t>(5000 + r)) - truth);
  return mean_of(values, "bias");
}

/// The same bits with one thread and with three.
template <class Work> void same_bits(const Work& work) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = work();
  omp_set_num_threads(3);
  const auto three = work();
  omp_set_num_threads(before);
  CHECK(one == three);
}

} // namespace cloud

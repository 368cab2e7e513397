// Entropy of clouds by nearest neighbours: seconds, error against the exact value, standard error and bias as said.
// Usage: bench_entropy [particles]
#include "driftwell/estimators/entropy.hpp"

#include <fmt/core.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

using namespace driftwell::estimators;

namespace {

std::vector<std::vector<double>> gaussian(std::size_t dimension, std::size_t n) {
  std::mt19937_64 random(dimension);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> columns(dimension, std::vector<double>(n));
  for (auto& column : columns)
    for (double& x : column) x = normal(random);
  return columns;
}

void line(std::size_t dimension, std::size_t n, std::size_t queries, bool bias) {
  const auto columns = gaussian(dimension, n);
  std::vector<const double*> pointers;
  for (const auto& column : columns) pointers.push_back(column.data());
  NeighbourOptions options;
  options.queries = queries;
  options.bias_particles = bias ? 10'000 : 0;
  const auto start = std::chrono::steady_clock::now();
  const NeighbourEntropy e = neighbour_entropy(pointers, n, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double exact = static_cast<double>(dimension) / 2 * std::log(2 * M_PI * M_E);
  fmt::print("{:>4} {:>9} {:>9} {:>9.3f} {:>10.5f} {:>10.5f} {:>10.5f} {:>10.5f}\n", dimension, n, queries ? queries : n, seconds, e.entropy.value,
             e.entropy.value - exact, e.entropy.standard_error, e.bias.value);
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  const std::size_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
#ifdef _OPENMP
  fmt::print("threads {}\n", omp_get_max_threads());
#endif
  fmt::print("{:>4} {:>9} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10}\n", "d", "n", "queries", "seconds", "entropy", "error", "std error", "bias said");
  for (const std::size_t d : {1u, 2u, 3u, 5u}) {
    line(d, n, 0, false);
    line(d, n, n / 20, false);
    line(d, n, n / 20, true);
  }
  line(10, n, n / 100, false); // the whole cloud: minutes
  line(10, n, n / 20, true);
  line(20, n, n / 100, false);
}

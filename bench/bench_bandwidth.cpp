// The Chebyshev recurrence out = a S u + b u - out beside the time in which this machine moves the bytes it needs.
//
// Bytes a cell, each array once: u, diagonal, one array of couplings an axis (S is symmetric), out read and written:
// 8 (4 + d). Neighbouring rows come from the cache. With k outputs at once every second product adds k sums, read and written.
// The bandwidth is the best of copy, update (a += s b) and triad (a = b + s c), with arrays that together are as large as what the product
// touches ("same size": the cache helps either alike), and with 512 MB ("memory"). Target: ratio <= 1.5.
#include "bench_experiment.hpp"

#include "driftwell/core/simd.hpp"

#include <Eigen/Core>
#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

using namespace driftwell;

namespace {

using Eigen::Index;
using Eigen::VectorXd;

DRIFTWELL_MULTIVERSION void copy(double* a, const double* b, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) a[i] = b[i];
}
DRIFTWELL_MULTIVERSION void update(double* a, const double* b, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) a[i] += 1e-9 * b[i];
}
DRIFTWELL_MULTIVERSION void triad(double* a, const double* b, const double* c, std::size_t n) {
#pragma omp simd
  for (std::size_t i = 0; i < n; ++i) a[i] = b[i] + 1e-9 * c[i];
}

/// kernel(first, count) over blocks, the threads sharing them as in Stencil::recurrence.
template <class Kernel> void blocks(std::size_t n, const Kernel& kernel) {
  constexpr std::size_t block = 2048;
  const std::size_t count = (n + block - 1) / block;
#pragma omp parallel for schedule(static)
  for (std::size_t q = 0; q < count; ++q) kernel(q * block, std::min(block, n - q * block));
}

/// Bytes a second that three arrays of together `bytes` allow. What a plain store fetches before it overwrites counts as moved.
double bandwidth(double bytes, int rounds) {
  const auto n = static_cast<std::size_t>(bytes / 24);
  std::array<VectorXd, 3> v;
  for (auto& x : v) x = VectorXd::Constant(static_cast<Index>(n), 1.0);
  double *a = v[0].data(), *b = v[1].data(), *c = v[2].data();
  const double size = 8 * static_cast<double>(n);
  const double copied = bench::seconds([&] { blocks(n, [&](std::size_t i, std::size_t m) { copy(a + i, b + i, m); }); }, rounds);
  const double updated = bench::seconds([&] { blocks(n, [&](std::size_t i, std::size_t m) { update(a + i, b + i, m); }); }, rounds);
  const double added = bench::seconds([&] { blocks(n, [&](std::size_t i, std::size_t m) { triad(a + i, b + i, c + i, m); }); }, rounds);
  return std::max({3 * size / copied, 3 * size / updated, 4 * size / added});
}

void measure(const char* name, std::size_t dimension, std::size_t cells, double memory) {
  const input::Spec spec = bench::experiment(name, dimension, cells);
  const Model model = run::build_model(spec);
  const Stencil S = run::build_chain(spec, model, run::build_grid(*spec.fokker_planck)).symmetrised();
  const double n = static_cast<double>(S.size()), scale = 4 / -S.spectral_bound();
  const int rounds = 60;
  VectorXd here = VectorXd::Constant(static_cast<Index>(S.size()), 1.0), before = here;
  for (const std::size_t outputs : {0, 4, 8}) {
    std::vector<VectorXd> y(outputs, here);
    std::vector<Stencil::Accumulate> sums;
    for (auto& x : y) sums.push_back({x.data(), 1e-3, 1e-3});
    // Two products: one with sums, one without, as the propagator has them.
    const double time = bench::seconds([&] {
      S.recurrence(here.data(), before.data(), scale, 2, -1, sums);
      std::swap(here, before);
      S.recurrence(here.data(), before.data(), scale, 2, -1, {});
      std::swap(here, before);
    }, rounds) / 2;
    const double k = static_cast<double>(outputs), d = static_cast<double>(dimension);
    const double bytes = 8 * n * (4 + d + k), touched = 8 * n * (3 + d + k);
    const double same = bandwidth(touched, rounds);
    fmt::print("{:>6} {:>4}^{}  {:>7}  {:>9.3f}  {:>8.2f}  {:>9.1f}  {:>5.2f}  {:>9.1f}  {:>5.2f}\n", name, cells, dimension, outputs, 1e3 * time,
               bytes / time / 1e9, same / 1e9, time * same / bytes, memory / 1e9, time * memory / bytes);
  }
}

} // namespace

int main() {
  const double memory = bandwidth(512e6, 7);
  fmt::print("              outputs  product ms  GB/s     same size  ratio     memory  ratio\n");
  measure("fp_2d", 2, 512, memory);
  measure("fp_2d", 2, 1024, memory);
  measure("fp_3d", 3, 128, memory);
}

// Rates of the ensemble engine in particle-steps a second, from formulas as text; beside each what bounds it: the random numbers alone,
// the drift alone, dgemm; and what the memory alone would cost a program that sweeps all particles once a step. Best of several short runs, alternating: the machine may be shared.
//   bench_langevin [runs, default 5] [only the line of this name]
#include "driftwell/ensemble/initial_law.hpp"
#include "driftwell/steppers/integrate.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace driftwell;

namespace {

struct Task {
  std::string name;
  std::size_t d;
  std::string potential, stepper;
  double T, dt;
  std::size_t particles;
  std::uint64_t steps;
  double target; ///< particle-steps a second on two cores
};

/// Wall clock; with DRIFTWELL_BENCH_CPU=1 the processor time over the threads: what an idle machine would give, on one that is not.
double seconds(const std::function<void()>& work) {
  static const bool processor = std::getenv("DRIFTWELL_BENCH_CPU") != nullptr;
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t clock = std::clock();
  work();
  if (processor) return static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC / omp_get_max_threads();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Model model_of(const Task& task) {
  expression::Symbols symbols;
  symbols.indexed = true;
  for (std::size_t i = 0; i < task.d; ++i) symbols.variables.push_back("x" + std::to_string(i + 1));
  Equation equation;
  equation.names = symbols.variables;
  if (task.potential == "dense") { // (1/2) x A x, A = G G^T / d
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> G(task.d, std::vector<double>(task.d));
    for (auto& row : G)
      for (double& g : row) g = normal(random);
    for (std::size_t i = 0; i < task.d; ++i) {
      Expression row(0.0);
      for (std::size_t j = 0; j < task.d; ++j) {
        double a = 0;
        for (std::size_t k = 0; k < task.d; ++k) a += G[i][k] * G[j][k];
        row = row - Expression(a / static_cast<double>(task.d)) * Expression::variable(j);
      }
      equation.force.push_back(row);
    }
  } else
    equation.potential = Expression::parse(task.potential, symbols);
  equation.temperature = task.T;
  return Model(equation);
}

/// Seconds a particle-step for the whole step, the normal variates (or bits) alone, the drift alone, and reading and writing all places.
struct Times {
  double step = 1e300, noise = 1e300, drift = 1e300, memory = 1e300;
};

void noise_alone(const Task& task, std::uint64_t steps) {
  const NoiseStream stream(1, Purpose::test);
  const std::size_t block = 256, blocks = task.particles / block;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t b = 0; b < blocks; ++b) {
    PhiloxNoise noise(stream, b * block, block);
    RowBuffer rows(task.d), zero(task.d);
    const std::vector<double> scale(task.d, 1.0);
    for (std::size_t i = 0; i < task.d; ++i) std::fill_n(zero[i], block, 0.0), std::fill_n(rows[i], block, 0.0);
    for (std::uint64_t n = 0; n < steps; ++n)
      if (task.stepper == "weak_euler") noise.add_signs(n, rows.rows(), zero.const_rows(), 0, scale); // bits become signs where they are added
      else noise.normals(n, rows.rows());
  }
}

void drift_alone(const Task& task, const Dynamics& dynamics, std::size_t block, std::uint64_t steps) {
  const std::size_t blocks = task.particles / block;
#pragma omp parallel
  {
    Dynamics::Workspace workspace(dynamics);
    RowBuffer x(task.d), b(task.d);
    for (std::size_t i = 0; i < task.d; ++i) std::fill_n(x[i], block, 0.5);
#pragma omp for schedule(dynamic, 1)
    for (std::size_t k = 0; k < blocks; ++k)
      for (std::uint64_t n = 0; n < steps; ++n) dynamics.drift(x.const_rows(), b.rows(), block, task.T, workspace);
  }
}

/// Every particle's place read and written `sweeps` times.
void memory_alone(Ensemble& ensemble, int sweeps) {
  double* const x = ensemble.data().data();
  const std::size_t n = ensemble.data().size();
  for (int s = 0; s < sweeps; ++s) {
#pragma omp parallel for simd schedule(static)
    for (std::size_t i = 0; i < n; ++i) x[i] = x[i] + 1e-3;
  }
}

Times measure(const Task& task, int threads, int runs) {
  omp_set_num_threads(threads);
  const Model model = model_of(task);
  const Dynamics dynamics(model);
  Ensemble ensemble(task.d, task.particles);
  StartLaw law{.kind = StartLaw::Kind::point, .mean = std::vector<double>(task.d, 0.5)};
  if (task.d == 2) law.mean = {-0.55, 1.4};
  fill_positions(ensemble, task.d, law, 1);
  Integrator integrator(dynamics, *StepperCatalogue::find(task.stepper)->make(), 1, {0, task.dt});
  const double work = static_cast<double>(task.particles) * static_cast<double>(task.steps);
  Ensemble swept(task.d, task.particles);
  Times times;
  for (int run = 0; run < runs; ++run) {
    const auto at = static_cast<std::uint64_t>(run) * task.steps;
    times.step = std::min(times.step, seconds([&] { integrator.advance(ensemble, at, at + task.steps); }) / work);
    times.noise = std::min(times.noise, seconds([&] { noise_alone(task, task.steps); }) / work);
    times.drift = std::min(times.drift, seconds([&] { drift_alone(task, dynamics, integrator.block(), task.steps); }) / work);
    constexpr int sweeps = 10;
    times.memory = std::min(times.memory, seconds([&] { memory_alone(swept, sweeps); }) / (sweeps * static_cast<double>(task.particles)));
  }
  return times;
}

/// Floating-point operations a second of the BLAS the library is linked with, 1000 x 1000; 0 where there is none.
double dgemm_rate(int threads, int runs) {
  using Gemm = void (*)(const char*, const char*, const int*, const int*, const int*, const double*, const double*, const int*, const double*, const int*,
                        const double*, double*, const int*);
  const auto gemm = reinterpret_cast<Gemm>(dlsym(RTLD_DEFAULT, "dgemm_"));
  if (gemm == nullptr) return 0;
  if (const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
  const int n = 1000;
  const double one = 1, zero = 0;
  std::vector<double> a(1'000'000, 1.0), b(1'000'000, 0.5), c(1'000'000);
  omp_set_num_threads(threads);
  double best = 1e300;
  for (int run = 0; run < runs; ++run)
    best = std::min(best, seconds([&] { gemm("N", "N", &n, &n, &n, &one, a.data(), &n, b.data(), &n, &zero, c.data(), &n); }));
  return 2e9 / best;
}

const char* const mueller_brown = "-200*exp(-(x[1]-1)^2 - 10*x[2]^2) - 100*exp(-x[1]^2 - 10*(x[2]-0.5)^2) - 170*exp(-6.5*(x[1]+0.5)^2 + 11*(x[1]+0.5)*(x[2]-1.5) "
                                  "- 6.5*(x[2]-1.5)^2) + 15*exp(0.7*(x[1]+1)^2 + 0.6*(x[1]+1)*(x[2]-1) + 0.7*(x[2]-1)^2)";

} // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 5, cores = omp_get_num_procs();
  const std::string only = argc > 2 ? argv[2] : "";
  const std::vector<Task> tasks = {
      {"SDE-2D", 2, "(x[1]^2-1)^2/4 + x[2]^2/2", "euler_maruyama", 0.25, 1e-3, 1'000'000, 100, 7e8},
      {"two-point", 2, "(x[1]^2-1)^2/4 + x[2]^2/2", "weak_euler", 0.25, 1e-3, 1'000'000, 300, 3e9},
      {"SDE-1D OU", 1, "x[1]^2/2", "euler_maruyama", 1, 1e-3, 1'000'000, 200, 1.3e9},
      {"SDE-10D", 10, "sum(i, 1, 10, (x[i]^2-1)^2/4) + 0.1*sum(i, 1, 9, x[i]*x[i+1])", "euler_maruyama", 0.25, 1e-3, 100'000, 200, 1.1e8},
      {"Mueller-Brown", 2, mueller_brown, "euler_maruyama", 10, 1e-5, 500'000, 100, 2e8},
      {"SDE-100D", 100, "dense", "euler_maruyama", 1, 1e-3, 20'000, 50, 0},
  };
  fmt::print("{:<18} {:>14} {:>9} {:>7} | {:>10} {:>10} {:>10} {:>10} | {}\n", "task", "steps/s", "target", "ratio", "ns a step", "noise ns", "drift ns", "memory ns", "1 thread, scaling");
  for (const Task& task : tasks) {
    if (!only.empty() && task.name != only) continue;
    const Times one = measure(task, 1, runs), all = measure(task, cores, runs);
    fmt::print("{:<18} {:>14.3g} {:>9.2g} {:>7.2f} | {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f} | {:.3g}/s, {:.2f}", task.name, 1 / all.step, task.target,
               task.target > 0 ? 1 / all.step / task.target : 0.0, 1e9 * all.step, 1e9 * all.noise, 1e9 * all.drift, 1e9 * all.memory, 1 / one.step, one.step / all.step);
    if (task.potential == "dense") {
      const double flops = 2.0 * static_cast<double>(task.d * task.d), gemm = dgemm_rate(cores, 2 * runs), gemm_one = dgemm_rate(1, 2 * runs);
      fmt::print("; drift {:.1f} GF/s, whole step {:.1f} GF/s, dgemm {:.1f} GF/s: {:.0f} % (1 thread: {:.0f} %)", 1e-9 * flops / all.drift, 1e-9 * flops / all.step,
                 1e-9 * gemm, 100 * flops / all.step / gemm, 100 * flops / one.step / gemm_one);
    }
    fmt::print("\n");
  }
}

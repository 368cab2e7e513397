#include "sgd_estimate.hpp"

#include "driftwell/core/error.hpp"

#include <algorithm>
#include <ctime>
#include <functional>
#include <numeric>

namespace driftwell::run {

namespace {

constexpr double long_enough = 2e-3; ///< seconds: the clock ticks faster by far
constexpr std::uint64_t most_repeats = 4096;
constexpr std::size_t few = 16, some_samples = 256;
constexpr double flops = 4e9, passes_of_lanczos = 60;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Seconds of one of the repeats: `run(n)` makes n of them. The number doubles until they take long enough.
double seconds_of_one(const std::function<void(std::uint64_t)>& run) {
  double one = 0;
  for (std::uint64_t repeats = 1; repeats <= most_repeats; repeats *= 2) {
    const double from = processor_seconds();
    try {
      run(repeats);
    } catch (const NumericalFailure&) { // it diverges: the run will say so
      break;
    }
    const double took = processor_seconds() - from;
    one = took / static_cast<double>(repeats);
    if (took > long_enough) break;
  }
  return one;
}

} // namespace

SgdCosts sgd_costs(const SgdProblem& problem) {
  SgdCosts costs;
  sgd::ProcessOptions options = problem.options;
  options.replicas = std::min(options.replicas, few);
  sgd::Process process(*problem.loss, options);
  process.start(problem.start, problem.start_std);
  costs.step = seconds_of_one([&](std::uint64_t n) { process.advance(n); }) / static_cast<double>(options.replicas);
  std::vector<std::uint32_t> samples(std::min(problem.loss->samples(), some_samples));
  std::iota(samples.begin(), samples.end(), 0U);
  std::vector<double> gradient(problem.loss->dimension() + 8);
  sgd::Workspace workspace;
  costs.sample = seconds_of_one([&](std::uint64_t n) {
                   for (; n > 0; --n) (void)problem.loss->evaluate(problem.start.data(), {samples, nullptr}, gradient.data(), workspace);
                 }) / static_cast<double>(samples.size());
  return costs;
}

double particle_step_cost(const Dynamics& dynamics, const Stepper& stepper, const std::vector<double>& start, double dt) {
  Ensemble particles(start.size(), few);
  for (std::size_t i = 0; i < start.size(); ++i) std::fill_n(particles.row(i).begin(), few, start[i]);
  IntegrateOptions options;
  options.advice = false;
  std::uint64_t step = 0;
  Integrator integrator(dynamics, stepper, 0, {0, dt}, options);
  return seconds_of_one([&](std::uint64_t n) {
           integrator.advance(particles, step, step + n);
           step += n;
         }) / static_cast<double>(few);
}

double sgd_seconds(const input::SgdSpec& spec, const SgdProblem& problem, const SgdCosts& costs) {
  const double d = static_cast<double>(problem.loss->dimension()), N = static_cast<double>(problem.loss->samples()), R = static_cast<double>(problem.options.replicas);
  const double outputs = static_cast<double>(spec.outputs.value), measured = std::min(R, static_cast<double>(spec.loss_replicas.value));
  const double pass = N * costs.sample, noise = spec.noise.value ? static_cast<double>(spec.snapshots.value) + (spec.minimum.value ? 1 : 0) : 0;
  double seconds = R * static_cast<double>(spec.steps.value) * costs.step;
  seconds += outputs * (2 * measured * pass + 10 * R * d / flops); // losses with squared gradients, and spreads
  seconds += noise * (2 * N * d * std::min(N, d) / flops + passes_of_lanczos * pass);
  if (spec.minimum.value) seconds += 100 * pass + (d <= 2000 ? d * pass + 30 * d * d * d / flops : 0); // Newton steps, the Hessian and the local potential
  return seconds;
}

} // namespace driftwell::run

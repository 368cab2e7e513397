// Steps of SGD in many replicas, in ns a replica-step: linear and logistic regression (d = 64, n = 2000, b = 8, 1000 replicas), a perceptron
// 64-16-10 on digits (b = 32, 64 replicas); the covariance of its per-sample gradients; and what bounds them: the indices alone, reading the rows
// alone. bench_sgd.py runs it beside NumPy and PyTorch.
//   bench_sgd                       everything
//   bench_sgd TASK THREADS          one line: task, threads, wall ns, processor ns, check, its standard error
//   bench_sgd export TASK FILE      inputs, targets (or, for the covariance, the weights) as doubles
// Each time is the best of many short stretches, as the machine may be shared; processor time of several threads is the mean of them. Check: mean loss over all data and replicas after 200 steps;
// linear_mean: the largest distance of a mean weight from the exact recursion, in standard errors; covariance: the trace.
#include "driftwell/core/simd.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/process.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace driftwell;
using namespace driftwell::sgd;

namespace {

constexpr std::uint64_t checked_steps = 200;

struct Times {
  double wall = 1e300, processor = 1e300; ///< the second over all threads
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work> Times best_of(int times, const Work& work) {
  Times best;
  const double begin = processor_seconds();
  for (int k = 0; k < times; ++k) {
    const auto start = std::chrono::steady_clock::now();
    const double used = processor_seconds();
    work();
    best.wall = std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    best.processor = std::min(best.processor, processor_seconds() - used);
  }
  // What a thread on another core has used is known to the kernel at its next tick only: too coarse for a stretch.
  if (omp_get_max_threads() > 1) best.processor = (processor_seconds() - begin) / times;
  return best;
}

void line(const std::string& task, int threads, const Times& time, double scale, double check, double error) {
  fmt::print("{:<14} {} {:>11.1f} {:>11.1f} {:>14.8g} {:>10.2g}\n", task, threads, scale * time.wall, scale * time.processor, check, error);
  std::fflush(stdout);
}

struct Task {
  std::string name;
  std::shared_ptr<const Dataset> data;
  std::unique_ptr<Loss> loss;
  std::size_t replicas, batch;
  std::uint64_t stretch; ///< steps
};

Task task_of(const std::string& name) {
  LossOptions options;
  options.bias = name != "linear" && name != "logistic";
  options.hidden = {16};
  const bool glm = !options.bias;
  const auto data = std::make_shared<const Dataset>(name == "linear" ? teacher_student({2000, 64, 0.5, 1}) : name == "logistic" ? gaussian_mixture({2000, 64, 2, 2, 1}) : shipped_dataset("digits"));
  const char* loss = name == "linear" ? "linear_regression" : name == "logistic" ? "logistic" : "mlp";
  return {name, data, LossCatalogue::find(loss)->make()->make(options, data), glm ? std::size_t{1000} : std::size_t{64}, glm ? std::size_t{8} : std::size_t{32}, glm ? std::uint64_t{40} : std::uint64_t{20}};
}

Process process_of(const Task& task) {
  ProcessOptions options;
  options.learning_rate = 0.01;
  options.batch_size = static_cast<double>(task.batch);
  options.replicas = task.replicas;
  Process process(*task.loss, options);
  std::vector<double> std = task.loss->initial_std();
  if (task.name != "perceptron") std::fill(std.begin(), std.end(), 0.0);
  process.start(std::vector<double>(task.loss->dimension(), 0.0), std);
  return process;
}

/// Mean and standard error of f(replica).
template <class F> std::pair<double, double> over_replicas(const Process& process, const F& f) {
  double sum = 0, squares = 0;
  const auto R = static_cast<double>(process.replicas());
  for (std::size_t r = 0; r < process.replicas(); ++r) {
    const double x = f(process.weights(r));
    sum += x;
    squares += x * x;
  }
  return {sum / R, std::sqrt(std::max(0.0, squares / R - sum * sum / (R * R)) / (R - 1))};
}

/// E w' = E w - eta (H E w - X^T y / N), from w = 0.
double distance_from_recursion(const Task& task, const Process& process) {
  std::vector<double> w(64, 0.0), g(64);
  for (std::uint64_t k = 0; k < checked_steps; ++k) {
    (void)full_loss(*task.loss, w.data(), g.data());
    for (std::size_t j = 0; j < 64; ++j) w[j] -= 0.01 * g[j];
  }
  double worst = 0;
  for (std::size_t j = 0; j < 64; ++j) {
    const auto [mean, error] = over_replicas(process, [&](const double* v) { return v[j]; });
    worst = std::max(worst, std::abs(mean - w[j]) / error);
  }
  return worst;
}

void run(const std::string& name, int threads) {
  omp_set_num_threads(threads);
  const Task task = task_of(name);
  Process process = process_of(task);
  process.advance(checked_steps);
  const auto [loss, error] = over_replicas(process, [&](const double* w) { return full_loss(*task.loss, w); });
  const double distance = name == "linear" ? distance_from_recursion(task, process) : 0;
  const Times time = best_of(100, [&] { process.advance(task.stretch); });
  const double scale = 1e9 / static_cast<double>(task.replicas * task.stretch);
  line(name, threads, time, scale, loss, error);
  if (name == "linear") line("linear_mean", threads, time, scale, distance, 1);
}

std::vector<double> covariance_weights(const Task& task) {
  const Process process = process_of(task);
  return {process.weights(0), process.weights(0) + task.loss->dimension()};
}

void run_covariance(int threads) {
  omp_set_num_threads(threads);
  const Task task = task_of("perceptron");
  const std::vector<double> w = covariance_weights(task);
  double trace = 0;
  const Times time = best_of(5, [&] { trace = gradient_covariance(*task.loss, w.data()).trace(); });
  line("covariance", threads, time, 1e9, trace, 0);
}

DRIFTWELL_MULTIVERSION double read_rows(const double* X, const std::uint32_t* samples, std::size_t n) {
  double sum[64] = {};
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < 64; ++j) sum[j] += X[samples[k] * 64 + j];
  return sum[0] + sum[63];
}

/// What bounds linear regression on one core: its random indices, and its rows through the cache.
void run_bounds() {
  const Task task = task_of("linear");
  constexpr std::size_t replicas = 64, batch = 8, steps = 200;
  Sampler sampler(Sampling::with_replacement, 2000, 1);
  Step step;
  step.batch = batch;
  std::vector<std::uint32_t> indices(replicas * batch * steps);
  double sum = 0;
  const double scale = 1e9 / (replicas * steps);
  line("indices", 1, best_of(100, [&] {
         for (step.number = 0; step.number < steps; ++step.number) sampler.draw(0, replicas, step, 0, indices.data() + step.number * replicas * batch, batch);
       }), scale, indices[7], 0);
  line("rows", 1, best_of(100, [&] {
         for (std::size_t k = 0; k < replicas * steps; ++k) sum += read_rows(task.data->inputs.data(), indices.data() + k * batch, batch);
       }), scale, sum, 0);
  // A chain of additions, one a cycle: nanoseconds to cycles.
  std::uint64_t count = 0;
  const Times clock = best_of(200, [&] {
    for (int k = 0; k < 200000; ++k) asm volatile("add $1, %0" : "+r"(count));
  });
  line("cycle", 1, clock, 1e9 / 200000, static_cast<double>(count), 0);
}

void write(const std::string& name, const char* file) {
  const Task task = task_of(name == "covariance" ? "perceptron" : name);
  std::FILE* out = std::fopen(file, "wb");
  if (out == nullptr) throw std::runtime_error(fmt::format("{}: cannot be written", file));
  std::vector<std::vector<double>> parts{task.data->inputs, task.data->targets};
  if (name == "covariance") parts = {covariance_weights(task)};
  for (const std::vector<double>& part : parts) std::fwrite(part.data(), sizeof(double), part.size(), out);
  std::fclose(out);
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "export") return write(argv[2], argv[3]), 0;
  const std::string only = argc > 1 ? argv[1] : "";
  if (argc < 2) fmt::print("{:<14} {} {:>11} {:>11} {:>14} {:>10}\n", "task", "t", "wall ns", "cpu ns", "check", "error");
  for (const int threads : argc > 2 ? std::vector<int>{std::atoi(argv[2])} : std::vector<int>{1, 2}) {
    for (const char* name : {"linear", "logistic", "perceptron"})
      if (only.empty() || only == name) run(name, threads);
    if (only.empty() || only == "covariance") run_covariance(threads);
  }
  if (only.empty() || only == "bounds") run_bounds();
}

// Steps of SGD a second: linear and logistic regression of 64 features (n = 2000, b = 8, 1000 replicas), a perceptron 64-16-10 (b = 32),
// and the covariance of its per-sample gradients. bench_sgd.py does the same in NumPy.
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/process.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <ctime>

using namespace driftwell;
using namespace driftwell::sgd;

namespace {

struct Times {
  double wall = 1e300, processor = 1e300; ///< the second over all threads: tells what a machine with other work on it hides
};

template <class Work> Times seconds(const Work& work) {
  Times best;
  for (int k = 0; k < 5; ++k) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t used = std::clock();
    work();
    best.wall = std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    best.processor = std::min(best.processor, static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC);
  }
  return best;
}

void run(const char* name, const Loss& loss, std::size_t replicas, double batch, std::uint64_t steps) {
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    ProcessOptions options;
    options.learning_rate = 0.01;
    options.batch_size = batch;
    options.replicas = replicas;
    Process process(loss, options);
    process.start(std::vector<double>(loss.dimension(), 0.0), loss.initial_std());
    const Times time = seconds([&] { process.advance(steps); });
    const double each = 1e9 / (static_cast<double>(replicas) * static_cast<double>(steps));
    fmt::print("{:<42} {} threads {:>10.1f} ns a replica-step ({:.1f} of processor time)\n", name, threads, each * time.wall, each * time.processor);
  }
}

std::unique_ptr<Loss> make(const char* name, LossOptions options, Dataset data) { return LossCatalogue::find(name)->make()->make(options, std::make_shared<const Dataset>(std::move(data))); }

} // namespace

int main() {
  LossOptions plain, network;
  plain.bias = false;
  network.hidden = {16};
  run("linear regression d=64 n=2000 b=8", *make("linear_regression", plain, teacher_student({2000, 64, 0.5, 1})), 1000, 8, 400);
  run("logistic regression d=64 n=2000 b=8", *make("logistic", plain, gaussian_mixture({2000, 64, 2, 2, 1})), 1000, 8, 400);
  const auto digits = make("mlp", network, shipped_dataset("digits"));
  run("perceptron 64-16-10 on digits b=32", *digits, 64, 32, 50);
  ProcessOptions one;
  Process start(*digits, one);
  start.start(std::vector<double>(digits->dimension(), 0.0), digits->initial_std());
  const Times time = seconds([&] { (void)gradient_covariance(*digits, start.weights(0)); });
  fmt::print("{:<42} 2 threads {:>10.3f} s ({:.3f} of processor time)\n", "covariance of 1797 gradients of 1210 weights", time.wall, time.processor);
}

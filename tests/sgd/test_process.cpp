// SGD as a process against exact second moments, and its bits.
#include "driftwell/core/error.hpp"
#include "driftwell/sgd/cloud.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/process.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <omp.h>

#include <cmath>
#include <set>

using namespace driftwell;
using namespace driftwell::sgd;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::unique_ptr<Loss> quadratic(double a, double variance) {
  LossOptions options;
  options.hessian = {{a}};
  options.covariance = {{variance}};
  return LossCatalogue::find("quadratic")->make()->make(options, nullptr);
}

std::unique_ptr<Loss> linear(std::size_t n, std::size_t p) {
  LossOptions options;
  options.bias = false;
  return LossCatalogue::find("linear_regression")->make()->make(options, std::make_shared<const Dataset>(teacher_student({n, p, 0.5, 3})));
}

std::vector<double> weights_of(const Process& process) { return process.state().weights; }

/// Mean of w^2 over replicas and a few well separated times, with its standard error.
Estimate stationary_square(Process& process, std::uint64_t settle, std::uint64_t apart, int times) {
  process.advance(settle);
  std::vector<double> squares(process.replicas(), 0.0);
  for (int k = 0; k < times; ++k) {
    process.advance(apart);
    for (std::size_t r = 0; r < process.replicas(); ++r) squares[r] += process.weights(r)[0] * process.weights(r)[0] / times;
  }
  return estimate(squares);
}

} // namespace

TEST_CASE("the same bits for any number of threads, any cut into stretches, and on resume") {
  const auto loss = linear(50, 9);
  for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement, Sampling::epochs})
    for (const bool fancy : {false, true}) {
      ProcessOptions options;
      options.batch_size = 7.0;
      options.learning_rate = Schedule({0, 1, 3}, {0.05, 0.1, 0.02}, Schedule::Interpolation::linear);
      options.sampling = sampling;
      options.replicas = 37;
      if (fancy) {
        options.momentum = 0.8;
        options.nesterov = true;
        options.label_noise = 0.2;
        options.svag = 3;
      }
      const std::vector<double> zero(9, 0.0), one(9, 1.0);
      omp_set_num_threads(1);
      Process whole(*loss, options);
      whole.start(zero, one);
      whole.advance(60);
      omp_set_num_threads(2);
      Process parts(*loss, options);
      parts.start(zero, one);
      parts.advance(23);
      const Process::State state = parts.state();
      Process resumed(*loss, options);
      resumed.restore(state);
      resumed.advance(37);
      CHECK(weights_of(resumed) == weights_of(whole));
      CHECK(resumed.time() == whole.time());
      ProcessOptions fewer = options;
      fewer.replicas = 5;
      Process few(*loss, fewer);
      few.start(zero, one);
      few.advance(60);
      for (std::size_t j = 0; j < 45; ++j) CHECK(weights_of(few)[j] == weights_of(whole)[j]); // a replica does not know the others
      fewer.seed = 2;
      Process other(*loss, fewer);
      other.start(zero, one);
      other.advance(60);
      CHECK(weights_of(other) != weights_of(few));
    }
}

TEST_CASE("batches: every sample equally often, no repetition where none is allowed, every subset") {
  Step step;
  step.batch = 3;
  std::vector<std::uint32_t> indices(64 * 3);
  for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement}) {
    Sampler sampler(sampling, 5, 11);
    std::map<std::vector<std::uint32_t>, int> seen;
    const int draws = 64 * 500;
    for (int k = 0; k < 500; ++k) {
      step.number = static_cast<std::uint64_t>(k);
      sampler.draw(0, 64, step, 0, indices.data(), 3);
      for (int r = 0; r < 64; ++r) {
        std::vector<std::uint32_t> batch(indices.begin() + 3 * r, indices.begin() + 3 * r + 3);
        std::sort(batch.begin(), batch.end());
        ++seen[batch];
      }
    }
    double chi = 0;
    if (sampling == Sampling::without_replacement) {
      CHECK(seen.size() == 10);
      for (const auto& [batch, count] : seen) chi += std::pow(count - draws / 10.0, 2) / (draws / 10.0);
      CHECK(chi < 28); // 9 degrees of freedom, 1e-3
    } else {
      CHECK(seen.size() == 35);
      for (const auto& [batch, count] : seen) {
        const double ways = batch[0] == batch[2] ? 1 : (batch[0] == batch[1] || batch[1] == batch[2]) ? 3 : 6, expected = draws * ways / 125;
        chi += std::pow(count - expected, 2) / expected;
      }
      CHECK(chi < 66); // 34 degrees of freedom
    }
  }
}

TEST_CASE("an epoch takes every sample once, in another order each time and for each replica") {
  Sampler sampler(Sampling::epochs, 20, 3);
  std::set<std::vector<std::uint32_t>> orders;
  for (std::uint64_t replica = 0; replica < 3; ++replica)
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      std::vector<std::uint32_t> order;
      sampler.shuffle(replica, epoch, 0, order);
      CHECK(std::set<std::uint32_t>(order.begin(), order.end()).size() == 20);
      orders.insert(order);
    }
  CHECK(orders.size() == 9);
  // The last batch of an epoch is what is left.
  const auto loss = linear(50, 2);
  ProcessOptions options;
  options.batch_size = 8.0;
  options.sampling = Sampling::epochs;
  Process process(*loss, options);
  process.advance(6);
  CHECK(process.next().batch == 2);
  process.advance(1);
  CHECK(process.next().batch == 8);
  CHECK(process.next().epoch == 1);
}

TEST_CASE("stationary variance on a parabola is the exact discrete one: eta s^2 / (b a (2 - eta a))") {
  const double eta = 0.3, a = 1.5, s2 = 0.8, b = 4;
  const auto loss = quadratic(a, s2);
  ProcessOptions options;
  options.learning_rate = eta;
  options.batch_size = b;
  options.replicas = 4000;
  Process process(*loss, options);
  process.start({0.0});
  const Estimate square = stationary_square(process, 60, 10, 12);
  CHECK(std::abs(square.value - eta * s2 / (b * a * (2 - eta * a))) < 4 * square.standard_error);
  CHECK(square.standard_error < 0.01 * square.value);
}

TEST_CASE("momentum: eta s^2 (1 + mu) / (a (1 - mu) (2 (1 + mu) - eta a)), 0.513513513514 in the sheet's case") {
  const auto loss = quadratic(1, 1);
  ProcessOptions options;
  options.momentum = 0.9;
  options.replicas = 4000;
  Process process(*loss, options);
  process.start({0.0});
  const Estimate square = stationary_square(process, 200, 60, 8);
  CHECK(std::abs(square.value - 0.513513513514) < 4 * square.standard_error);
}

TEST_CASE("Nesterov's momentum against its exact second-moment recursion") {
  const double mu = 0.8, eta = 0.2, a = 1.3, s2 = 0.7;
  // v' = mu v - eta a (w + mu v) - eta xi, w' = w + v': a linear map plus noise.
  const Eigen::Matrix2d A{{1 - eta * a, mu * (1 - eta * a)}, {-eta * a, mu * (1 - eta * a)}};
  const Eigen::Matrix2d noise = eta * eta * s2 * Eigen::Matrix2d::Ones();
  Eigen::Matrix2d C = Eigen::Matrix2d::Zero();
  for (int k = 0; k < 3000; ++k) C = A * C * A.transpose() + noise;
  const auto loss = quadratic(a, s2);
  ProcessOptions options;
  options.learning_rate = eta;
  options.momentum = mu;
  options.nesterov = true;
  options.replicas = 4000;
  Process process(*loss, options);
  process.start({0.0});
  const Estimate square = stationary_square(process, 100, 30, 8);
  CHECK(std::abs(square.value - C(0, 0)) < 4 * square.standard_error);
}

TEST_CASE("SVAG: eta / (a (2 - eta a / l)) for l = 1, 2, 8") {
  const double eta = 0.5, a = 1.2;
  const auto loss = quadratic(a, 1);
  for (const std::size_t l : {1UL, 2UL, 8UL}) {
    CAPTURE(l);
    ProcessOptions options;
    options.learning_rate = eta;
    options.svag = l;
    options.replicas = 3000;
    Process process(*loss, options);
    process.start({0.0});
    const Estimate square = stationary_square(process, 30 * l, 8 * l, 10);
    CHECK(std::abs(square.value - eta / (a * (2 - eta * a / static_cast<double>(l)))) < 4 * square.standard_error);
    CHECK(process.time() == Approx(static_cast<double>(30 * l + 80 * l) * eta / static_cast<double>(l)).epsilon(1e-14));
  }
}

TEST_CASE("without replacement the variance shrinks by (N - b)/(N - 1); a whole batch has none") {
  LossOptions two;
  two.hessian = {{1, 0}, {0, 1}};
  const auto loss = LossCatalogue::find("quadratic")->make()->make(two, nullptr); // four samples
  ProcessOptions options;
  options.sampling = Sampling::without_replacement;
  options.batch_size = 3.0;
  options.learning_rate = 0.2;
  options.replicas = 4000;
  Process process(*loss, options);
  process.start({0.0, 0.0});
  const Estimate square = stationary_square(process, 60, 20, 8);
  CHECK(std::abs(square.value - 0.2 * batch_factor(4, 3, Sampling::without_replacement) / (2 - 0.2)) < 4 * square.standard_error);
  options.batch_size = 4.0;
  Process whole(*loss, options);
  whole.start({1.0, 1.0});
  whole.advance(10);
  for (std::size_t r = 0; r < 10; ++r) CHECK(whole.weights(r)[0] == Approx(std::pow(0.8, 10)).epsilon(1e-14));
}

TEST_CASE("Yaida's relation holds at stationarity, for a loss that is no parabola") {
  const auto data = std::make_shared<const Dataset>(gaussian_mixture({60, 3, 2, 1, 8}));
  LossOptions options;
  options.weight_decay = 0.2;
  const auto loss = LossCatalogue::find("logistic")->make()->make(options, data);
  ProcessOptions process_options;
  process_options.learning_rate = 0.5;
  process_options.batch_size = 2.0;
  process_options.replicas = 400;
  Process process(*loss, process_options);
  process.start(std::vector<double>(4, 0.0));
  process.advance(200);
  std::vector<double> gap(400, 0.0), work(400, 0.0);
  for (int k = 0; k < 30; ++k) {
    process.advance(20);
    const Spread s = spread(process);
    const FullMeasures m = measure_replicas(*loss, process, 400, s.mean, batch_factor(60, 2, Sampling::with_replacement));
    for (std::size_t r = 0; r < 400; ++r) {
      gap[r] += m.drift_work[r] - 0.25 * m.batch_squared[r];
      work[r] += m.drift_work[r];
    }
  }
  const Estimate difference = estimate(gap), size = estimate(work);
  CHECK(std::abs(difference.value) < 4 * difference.standard_error);
  CHECK(difference.standard_error < 0.02 * size.value);
}

TEST_CASE("label noise: the variance it adds to the gradients, for numbers and for classes") {
  const auto loss = linear(40, 3);
  ProcessOptions options;
  options.label_noise = 2;
  options.replicas = 20000;
  options.learning_rate = 1.0;
  Process process(*loss, options);
  process.start({0.0, 0.0, 0.0});
  process.advance(1);
  // One step from w = 0: -w = x (0 - y - e), so the second moment is E x x^T (y^2 + 4).
  const Dataset& data = *loss->data();
  double expected = 0;
  for (std::size_t i = 0; i < 40; ++i) expected += data.input(i)[0] * data.input(i)[0] * (data.targets[i] * data.targets[i] + 4) / 40;
  std::vector<double> squares;
  for (std::size_t r = 0; r < 20000; ++r) squares.push_back(process.weights(r)[0] * process.weights(r)[0]);
  const Estimate square = estimate(squares);
  CHECK(std::abs(square.value - expected) < 4 * square.standard_error);

  const auto classes = std::make_shared<const Dataset>(gaussian_mixture({30, 2, 3, 1, 2}));
  const auto softmax = LossCatalogue::find("softmax")->make()->make({}, classes);
  options.label_noise = 0.3;
  Process spoilt(*softmax, options);
  spoilt.start(std::vector<double>(9, 0.0));
  spoilt.advance(1); // the bias of class c moves by [label is c] - 1/3
  double moved = 0;
  for (std::size_t r = 0; r < 20000; ++r) moved += spoilt.weights(r)[6] / 20000;
  CHECK(std::abs(moved) < 4 * std::sqrt(2.0 / 9 / 20000)); // classes stay equally likely
  options.label_noise = 1.5;
  CHECK_THROWS_AS(Process(*softmax, options), std::invalid_argument);
}

TEST_CASE("divergence is a failure with a place, not a NaN") {
  const auto loss = quadratic(1, 1);
  ProcessOptions options;
  options.learning_rate = 3.0;
  Process process(*loss, options);
  process.start({1.0});
  CHECK_THROWS_WITH(process.advance(5000), Catch::Matchers::Contains("SGD diverged: weight 1 of replica 0"));
}

TEST_CASE("what a process refuses") {
  const auto loss = linear(10, 2);
  ProcessOptions options;
  options.batch_size = 11.0;
  options.sampling = Sampling::without_replacement;
  CHECK_THROWS_AS(Process(*loss, options), std::invalid_argument);
  options.batch_size = 0.2;
  CHECK_THROWS_AS(Process(*loss, options), std::invalid_argument);
  options.batch_size = 5.0;
  options.momentum = 1;
  CHECK_THROWS_AS(Process(*loss, options), std::invalid_argument);
}

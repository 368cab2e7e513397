// The kernels of the inner loop against a slow and obvious SGD, written out from the formulas: every loss with a kernel of its own, every way
// of sampling and stepping, shapes that fill vectors and that do not.
#include "driftwell/sgd/process.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace driftwell;
using namespace driftwell::sgd;

namespace {

struct Shape {
  std::size_t n, p, batch;
};

/// Gradient of the mean over a batch, sample by sample, in long double.
std::vector<long double> slow_gradient(bool logistic, double decay, const Dataset& data, const std::vector<long double>& w, const std::uint32_t* samples,
                                       const double* targets, std::size_t b) {
  std::vector<long double> g(w.size(), 0);
  for (std::size_t k = 0; k < b; ++k) {
    const double* x = data.input(samples[k]);
    long double z = w.size() > data.features ? w[data.features] : 0; // the bias
    for (std::size_t j = 0; j < data.features; ++j) z += w[j] * x[j];
    const long double r = (logistic ? 1 / (1 + std::exp(-z)) : z) - (targets ? targets[k] : data.targets[samples[k]]);
    for (std::size_t j = 0; j < w.size(); ++j) g[j] += r * (j < data.features ? x[j] : 1) / static_cast<long double>(b);
  }
  for (std::size_t j = 0; j < w.size(); ++j) g[j] += decay * w[j];
  return g;
}

/// The process of one replica: batches from the sampler, everything else by hand.
std::vector<long double> slow_process(bool logistic, double decay, const Dataset& data, std::size_t d, const ProcessOptions& options, std::size_t replica, std::size_t steps) {
  std::vector<long double> w(d, 0), v(d, 0);
  Sampler sampler(options.sampling, data.samples, options.seed);
  Step step;
  const long double mu = options.momentum, l = static_cast<long double>(options.svag), eta = options.learning_rate.value(0) / l;
  for (std::size_t k = 0; k < steps; ++k) {
    step.number = k;
    step.batch = static_cast<std::size_t>(options.batch_size.value(0));
    if (options.sampling == Sampling::epochs) step.batch = std::min(step.batch, data.samples - step.position);
    std::vector<long double> at = w, g(d, 0);
    if (options.nesterov)
      for (std::size_t j = 0; j < d; ++j) at[j] += mu * v[j];
    for (std::uint32_t half = 0; half < (options.svag > 1 ? 2U : 1U); ++half) {
      std::vector<std::uint32_t> samples(step.batch);
      sampler.draw(replica, 1, step, half, samples.data(), step.batch);
      const long double share = options.svag == 1 ? 1 : (1 + (half == 0 ? 1 : -1) * std::sqrt(2 * l - 1)) / 2;
      const auto part = slow_gradient(logistic, decay, data, at, samples.data(), nullptr, step.batch);
      for (std::size_t j = 0; j < d; ++j) g[j] += share * part[j];
    }
    for (std::size_t j = 0; j < d; ++j) {
      v[j] = mu * v[j] - eta * g[j];
      w[j] += v[j];
    }
    step.position += step.batch;
    if (step.position >= data.samples) step.position = 0, ++step.epoch;
  }
  return w;
}

void compare(const std::string& name, const Shape& shape, bool bias, double decay, const ProcessOptions& options) {
  const bool logistic = name == "logistic";
  const auto data = std::make_shared<const Dataset>(logistic ? gaussian_mixture({shape.n, shape.p, 2, 1, 5}) : teacher_student({shape.n, shape.p, 0.5, 5}));
  LossOptions loss_options;
  loss_options.bias = bias;
  loss_options.weight_decay = decay;
  const auto loss = LossCatalogue::find(name)->make()->make(loss_options, data);
  Process process(*loss, options);
  const std::size_t steps = 23;
  process.advance(steps);
  for (const std::size_t replica : {std::size_t{0}, options.replicas / 2, options.replicas - 1}) {
    CAPTURE(name, shape.p, shape.batch, replica, sampling_names()[static_cast<std::size_t>(options.sampling)], options.momentum, options.nesterov, options.svag);
    const auto exact = slow_process(logistic, decay, *data, loss->dimension(), options, replica, steps);
    double worst = 0, largest = 0;
    for (std::size_t j = 0; j < exact.size(); ++j) {
      worst = std::max(worst, std::abs(static_cast<double>(process.weights(replica)[j] - exact[j])));
      largest = std::max(largest, std::abs(static_cast<double>(exact[j])));
    }
    CHECK(worst < 1e-13 * (1 + largest));
  }
}

} // namespace

TEST_CASE("steps of linear and logistic regression are those of the formulas, in every mode and shape") {
  const std::vector<Shape> shapes{{40, 1, 1}, {40, 7, 3}, {50, 8, 8}, {50, 13, 9}, {60, 31, 16}, {70, 64, 8}, {70, 64, 1}, {80, 77, 21}, {90, 136, 5}};
  std::size_t turn = 0;
  for (const std::string name : {"linear_regression", "logistic"})
    for (const Shape& shape : shapes)
      for (const Sampling sampling : {Sampling::with_replacement, Sampling::without_replacement, Sampling::epochs})
        for (const int mode : {0, 1, 2, 3, 4}) { // plain, heavy ball, Nesterov, SVAG, SVAG with momentum
          ProcessOptions options;
          options.learning_rate = 0.2 / static_cast<double>(shape.p);
          options.batch_size = static_cast<double>(shape.batch);
          options.sampling = sampling;
          options.momentum = mode == 1 || mode == 2 || mode == 4 ? 0.7 : 0;
          options.nesterov = mode == 2;
          options.svag = mode >= 3 ? 3 : 1;
          options.replicas = std::size_t{1} + turn % 3 * 17;
          ++turn;
          compare(name, shape, turn % 2 == 0, turn % 3 == 0 ? 0.1 : 0, options);
        }
}

TEST_CASE("add_gradients() of every loss is what gradient() says, replica by replica, with the targets given") {
  LossOptions network;
  network.hidden = {5};
  const auto two = std::make_shared<const Dataset>(gaussian_mixture({30, 9, 2, 1, 5}));
  const std::vector<std::uint32_t> samples{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9};
  std::vector<double> targets(15, 0.0);
  for (std::size_t k = 0; k < 15; k += 2) targets[k] = 1;
  for (const std::string name : {"linear_regression", "logistic", "softmax", "mlp"}) {
    CAPTURE(name);
    const auto loss = LossCatalogue::find(name)->make()->make(name == "mlp" ? network : LossOptions(), two);
    const std::size_t d = loss->dimension();
    std::vector<double> w(5 * d), y(5 * d), g(d);
    for (std::size_t j = 0; j < 5 * d; ++j) w[j] = std::sin(1.0 + static_cast<double>(j)), y[j] = std::cos(static_cast<double>(j));
    Workspace workspace;
    for (const double keep : {0.0, 1.0, -0.3}) {
      std::vector<double> out = y;
      if (keep == 0) out.assign(5 * d, std::nan("")); // does not matter
      loss->add_gradients(w.data(), {samples.data(), targets.data(), 3, 5}, keep, 0.7, out.data(), workspace);
      double worst = 0;
      for (std::size_t r = 0; r < 5; ++r) {
        loss->gradient(w.data() + r * d, {std::span(samples).subspan(3 * r, 3), targets.data() + 3 * r}, g.data(), workspace);
        for (std::size_t j = 0; j < d; ++j) {
          const double gap = std::abs(out[r * d + j] - ((keep == 0 ? 0 : keep * y[r * d + j]) + 0.7 * g[j]));
          worst = gap <= worst ? worst : gap; // keeps a NaN
        }
      }
      CHECK(worst < 1e-14);
    }
  }
}

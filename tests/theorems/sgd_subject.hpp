#pragma once
// Short ways to subjects of the SGD side.
#include "certificates.hpp"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace subject {

using namespace driftwell::theorems;
namespace sgd = driftwell::sgd;
using Rows = std::vector<std::vector<double>>;

inline std::shared_ptr<const sgd::Loss> loss(const std::string& name, const sgd::LossOptions& options, std::shared_ptr<const sgd::Dataset> data = nullptr) {
  return driftwell::LossCatalogue::find(name)->make()->make(options, std::move(data));
}

inline std::shared_ptr<const sgd::Loss> quadratic(const Rows& hessian, const Rows& covariance, const std::vector<double>& minimum = {}) {
  sgd::LossOptions options;
  options.hessian = hessian;
  options.covariance = covariance;
  options.minimum = minimum;
  return loss("quadratic", options);
}

/// Terms (w x1 - y)^2/2 + quartic w^4/4 with N samples: parabolas of different curvatures where quartic = 0.
inline std::shared_ptr<const sgd::Loss> line(std::size_t samples, double quartic = 0) {
  auto data = std::make_shared<sgd::Dataset>();
  data->name = "line";
  data->samples = samples;
  data->features = 1;
  for (std::size_t i = 0; i < samples; ++i) {
    const double x = 1 + 0.5 * std::sin(static_cast<double>(3 * i + 1));
    data->inputs.push_back(x);
    data->targets.push_back(0.7 * x + 0.8 * std::cos(static_cast<double>(5 * i)));
  }
  sgd::LossOptions options;
  options.term = "(w*x1 - y)^2/2 + q*w^4/4";
  options.weights = {"w"};
  options.parameters = {{"q", quartic}};
  return loss("expression", options, data);
}

/// Logistic regression of nine samples with a little weight decay: no parabola.
inline std::shared_ptr<const sgd::Loss> logistic() {
  sgd::LossOptions options;
  options.term = "log(1 + exp(-y*(a*x1 + c))) + (a^2 + c^2)/20";
  options.weights = {"a", "c"};
  auto data = std::make_shared<sgd::Dataset>();
  data->samples = 9;
  data->features = 1;
  for (int i = 0; i < 9; ++i) {
    data->inputs.push_back(std::sin(3.0 * i + 1) + 0.3);
    data->targets.push_back(i % 3 == 0 ? -1 : 1);
  }
  return loss("expression", options, data);
}

inline SgdTask task(std::shared_ptr<const sgd::Loss> loss, double eta, double batch, const std::vector<double>& start) {
  SgdTask task;
  task.loss = std::move(loss);
  task.options.learning_rate = driftwell::Schedule(eta);
  task.options.batch_size = driftwell::Schedule(batch);
  task.options.replicas = 512;
  task.start = start;
  task.steps = 1000;
  return task;
}

inline Subject of(SgdTask task) {
  Subject subject;
  // Half the digits in a quarter of the time: samples of 2 % decide.
  subject.judgement.precision = 0.03;
  subject.sgd_ = std::make_shared<SgdEvidence>(std::move(task));
  return subject;
}

using engine::claim_of;
using engine::words;

} // namespace subject

#pragma once
// Short ways to what theorems are tested on.
#include "driftwell/theorems/theorem.hpp"
#include "engine.hpp"

namespace subject {

using namespace driftwell::theorems;

/// A density from a Gaussian start.
inline DensityTask density_task(const driftwell::Model& model, const driftwell::Grid& grid, const std::vector<double>& mean, double std, const std::vector<double>& times) {
  DensityTask task{model, grid};
  task.make.initial = [mean, std](const driftwell::Grid& g, const driftwell::SteadyState&) { return engine::gaussian(g, mean, std); };
  task.times = times;
  return task;
}

inline Subject of(DensityTask task) {
  Subject subject;
  subject.model_ = std::make_shared<driftwell::Model>(task.model);
  subject.density_ = std::make_shared<DensityEvidence>(std::move(task));
  return subject;
}

} // namespace subject

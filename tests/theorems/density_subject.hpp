#pragma once
// Subjects of theorems out of a model, a box and a Gaussian start.
#include "certificates.hpp"
#include "engine.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace engine {

using namespace driftwell::theorems;

struct DensitySubject {
  ModelText text;
  std::vector<Axis> axes;
  std::vector<double> mean;
  double std = 0.3;
  std::vector<double> times{0, 0.25, 0.5, 1, 2, 3};
  DensityMakers make{};
};

/// A density from a Gaussian start.
inline DensityTask density_task(const Model& m, const Grid& grid, const std::vector<double>& mean, double std, const std::vector<double>& times) {
  DensityTask task{m, grid};
  task.make.initial = [mean, std](const Grid& g, const SteadyState&) { return gaussian(g, mean, std); };
  task.times = times;
  return task;
}

inline Subject subject(DensityTask task) {
  Subject result;
  result.model_ = std::make_shared<Model>(task.model);
  result.density_ = std::make_shared<DensityEvidence>(std::move(task));
  return result;
}

inline Subject subject(const DensitySubject& s) {
  DensityTask task = density_task(model(s.text), Grid(s.axes), s.mean, s.std, s.times);
  const auto gaussian_start = task.make.initial;
  task.make = s.make;
  if (!task.make.initial) task.make.initial = gaussian_start;
  return subject(std::move(task));
}

} // namespace engine

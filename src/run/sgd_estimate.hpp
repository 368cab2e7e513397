#pragma once
// What SGD and its diffusion will cost: counts of steps and passes times what a few of them take here and now, in processor seconds.
#include "build_sgd.hpp"
#include "driftwell/steppers/integrate.hpp"

namespace driftwell::run {

struct SgdCosts {
  double step = 0;   ///< of one replica
  double sample = 0; ///< loss and gradient of one sample
};
/// Takes some milliseconds.
[[nodiscard]] SgdCosts sgd_costs(const SgdProblem& problem);

/// A step of one particle; the ensemble's first few start at the given weights.
[[nodiscard]] double particle_step_cost(const Dynamics& dynamics, const Stepper& stepper, const std::vector<double>& start, double dt);

/// Processor seconds for [sgd], the diffusion apart.
[[nodiscard]] double sgd_seconds(const input::SgdSpec& spec, const SgdProblem& problem, const SgdCosts& costs);

} // namespace driftwell::run

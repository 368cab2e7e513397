#pragma once
#include "driftwell/generator/generator.hpp"

namespace driftwell {

/// The steady state is exp(-f/T) on the grid, too: the model says so, no wall absorbs, and no tilt around a period or force in disguise breaks it.
[[nodiscard]] inline bool gibbs_on(const Model& model, const Generator& generator) {
  return model.gibbs() && generator.conservative() && generator.steady_known();
}

} // namespace driftwell

#pragma once
// Factors of large grids cost more than a certificate is worth.
#include "driftwell/theorems/density_evidence.hpp"

#include <memory>

namespace driftwell::theorems {

/// The same experiment on the finest of its halved grids that has at most so many cells; itself where it has.
[[nodiscard]] inline std::shared_ptr<const DensityEvidence> affordable(const DensityEvidence& evidence, std::size_t cells = 40'000) {
  Grid grid = evidence.task().grid;
  if (grid.size() <= cells) return {std::shared_ptr<const DensityEvidence>(), &evidence};
  while (grid.size() > cells) grid = grid.coarsened();
  DensityTask task = evidence.task();
  task.grid = std::move(grid);
  return std::make_shared<DensityEvidence>(std::move(task));
}

} // namespace driftwell::theorems

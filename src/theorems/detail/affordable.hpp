#pragma once
// Factors of large grids cost more than a certificate is worth.
#include "driftwell/theorems/density_evidence.hpp"

#include <memory>

namespace driftwell::theorems {

constexpr std::size_t affordable_cells = 40'000;

/// The same experiment on the finest of its halved grids that has at most so many cells, made once; itself where it has.
[[nodiscard]] inline std::shared_ptr<const DensityEvidence> affordable(const DensityEvidence& evidence) {
  Grid grid = evidence.task().grid;
  if (grid.size() <= affordable_cells) return {std::shared_ptr<const DensityEvidence>(), &evidence};
  return evidence.remembered().get<std::shared_ptr<const DensityEvidence>>([&] {
    while (grid.size() > affordable_cells) grid = grid.coarsened();
    DensityTask task = evidence.task();
    task.grid = std::move(grid);
    return std::make_shared<const DensityEvidence>(std::move(task));
  });
}

} // namespace driftwell::theorems

#include "moments.hpp"

#include "driftwell/core/reduce.hpp"

namespace driftwell {

std::vector<double> mean_of(const DensityState& state) {
  const Grid& grid = state.generator.grid();
  std::vector<double> mean;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const std::vector<double> x = grid.centres(a);
    const std::size_t s = grid.stride(a), n = x.size();
    mean.push_back(deterministic_sum(grid.size(), [&](std::size_t k) {
      return state.c[static_cast<Eigen::Index>(k)] * x[(k / s) % n];
    }));
  }
  return mean;
}

} // namespace driftwell

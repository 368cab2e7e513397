#pragma once
// Paths of a few coordinates, sampled at equal times in one or more replicas.
#include "driftwell/estimators/estimate.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace driftwell::estimators {

struct Trajectories {
  std::size_t dimension = 0, replicas = 0, times = 0;
  double dt = 1;               ///< time between two samples
  std::vector<double> values;  ///< [axis][replica][time]

  [[nodiscard]] const double* path(std::size_t axis, std::size_t replica) const { return values.data() + (axis * replicas + replica) * times; }
  [[nodiscard]] double* path(std::size_t axis, std::size_t replica) { return values.data() + (axis * replicas + replica) * times; }
  /// All samples of an axis: replicas * times numbers.
  [[nodiscard]] const double* column(std::size_t axis) const { return path(axis, 0); }
};

/// Blocks of samples for resampling: whole replicas where there are enough of them, else stretches of time of each.
class PathBlocks {
public:
  PathBlocks(std::size_t replicas, std::size_t times, std::size_t wanted)
      : replicas_(replicas), times_(times), parts_(replicas >= wanted ? 1 : std::min((wanted + replicas - 1) / replicas, std::max<std::size_t>(times / 4, 1))),
        blocks_(replicas >= wanted ? wanted : replicas * parts_) {}
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] bool whole_replicas() const { return parts_ == 1; }
  /// Samples in time of a block.
  [[nodiscard]] std::size_t length() const { return times_ / parts_; }
  [[nodiscard]] std::size_t of(std::size_t replica, std::size_t time) const {
    if (parts_ == 1) return replica * blocks_ / replicas_;
    return replica * parts_ + std::min(time * parts_ / times_, parts_ - 1);
  }

private:
  std::size_t replicas_, times_, parts_, blocks_;
};

/// Integrated autocorrelation time of one coordinate, in samples: 1/2 + sum of the autocorrelation up to the first lag
/// beyond 5 times the sum so far (Sokal 1997), replicas pooled about their common mean.
[[nodiscard]] double autocorrelation_time(const Trajectories& paths, std::size_t axis);

} // namespace driftwell::estimators

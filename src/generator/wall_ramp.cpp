#include "wall_ramp.hpp"

#include <algorithm>

namespace driftwell {

WallRamp::WallRamp(const std::vector<int>& steps) : law_{1.0} {
  for (const int step : steps) {
    const auto width = static_cast<std::size_t>(step);
    std::vector<double> next(law_.size() + width - 1, 0.0);
    for (std::size_t i = 0; i < law_.size(); ++i)
      for (std::size_t j = 0; j < width; ++j) next[i + j] += law_[i] / step;
    law_ = std::move(next);
  }
}

double WallRamp::factor(int step, std::size_t depth) const {
  if (depth >= law_.size()) return 1;
  double sum = 0;
  for (std::size_t j = depth;; j -= static_cast<std::size_t>(step)) {
    sum += law_[j];
    if (j < static_cast<std::size_t>(step)) break;
  }
  return std::min(1.0, step * sum);
}

double WallRamp::sum_to(std::size_t depth) const {
  double sum = 0;
  for (std::size_t j = 0; j <= std::min(depth, law_.size() - 1); ++j) sum += law_[j];
  return sum;
}

double WallRamp::taken(std::size_t depth) const {
  return std::max(0.0, 1 - (sum_to(depth) + (depth > 0 ? sum_to(depth - 1) : 0.0)) / 2);
}

const WallRamp& WallRamps::of(const std::vector<int>& steps) {
  std::vector<int> sorted = steps;
  std::sort(sorted.begin(), sorted.end());
  const auto found = made_.find(sorted);
  return found != made_.end() ? found->second : made_.emplace(sorted, WallRamp(sorted)).first->second;
}

} // namespace driftwell

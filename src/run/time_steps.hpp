#pragma once
// Equal steps between two outputs, no longer than dt, that end exactly at the output times.
#include "driftwell/steppers/integrate.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

namespace driftwell::run {

class TimeSteps {
public:
  TimeSteps() = default;
  TimeSteps(const std::vector<double>& outputs, double dt) {
    std::uint64_t step = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (i > 0) {
        const double length = outputs[i] - outputs[i - 1];
        // One part in 1e9 more than a whole number of steps is rounding.
        const auto count = static_cast<std::uint64_t>(std::max(1.0, std::ceil(length / dt - 1e-9 * std::max(1.0, length / dt))));
        const double h = length / static_cast<double>(count);
        clocks_.push_back({outputs[i - 1] - static_cast<double>(step) * h, h});
        step += count;
      }
      last_.push_back(step);
    }
  }
  /// Number of the step that ends at output i.
  [[nodiscard]] std::uint64_t at(std::size_t output) const { return last_[output]; }
  /// Of the steps that lead to output i > 0.
  [[nodiscard]] Clock clock(std::size_t output) const { return clocks_[output - 1]; }
  [[nodiscard]] std::uint64_t total() const { return last_.back(); }

private:
  std::vector<std::uint64_t> last_;
  std::vector<Clock> clocks_;
};

} // namespace driftwell::run

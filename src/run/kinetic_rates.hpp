#pragma once
// Two rates that are one: dKL/dt as measured on the coefficients, and -gamma T I from the density.
//
// They part where functions are too few. A start that reaches a reflecting wall is the common reason: what comes back has a kink along
// the trajectory from the wall, and a smooth basis converges there like a power of its size. On [-1.5, 1.5] a Gaussian
// 3.5 standard deviations from the wall has rates 1e-3 apart where the same one in the middle has 1e-9; KL itself keeps five digits.
#include "kinetic_run.hpp"

#include <string>
#include <vector>

namespace driftwell::run {

class KineticRates {
public:
  /// Of one output: dissipation, and -gamma T fisher_information.
  void add(double time, double measured, double theory) { rows_.push_back({time, measured, theory}); }

  /// Largest difference relative to the rate, where the rate is at least a thousandth of its largest.
  struct Worst {
    double apart = 0, time = 0;
  };
  [[nodiscard]] Worst worst() const;
  /// A warning, where they are more than 1e-2 apart, or 2e-4 with a start that reaches a wall; else empty. `reach`: see wall_reach().
  [[nodiscard]] std::string warning(double reach) const;

private:
  struct Row {
    double time, measured, theory;
  };
  std::vector<Row> rows_;
};

/// Density of q at the start, less that of the steady state, at the walls: the larger one relative to the largest in the box. 0 on a circle.
[[nodiscard]] double wall_reach(const KineticRun& run, const kinetic::PositionBox& box);

} // namespace driftwell::run

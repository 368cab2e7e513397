#pragma once
// int_0^1 (Q_a(u) - Q_b(u))^2 du of laws on the line, and its jackknife.
#include "driftwell/estimators/wasserstein.hpp"

#include <functional>
#include <vector>

namespace driftwell::estimators {

/// Quantile function of a law constant on cells: line pieces over levels [u0, u1] from x0 to x1, levels ascending from 0 to 1.
struct QuantilePiece {
  double u0, u1, x0, x1;
};
[[nodiscard]] double squared_distance(std::span<const double> sorted, const std::vector<QuantilePiece>& law);
[[nodiscard]] double squared_distance(std::span<const double> sorted_a, std::span<const double> sorted_b);

/// A sample in ascending order together with the jackknife block of each value.
class SortedSample {
public:
  SortedSample(std::vector<double> values, std::size_t blocks);
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] const std::vector<double>& values() const { return values_; }
  [[nodiscard]] std::vector<double> without(std::size_t block) const;

private:
  std::size_t blocks_;
  std::vector<double> values_;
  std::vector<std::size_t> block_;
};

/// Statistic of the whole sample and of the sample without each block: full, then one value a block.
struct LeaveOut {
  double full = 0;
  std::vector<double> without_a, without_b; ///< b: empty where the other law is exact
};
[[nodiscard]] WassersteinEstimate corrected(const LeaveOut& values);

} // namespace driftwell::estimators

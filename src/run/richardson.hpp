#pragma once
// Error bars from two grids: a second-order value v(h) = v + C h^2 + ..., so v(h) - v is (v(h) - v(rh)) / (r^2 - 1).
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

namespace driftwell::run {

struct Richardson {
  double extrapolated, error; ///< error: of the value on the finer grid
};

[[nodiscard]] inline Richardson richardson(double fine, double coarse, double ratio) {
  const double correction = (fine - coarse) / (ratio * ratio - 1);
  return {fine + correction, std::abs(correction)};
}

/// With a third grid the bar also covers the next order: the correction seen from the two coarser grids should be r^2
/// times the one from the two finer; what is missing to that is what the first bar may be short of. Without this term most
/// bars are short by a few per cent, and many times too short where the error changes its sign. Where the differences fall by less
/// than r^2 the grids are too coarse for the order, and the bar is what is left if they go on falling so, down to first order.
[[nodiscard]] inline Richardson richardson(double fine, double middle, double coarse, double ratio) {
  Richardson result = richardson(fine, middle, ratio);
  const double square = ratio * ratio, near = (fine - middle) / (square - 1), far = (middle - coarse) / (square - 1);
  result.error += std::abs(far / square - near);
  const double last = std::abs(fine - middle), before = std::abs(middle - coarse), q = last * ratio < before ? last / before : 1 / ratio;
  result.error = std::max(result.error, last * q / (1 - q));
  return result;
}

/// As far as there are grids. Two show no order: the bar is that of the first.
[[nodiscard]] inline Richardson richardson(double fine, double middle, const double* coarse, double ratio) {
  if (coarse) return richardson(fine, middle, *coarse, ratio);
  return {richardson(fine, middle, ratio).extrapolated, std::abs(fine - middle)};
}

/// Observed order p from three grids with ratio 2: |coarse - middle| / |middle - fine| = 2^p, in the norm over a series.
/// Nothing where the differences are rounding.
[[nodiscard]] inline std::optional<double> observed_order(const std::vector<std::vector<double>>& fine,
                                                          const std::vector<std::vector<double>>& middle,
                                                          const std::vector<std::vector<double>>& coarse) {
  double near = 0, far = 0, size = 0;
  // Time 0 shows how the initial law was put on the grid, not how the equation was solved.
  for (std::size_t i = fine.size() > 1 ? 1 : 0; i < fine.size(); ++i) {
    near += std::pow(fine[i][0] - middle[i][0], 2);
    far += std::pow(middle[i][0] - coarse[i][0], 2);
    size += std::pow(fine[i][0], 2);
  }
  if (!(near > 1e-26 * size) || !(size > 1e-24) || !(far > 0)) return std::nullopt;
  return std::log2(std::sqrt(far / near));
}

} // namespace driftwell::run

#include "chebyshev_coefficients.hpp"

#include <cmath>
#include <cstddef>

namespace driftwell {

std::vector<double> chebyshev_coefficients(double tau, double eps) {
  const auto cut = static_cast<std::size_t>(std::sqrt(2 * tau * std::log(4 / eps)) + std::log(4 / eps) + 10);
  std::vector<double> value(cut + 1);
  double above = 0, here = 1e-280, sum = 0;
  const std::size_t start = cut + 20 + static_cast<std::size_t>(std::sqrt(40.0 * static_cast<double>(cut)));
  for (std::size_t k = start; k > 0; --k) {
    // I_{k-1} = I_{k+1} + (2k / tau) I_k
    const double below = above + 2 * static_cast<double>(k) / tau * here;
    if (k <= cut) value[k] = here;
    sum += 2 * here;
    above = here;
    here = below;
    if (here > 1e250) {
      here *= 1e-250;
      above *= 1e-250;
      sum *= 1e-250;
      for (double& v : value) v *= 1e-250;
    }
  }
  value[0] = here;
  sum += here;
  for (std::size_t k = 0; k <= cut; ++k) value[k] *= (k ? 2 : 1) / sum;
  for (double tail = value.back(); value.size() > 2 && tail < eps; tail += value.back()) value.pop_back();
  return value;
}

} // namespace driftwell

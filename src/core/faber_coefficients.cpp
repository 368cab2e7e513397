#include "driftwell/core/faber_coefficients.hpp"

#include <cmath>

namespace driftwell {

std::vector<double> faber_coefficients(double t, Ellipse ellipse, double eps) {
  const auto [a, b] = ellipse;
  const double sigma = a + b, kappa = (a - b) / sigma, digits = std::log(4 / eps);
  const auto cut = static_cast<std::size_t>(t * b + std::sqrt(2 * t * a * digits) + digits + 10);
  const std::size_t start = cut + 40 + static_cast<std::size_t>(std::sqrt(40.0 * static_cast<double>(cut)));
  std::vector<double> value(cut + 1);
  if (t == 0) return {1};
  // Miller's algorithm for y_k = rho^k I_k: y_{k-1} = 2k / (t sigma) y_k + kappa y_{k+1}, and y_0 + sum_k (1 + kappa^k) y_k =
  // e^{at}. Backwards the sum is Horner's rule in kappa.
  double above = 0, here = 1e-280, plain = 0, turned = 0;
  for (std::size_t k = start; k > 0; --k) {
    if (k <= cut) value[k] = 2 * here;
    plain += here;
    turned = kappa * (turned + here);
    const double below = 2 * static_cast<double>(k) / (t * sigma) * here + kappa * above;
    above = here;
    here = below;
    if (std::abs(here) < 1e250) continue;
    for (double* v : {&here, &above, &plain, &turned}) *v *= 1e-250;
    for (std::size_t i = k; i <= cut; ++i) value[i] *= 1e-250;
  }
  value[0] = here;
  const double sum = here + plain + turned;
  for (double& v : value) v /= sum;
  while (value.size() > 2 && std::abs(value.back()) < eps) value.pop_back();
  return value;
}

} // namespace driftwell

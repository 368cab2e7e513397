#pragma once
// The maximum over x > 0 of a function that rises and then falls in log x; -infinity stands for forbidden x.
#include <cmath>

namespace driftwell::bounds {

template <class Of> double maximise_concave(const Of& of, double start, int refinements = 60) {
  double x = start, best = of(x);
  for (const double factor : {2.0, 0.5}) // bracket by doubling, then by halving
    for (int i = 0; i < 200; ++i) {
      const double next = of(x * factor);
      if (!(next > best) && !(std::isinf(best) && best < 0 && factor < 1)) break;
      x *= factor;
      best = next;
    }
  constexpr double golden = 0.6180339887498949;
  double low = std::log(x / 2), high = std::log(2 * x);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = of(std::exp(a)), at_b = of(std::exp(b));
  for (int i = 0; i < refinements && high - low > 1e-10; ++i) {
    if (at_a >= at_b) high = b, b = a, at_b = at_a, a = high - golden * (high - low), at_a = of(std::exp(a));
    else low = a, a = b, at_a = at_b, b = low + golden * (high - low), at_b = of(std::exp(b));
  }
  const double refined = std::exp(at_a >= at_b ? a : b);
  return of(refined) >= best ? refined : x;
}

} // namespace driftwell::bounds

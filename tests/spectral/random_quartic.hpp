#pragma once
#include "spectral_run.hpp"

#include <random>

namespace spectral_test {

/// A random quartic in two variables with a positive definite top, a random circulation around the origin or none.
inline Problem random_problem(unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto r = [&] { return uniform(random); };
  std::string f = "0.3*x^4 + 0.3*y^4";
  for (const char* term : {"x", "y", "x^2", "y^2", "x*y", "x^3", "y^3", "x^2*y", "x*y^2"}) f += fmt::format(" + {:.6f}*{}", 0.2 * r(), term);
  const std::string turn = seed % 2 ? fmt::format("\ncirculation = \"{:.4f}*exp(-x^2-y^2)\"", 3 * r()) : "";
  return {fmt::format("variables = [\"x\", \"y\"]\npotential = \"{}\"\ntemperature = {:.3f}{}", f, 0.6 + 0.3 * r(), turn),
          fmt::format("gaussian = {{ mean = [{:.3f}, {:.3f}], std = 0.3 }}", 0.5 * r(), 0.5 * r()), "end = 2\noutputs = 21", "lower = -3\nupper = 3"};
}

} // namespace spectral_test

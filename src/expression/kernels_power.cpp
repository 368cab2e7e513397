// a^b for exponents that are neither small whole numbers nor halves (those become multiplications and square roots).
#include "kernels.hpp"

#include <cmath>

namespace driftwell::expression::kernels {

void power(const Strip& strip) {
  for (std::size_t i = 0; i < strip.n; ++i)
    strip.result[i] = std::pow(strip.a[i], strip.b[i]);
}

} // namespace driftwell::expression::kernels

// Trigonometric functions over strips.
#include "kernel_angles.hpp"
#include "kernels.hpp"

#include <cmath>

namespace driftwell::expression::kernels {

// Angles too large for the short reduction are redone one by one with the library's; each element is on its own, so its
// bits do not depend on its neighbours. (!(|x| <= largest) is also true for NaN, which the library passes on.)
#define DRIFTWELL_KERNEL(name)                                                                                         \
  DRIFTWELL_MULTIVERSION static std::uint64_t name##_of_small(const Strip& strip) {                                    \
    const double* const a = strip.a;                                                                                   \
    double* const result = strip.result;                                                                               \
    const std::size_t n = strip.n;                                                                                     \
    std::uint64_t large = 0;                                                                                           \
    _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) {                                                         \
      result[i] = math::name(a[i]);                                                                                    \
      large |= math::magnitude(a[i]) <= math::largest_angle ? 0U : 1U;                                                 \
    }                                                                                                                  \
    return large;                                                                                                      \
  }                                                                                                                    \
  void name(const Strip& strip) {                                                                                      \
    if (name##_of_small(strip) == 0)                                                                                   \
      return;                                                                                                          \
    for (std::size_t i = 0; i < strip.n; ++i)                                                                          \
      if (!(std::abs(strip.a[i]) <= math::largest_angle))                                                              \
        strip.result[i] = std::name(strip.a[i]);                                                                       \
  }
DRIFTWELL_KERNEL(sin)
DRIFTWELL_KERNEL(cos)
DRIFTWELL_KERNEL(tan)
#undef DRIFTWELL_KERNEL

#define DRIFTWELL_KERNEL(name)                                                                                         \
  DRIFTWELL_MULTIVERSION void name(const Strip& strip) {                                                               \
    const double* const a = strip.a;                                                                                   \
    double* const result = strip.result;                                                                               \
    const std::size_t n = strip.n;                                                                                     \
    _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) result[i] = math::name(a[i]);                             \
  }
DRIFTWELL_KERNEL(asin)
DRIFTWELL_KERNEL(acos)
DRIFTWELL_KERNEL(atan)

} // namespace driftwell::expression::kernels

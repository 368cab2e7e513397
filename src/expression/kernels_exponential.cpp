// Exponentials, logarithms and hyperbolic functions over strips.
#include "driftwell/core/elementary.hpp"
#include "kernels.hpp"

namespace driftwell::expression::kernels {

namespace {

/// Whether some result leaves the exponents of normal numbers (or some argument is NaN).
DRIFTWELL_MULTIVERSION bool leaves_normal(const double* a, std::size_t n) {
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < n; ++i)
    outside |= math::magnitude(a[i]) <= math::largest_plain ? 0U : 1U;
  return outside != 0;
}

DRIFTWELL_MULTIVERSION void plain_exp(const Strip& strip) {
  const double* const a = strip.a;
  double* const result = strip.result;
  const std::size_t n = strip.n;
  _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) result[i] = math::plain_exp(a[i]);
}

DRIFTWELL_MULTIVERSION void careful_exp(const Strip& strip) {
  const double* const a = strip.a;
  double* const result = strip.result;
  const std::size_t n = strip.n;
  _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) result[i] = math::exp(a[i]);
}

} // namespace

/// Looking first is cheaper than being careful everywhere; where both apply they agree to the last bit.
void exp(const Strip& strip) { return leaves_normal(strip.a, strip.n) ? careful_exp(strip) : plain_exp(strip); }

#define DRIFTWELL_KERNEL(name)                                                                                         \
  DRIFTWELL_MULTIVERSION void name(const Strip& strip) {                                                               \
    const double* const a = strip.a;                                                                                   \
    double* const result = strip.result;                                                                               \
    const std::size_t n = strip.n;                                                                                     \
    _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) result[i] = math::name(a[i]);                             \
  }

DRIFTWELL_KERNEL(log)
DRIFTWELL_KERNEL(log1p)
DRIFTWELL_KERNEL(expm1)
DRIFTWELL_KERNEL(sinh)
DRIFTWELL_KERNEL(cosh)
DRIFTWELL_KERNEL(tanh)
DRIFTWELL_KERNEL(sigmoid)
DRIFTWELL_KERNEL(softplus)
DRIFTWELL_KERNEL(erf)

} // namespace driftwell::expression::kernels

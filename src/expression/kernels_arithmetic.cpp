// Arithmetic instructions: one vectorised loop each, in every instruction set.
#include "kernels.hpp"

#include "driftwell/core/simd.hpp"

namespace driftwell::expression::kernels {

// ivdep: result may be the same array as an operand, which is harmless element by element.
#define X(name, formula)                                                                                               \
  DRIFTWELL_MULTIVERSION void name(const Strip& strip) {                                                               \
    const double *pa = strip.a, *pb = strip.b, *pc = strip.c, *pd = strip.d;                                           \
    double* const result = strip.result;                                                                               \
    [[maybe_unused]] const double k = strip.k;                                                                         \
    [[maybe_unused]] const double m = strip.m;                                                                         \
    const std::size_t n = strip.n;                                                                                     \
    _Pragma("GCC ivdep") for (std::size_t i = 0; i < n; ++i) {                                                         \
      [[maybe_unused]] const double a = pa[i];                                                                         \
      [[maybe_unused]] const double b = pb[i];                                                                         \
      [[maybe_unused]] const double c = pc[i];                                                                         \
      [[maybe_unused]] const double d = pd[i];                                                                         \
      result[i] = formula;                                                                                             \
    }                                                                                                                  \
  }
DRIFTWELL_ARITHMETIC(X)
#undef X

} // namespace driftwell::expression::kernels

#pragma once
// Instructions of the tape and the loops that carry them out.
#include "functions.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace driftwell::expression {

// Every superinstruction rounds after each operation, as its parts would: fusing saves loads and stores, never bits.
// Columns: name, formula in the registers a b c d and the immediates k m.
#define DRIFTWELL_ARITHMETIC(X)                                                                                        \
  X(copy, a)                                                                                                           \
  X(fill, k)                                                                                                           \
  X(add, a + b)                                                                                                        \
  X(sub, a - b)                                                                                                        \
  X(mul, a * b)                                                                                                        \
  X(div, a / b)                                                                                                        \
  X(add_k, a + k)                                                                                                      \
  X(k_sub, k - a)                                                                                                      \
  X(mul_k, a * k)                                                                                                      \
  X(k_div, k / a)                                                                                                      \
  X(scale_add_m, a * k + m)                                                                                            \
  X(scale_add, a * k + b)                                                                                              \
  X(scale_scale, a * k + b * m)                                                                                        \
  X(scale_scale_add, c + (a * k + b * m))                                                                              \
  X(mul_add, a * b + c)                                                                                                \
  X(mul_sub, a * b - c)                                                                                                \
  X(sub_mul, c - a * b)                                                                                                \
  X(mul_add_m, a * b + m)                                                                                              \
  X(m_sub_mul, m - a * b)                                                                                              \
  X(mul_mul_k, a * b * k)                                                                                              \
  X(mul_scale_add, a * b * k + c)                                                                                      \
  X(mul_scale_add_m, a * b * k + m)                                                                                    \
  X(mul_mul, a * b * c)                                                                                                \
  X(add_m_mul, (a + m) * b)                                                                                            \
  X(m_sub_times, (m - a) * b)                                                                                          \
  X(scale_add_m_mul, (a * k + m) * b)                                                                                  \
  X(add_times, (a + b) * c)                                                                                            \
  X(sub_times, (a - b) * c)                                                                                            \
  X(mul_add_m_times, (a * b + m) * c)                                                                                  \
  X(m_sub_mul_times, (m - a * b) * c)                                                                                  \
  X(mul_scale_add_m_times, (a * b * k + m) * c)                                                                        \
  X(mul_mul_add, a * b * c + d)                                                                                        \
  X(mul_mul_scale_add, a * b * c * k + d)                                                                              \
  X(scale_scale_times, (a * k + b * m) * c)                                                                            \
  X(scale_add_times, (a * k + b) * c)                                                                                  \
  X(mul_add_times, (a * b + c) * d)                                                                                    \
  X(sqrt, __builtin_sqrt(a))                                                                                           \
  X(inverse_sqrt, k / __builtin_sqrt(a))                                                                               \
  X(abs, __builtin_fabs(a))                                                                                            \
  X(sign, a > 0.0 ? 1.0 : (a < 0.0 ? -1.0 : a))                                                                        \
  X(relu, a <= 0.0 ? 0.0 : a)                                                                                          \
  X(step, a > 0.0 ? 1.0 : (a <= 0.0 ? 0.0 : a))                                                                        \
  X(min, b != b ? b : (a > b ? b : a))                                                                                 \
  X(max, b != b ? b : (a < b ? b : a))                                                                                 \
  X(where_less, a < b ? c : d)                                                                                         \
  X(where_less_equal, a <= b ? c : d)                                                                                  \
  X(where_equal, a == b ? c : d)                                                                                       \
  X(where_not_equal, a != b ? c : d)

// Elementary functions of a; power also uses b.
#define DRIFTWELL_ELEMENTARY(X)                                                                                        \
  X(exp) X(log) X(log1p) X(expm1) X(sin) X(cos) X(tan) X(asin) X(acos) X(atan) X(sinh) X(cosh) X(tanh) X(erf)          \
  X(softplus) X(sigmoid) X(power)

enum class Op : std::uint8_t {
#define X(name, formula) name,
  DRIFTWELL_ARITHMETIC(X)
#undef X
#define X(name) name,
  DRIFTWELL_ELEMENTARY(X)
#undef X
  count_
};

/// One instruction on n points. All four operands point at n readable numbers, used or not. In arithmetic `result` may
/// be the very same array as an operand, never a shifted one; in elementary functions it is another array.
struct Strip {
  double* result;
  const double *a, *b, *c, *d;
  double k, m;
  std::size_t n;
};
using Kernel = void (*)(const Strip&);

namespace kernels {
#define X(name, formula) void name(const Strip&);
DRIFTWELL_ARITHMETIC(X)
#undef X
#define X(name) void name(const Strip&);
DRIFTWELL_ELEMENTARY(X)
#undef X
} // namespace kernels

[[nodiscard]] Kernel kernel_of(Op op);
[[nodiscard]] Op op_of(Function function);
[[nodiscard]] Op op_of(Comparison comparison);
[[nodiscard]] std::string_view name_of(Op op);
[[nodiscard]] std::string_view formula_of(Op op); ///< "a * k + b"; elementary functions: "exp(a)"
[[nodiscard]] int operands_of(Op op);             ///< how many of a b c d it reads
[[nodiscard]] bool is_elementary(Op op);

} // namespace driftwell::expression

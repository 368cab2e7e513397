// a^b for exponents that are neither small whole numbers nor halves (those become multiplications and square roots):
// exp(b log a), with log a and the product in pairs of numbers (high + low), since every digit lost there is lost 700-fold.
// The high parts are cut to 26 bits, so that their products are exact without a fused multiply-add.
#include "driftwell/core/elementary.hpp"
#include "kernels.hpp"

#include <cmath>

namespace driftwell {

namespace math {

struct Pair {
  double high, low;
};

DRIFTWELL_INLINE double cut(double x) { return number(bits(x) & 0xfffffffff8000000); }

/// log(x) for positive x: 2 atanh(s) = 2/3 s (3 + z + r) with s = f / (2 + f), z = s^2, plus k log 2.
DRIFTWELL_INLINE Pair log_pair(double x) {
  const bool subnormal = x < 0x1p-1022;
  const Decomposed d = decompose(subnormal ? x * 0x1p54 : x);
  const double k = subnormal ? d.k - 54.0 : d.k;
  const double f = d.m - 1.0;
  const double below = 2.0 + f;
  const double below_high = cut(below);
  const double below_low = f - (below_high - 2.0);
  const double s_high = cut(f / below);
  const double s_low = ((f - s_high * below_high) - s_high * below_low) / below;
  const double s = s_high + s_low;
  const double z_high = s_high * s_high;
  const double z_low = s_low * (s_high + s);
  const double z = z_high + z_low;
  const double r = z * z * polynomial(z, 0.6, 0.4285714285714406, 0.3333333333247915, 0.2727272750414977, 0.2307689233051077, 0.2000221319821851,
                                            0.17559189696845026, 0.17586490591270762);
  const double t = 3.0 + z_high;
  const double t_rest = (z_high - (t - 3.0)) + (z_low + r);
  const double t_high = cut(t + t_rest);
  const double t_low = t_rest - (t_high - t);
  const double product = s_high * t_high;
  const double product_rest = s_low * t_high + s * t_low;
  const double p_high = cut(product + product_rest);
  const double p_low = product_rest - (p_high - product);
  constexpr double third_high = 0x1.555555p-1, third_low = 0x1.5555555555555p-27; // of 2/3
  const double log_high = third_high * p_high;
  const double log_low = third_low * p_high + (2.0 / 3.0) * p_low;
  const double whole = k * ln2_high;
  const double sum = whole + log_high; // k = 0, or |whole| > |log_high|
  const double lost = log_high - (sum - whole);
  return {sum, lost + (log_low + k * ln2_low)};
}

/// For 0 < x < inf and |y| <= largest_exponent.
constexpr double largest_exponent = 1e290;
DRIFTWELL_INLINE double power(double x, double y) {
  const Pair l = log_pair(x);
  const double l_high = cut(l.high + l.low);
  const double l_low = l.low - (l_high - l.high);
  const double y_high = cut(y);
  const double high = y_high * l_high;
  const double low = (y - y_high) * l_high + y * l_low;
  const double exponent = high + low;
  const bool in_range = magnitude(exponent) < 800.0;
  const double rest = in_range ? low - (exponent - high) : 0.0;
  const double kept = in_range ? exponent : (exponent < 0.0 ? -800.0 : 800.0);
  const Exponential e = exponential_parts<true>(kept);
  return scale_by(1.0 + (e.p + (rest + rest * e.p)), e.shifted_k);
}

DRIFTWELL_INLINE bool needs_library(double x, double y) { return !(x > 0.0 && x < infinity && magnitude(y) <= largest_exponent); }

} // namespace math

namespace expression {

namespace kernels {

namespace {

DRIFTWELL_MULTIVERSION std::uint64_t power_of_ordinary(const Strip& strip) {
  const double *a = strip.a, *b = strip.b;
  double* const result = strip.result;
  const std::size_t n = strip.n;
  std::uint64_t special = 0;
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    result[i] = math::power(a[i], b[i]);
    special |= (a[i] > 0.0 ? 0U : 1U) | (a[i] < math::infinity ? 0U : 1U) | (math::magnitude(b[i]) <= math::largest_exponent ? 0U : 1U);
  }
  return special;
}

} // namespace

/// Zero, negative and infinite bases and the like are done one by one by the library, each element on its own.
void power(const Strip& strip) {
  if (power_of_ordinary(strip) == 0)
    return;
  for (std::size_t i = 0; i < strip.n; ++i)
    if (math::needs_library(strip.a[i], strip.b[i]))
      strip.result[i] = std::pow(strip.a[i], strip.b[i]);
}

} // namespace kernels

} // namespace expression

} // namespace driftwell

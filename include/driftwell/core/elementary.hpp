#pragma once
// Building blocks of the elementary functions: branch-free, so that a loop over them becomes vector instructions; no
// library call and no fused multiply-add, so that every instruction set gives the same bits. Polynomials are Chebyshev fits
// made for these ranges; the notation r, z = r^2 is the usual one.
#include "driftwell/core/simd.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace driftwell::math {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

DRIFTWELL_INLINE std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }
DRIFTWELL_INLINE double number(std::uint64_t x) { return std::bit_cast<double>(x); }
DRIFTWELL_INLINE double magnitude(double x) { return __builtin_fabs(x); }
DRIFTWELL_INLINE double with_sign_of(double x, double sign) { return __builtin_copysign(x, sign); }

/// c0 + c1 z + c2 z^2 + ...
DRIFTWELL_INLINE double polynomial(double, double c0) { return c0; }
template <class... More>
DRIFTWELL_INLINE double polynomial(double z, double c0, More... more) { return c0 + z * polynomial(z, more...); }

/// Adding it rounds a number below 2^51 to a whole one, which then stands in the low bits.
constexpr double rounder = 0x1.8p52;
constexpr double ln2_high = 0x1.62e42feep-1; ///< 32 bits: exact times any exponent
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double log2_e = 0x1.71547652b82fep0;

/// x = k ln 2 + r, |r| <= ln(2)/2, and exp(r) = 1 + p.
struct Exponential {
  double p;
  std::uint64_t shifted_k; ///< k + 2048
};

/// With `exact`, what rounding r loses is put back: expm1 needs it, exp does not.
template <bool exact = false>
DRIFTWELL_INLINE Exponential exponential_parts(double x) {
  const double t = x * log2_e + rounder;
  const double k = t - rounder;
  const double high = x - k * ln2_high;
  const double low = k * ln2_low;
  const double r = high - low;
  const double lost = exact ? (high - r) - low : 0.0;
  const double z = r * r;
  const double even = polynomial(z, 0.5000000000000001, 0.04166666666662374, 0.0013888888917406447, 2.4801520996825697e-05, 2.76202305675069e-07);
  const double odd = polynomial(z, 0.16666666666666669, 0.008333333333330032, 0.00019841269863201828, 2.7557268229963227e-06, 2.5100494788905042e-08);
  const double rest = z * (even + r * odd);
  return {r + (exact ? rest + lost : rest), bits(t) - bits(rounder) + 2048};
}

/// y * 2^k in two exact steps, so that k may lie far outside the exponents of double and results may be subnormal.
DRIFTWELL_INLINE double scale_by(double y, std::uint64_t shifted_k) {
  const std::uint64_t half = shifted_k >> 1;
  return y * number((half - 1) << 52) * number((shifted_k - half - 1) << 52);
}

/// exp(x) * 2^shift without overflow in between. NaN stays: both comparisons are false for it.
DRIFTWELL_INLINE double exp_shifted(double x, std::int64_t shift) {
  const double low = x < -800.0 ? -800.0 : x;
  const Exponential e = exponential_parts(low > 800.0 ? 800.0 : low);
  return scale_by(1.0 + e.p, e.shifted_k + static_cast<std::uint64_t>(shift));
}

DRIFTWELL_INLINE double exp(double x) { return exp_shifted(x, 0); }

/// exp(x) for |x| <= largest_plain, where one scaling will do: the same bits with less work.
constexpr double largest_plain = 708.0;
DRIFTWELL_INLINE double plain_exp(double x) {
  const Exponential e = exponential_parts(x);
  return (1.0 + e.p) * number((e.shifted_k - 2048 + 1023) << 52);
}

/// Where exp(x) is so large that 1 no longer counts the plain exponential takes over.
DRIFTWELL_INLINE double expm1(double x) {
  const double low = x < -60.0 ? -60.0 : x;
  const Exponential e = exponential_parts<true>(low > 800.0 ? 800.0 : low);
  const double large = scale_by(1.0 + e.p, e.shifted_k);
  const double power = number((e.shifted_k - 2048 + 1023) << 52); // meaningless for large x, where it is not used
  const double near = e.p * power + (power - 1.0);
  const double result = x > 40.0 ? large : near;
  return x == 0.0 ? x : result; // keeps -0
}

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)); x positive and normal.
struct Decomposed {
  double k, m;
};
DRIFTWELL_INLINE Decomposed decompose(double x) {
  constexpr std::uint64_t root = 0x3fe6a09e00000000; // sqrt(1/2)
  constexpr std::uint64_t one = 0x3ff0000000000000;
  const std::uint64_t moved = bits(x) + (one - root);
  const double biased = number((moved >> 52) | 0x4330000000000000) - 0x1p52;
  return {biased - 1023.0, number((moved & 0x000fffffffffffff) + root)};
}

/// log(1 + f) - f for f in [sqrt(1/2) - 1, sqrt(2) - 1]: with s = f / (2 + f), log(1 + f) = 2 atanh(s).
DRIFTWELL_INLINE double log_remainder(double f) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double tail = z * polynomial(z, 0.666666666666667, 0.3999999999989889, 0.28571428626253836, 0.22222211089379496, 0.1818289243253687,
                                     0.15331611722055008, 0.14617807153417325);
  const double half_square = 0.5 * f * f;
  return s * (half_square + tail) - half_square;
}

DRIFTWELL_INLINE double log(double x) {
  const bool subnormal = x < 0x1p-1022;
  const Decomposed d = decompose(subnormal ? x * 0x1p54 : x);
  const double k = subnormal ? d.k - 54.0 : d.k;
  const double f = d.m - 1.0;
  const double result = k * ln2_high + (f + (k * ln2_low + log_remainder(f)));
  const double special = x == 0.0 ? -infinity : (x < 0.0 ? nan : x); // x is +inf or NaN
  return x > 0.0 && x < infinity ? result : special;
}

/// log(u) + (what rounding 1 + x to u lost) / u; near 0 the series is taken in x itself.
DRIFTWELL_INLINE double log1p(double x) {
  const double u = 1.0 + x;
  const Decomposed d = decompose(u);
  const bool near = d.k == 0.0;
  const double f = near ? x : d.m - 1.0;
  const double lost = x >= 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
  const double correction = near ? 0.0 : lost / u;
  const double result = d.k * ln2_high + (f + ((d.k * ln2_low + correction) + log_remainder(f)));
  const double special = x == -1.0 ? -infinity : (x < -1.0 ? nan : x);
  const double finite = x > -1.0 && x < infinity ? result : special;
  return x == 0.0 ? x : finite;
}

DRIFTWELL_INLINE double sinh(double x) {
  const double a = magnitude(x);
  const double t = expm1(a > 30.0 ? 30.0 : a);
  const double small = 0.5 * (t + t / (t + 1.0));
  return with_sign_of(a < 22.0 ? small : exp_shifted(a, -1), x);
}

DRIFTWELL_INLINE double cosh(double x) {
  const double half = exp_shifted(magnitude(x), -1);
  return half + 0.25 / half;
}

DRIFTWELL_INLINE double tanh(double x) {
  const double a = magnitude(x);
  const double t = expm1(2.0 * (a > 30.0 ? 30.0 : a));
  return with_sign_of(t / (t + 2.0), x);
}

/// 1 / (1 + exp(-x)), accurate relative to itself on both sides.
DRIFTWELL_INLINE double sigmoid(double x) {
  const double e = exp(-magnitude(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/// log(1 + exp(x)) without overflow.
DRIFTWELL_INLINE double softplus(double x) {
  const double positive = x <= 0.0 ? 0.0 : x;
  return positive + log1p(exp(-magnitude(x)));
}

/// erf(x) = x + x Q(x^2) below 1; above, 1 - exp(-x^2) R(t) with t linear in 1/(x + 3).
DRIFTWELL_INLINE double erf(double x) {
  const double magn = magnitude(x);
  const double a = magn > 6.0 ? 6.0 : magn;
  const double z = a * a;
  const double near = a + a * polynomial(z, 0.12837916709551256, -0.37612638903183543, 0.11283791670944997, -0.026866170643236143,
                                         0.00522397760710251, -0.0008548325974698299, 0.00012055294883501286, -1.492473648590296e-05,
                                         1.6447419370488171e-06, -1.6208442020927564e-07, 1.3719880012236024e-08, -7.795547647493875e-10);
  const double t = (1.0 / (a + 3.0) - 0.17994505494505494) * 14.27450980392157;
  const double far = 1.0 - exp(-z) * polynomial(t, 0.20663010235987475, 0.15483966160895124, 0.05023605992483873, 0.012962154244083727,
                                                   0.002552584064084333, 0.00034535527840619305, 2.0774505171006743e-05, -2.5373709430026684e-06,
                                                   -5.946611777092123e-07, 3.820343907436429e-09, 1.2347242132098412e-08, 3.203750892528391e-10,
                                                   -2.8460478068318436e-10, -7.67545733611629e-12, 6.816936585463549e-12, 1.9879272382098674e-14);
  return with_sign_of(a < 1.0 ? near : far, x);
}

} // namespace driftwell::math

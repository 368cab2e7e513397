#pragma once
// Trigonometric functions and their inverses, in the style of driftwell/core/elementary.hpp.
#include "driftwell/core/elementary.hpp"

namespace driftwell::math {

/// Beyond this a multiple of pi/2 in three parts is no longer exact enough.
constexpr double largest_angle = 0x1p20;

/// x = k pi/2 + r + tail, |r| <= pi/4; the two polynomials on r.
struct Angle {
  double sin, cos;
  std::uint64_t k; ///< only its low bits count
};

DRIFTWELL_INLINE Angle angle_parts(double x) {
  constexpr double half_pi_1 = 0x1.921fb544p0; // 32 bits each: exact times k < 2^21
  constexpr double half_pi_2 = 0x1.0b4611a6p-34;
  constexpr double half_pi_3 = 0x1.3198a2e037073p-69;
  const double t = x * 0x1.45f306dc9c883p-1 + rounder;
  const double k = t - rounder;
  const double a = x - k * half_pi_1;
  const double b = k * half_pi_2;
  const double first = a - b;
  const double lost = k * half_pi_3 - ((a - first) - b);
  const double r = first - lost;
  const double tail = (first - r) - lost;
  const double z = r * r;
  const double s = polynomial(z, -0.16666666666666666, 0.008333333333330936, -0.00019841269836740532, 2.7557316093198404e-06,
                              -2.5051129896450185e-08, 1.5917988979397432e-10);
  const double c = polynomial(z, 0.041666666666666664, -0.0013888888888887389, 2.48015872987544e-05, -2.755731726587808e-07,
                              2.087614504941318e-09, -1.1382544645349108e-11);
  const double half = 0.5 * z;
  const double one = 1.0 - half;
  const double sin = r + (z * r * s + tail * one);
  const double cos = one + (((1.0 - one) - half) + (z * z * c - r * tail));
  return {sin, cos, bits(t)};
}

DRIFTWELL_INLINE double flip(double x, std::uint64_t sign_bit) { return number(bits(x) ^ (sign_bit << 63)); }

DRIFTWELL_INLINE double sin(double x) {
  const Angle angle = angle_parts(x);
  const double value = flip((angle.k & 1) != 0 ? angle.cos : angle.sin, (angle.k >> 1) & 1);
  return x == 0.0 ? x : value;
}

DRIFTWELL_INLINE double cos(double x) {
  const Angle angle = angle_parts(x);
  return flip((angle.k & 1) != 0 ? angle.sin : angle.cos, ((angle.k + 1) >> 1) & 1);
}

DRIFTWELL_INLINE double tan(double x) {
  const Angle angle = angle_parts(x);
  const bool odd = (angle.k & 1) != 0;
  const double value = (odd ? -angle.cos : angle.sin) / (odd ? angle.sin : angle.cos);
  return x == 0.0 ? x : value;
}

constexpr double half_pi = 0x1.921fb54442d18p0;
constexpr double half_pi_rest = 0x1.1a62633145c07p-54;

/// The argument is brought to |r| <= tan(pi/8) by atan(a) = offset + atan(r), r = (a - 1)/(a + 1) or -1/a.
DRIFTWELL_INLINE double atan(double x) {
  constexpr double tan_eighth = 0x1.a827999fcef32p-2;
  constexpr double tan_three_eighths = 0x1.3504f333f9de6p1;
  const double a = magnitude(x);
  const bool middle = a > tan_eighth;
  const bool large = a > tan_three_eighths;
  const double above = large ? -1.0 : (middle ? a - 1.0 : a);
  const double below = large ? a : (middle ? a + 1.0 : 1.0);
  const double offset = large ? half_pi : (middle ? 0.5 * half_pi : 0.0);
  const double rest = large ? half_pi_rest : (middle ? 0.5 * half_pi_rest : 0.0);
  const double r = above / below;
  const double z = r * r;
  const double p = polynomial(z, -0.3333333333333333, 0.1999999999999548, -0.14285714284657894, 0.11111111014561013, -0.09090904549884611,
                              0.07692182535116648, -0.06664502215671447, 0.0585806875686151, -0.05085030492810937, 0.03921955253255121,
                              -0.01916206891590248);
  return with_sign_of(offset + (r + (r * z * p + rest)), x);
}

/// asin(r) - r for |r| <= 1/2, z = r^2.
DRIFTWELL_INLINE double asin_remainder(double r, double z) {
  return r * z *
         polynomial(z, 0.16666666666666669, 0.07499999999998415, 0.04464285714639142, 0.03038194413563282, 0.022372173062100795, 0.01735238980570733,
                    0.013971257700218363, 0.011478727335132066, 0.010325825844686174, 0.005444236358399967, 0.017437866186063185, -0.014910967384172363,
                    0.028799050522139054);
}

/// Above 1/2: asin(a) = pi/2 - 2 asin(sqrt((1 - a)/2)).
DRIFTWELL_INLINE double asin(double x) {
  const double a = magnitude(x);
  const bool large = a > 0.5;
  const double folded = 0.5 * (1.0 - a);
  const double z = large ? folded : a * a;
  const double r = large ? __builtin_sqrt(folded) : a;
  const double q = asin_remainder(r, z);
  return with_sign_of(large ? half_pi - (2.0 * r + (2.0 * q - half_pi_rest)) : r + q, x);
}

DRIFTWELL_INLINE double acos(double x) {
  const double a = magnitude(x);
  const bool large = a > 0.5;
  const double folded = 0.5 * (1.0 - a);
  const double z = large ? folded : a * a;
  const double r = large ? __builtin_sqrt(folded) : x;
  const double q = asin_remainder(r, z);
  const double near = half_pi - (r + (q - half_pi_rest));
  const double far = x > 0.0 ? 2.0 * (r + q) : 2.0 * (half_pi - (r + (q - half_pi_rest)));
  return large ? far : near;
}

} // namespace driftwell::math

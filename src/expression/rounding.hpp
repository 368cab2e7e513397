#pragma once
// Sums, products, quotients and roots rounded down or up: the ordinary operation, and one step outward where its exact
// error (Knuth's two-sum; a fused multiply-add) says that it was rounded the wrong way. Exact results stay exact.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace driftwell::expression::rounding {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double exact_above = 0x1p-960; ///< below it the error of a product may itself be rounded

inline double below(double x) { return std::nextafter(x, -infinity); }
inline double above(double x) { return std::nextafter(x, infinity); }

/// `rounded` plus an error that is only known by its sign; an overflow of finite numbers is no infinity as a lower bound.
inline double settle_down(double rounded, double error, bool finite_operands) {
  if (std::isnan(rounded)) return -infinity;
  if (rounded == infinity) return finite_operands ? largest : infinity;
  return error < 0 || std::isnan(error) ? below(rounded) : rounded;
}

inline double add_down(double a, double b) {
  const double s = a + b;
  const double b_part = s - a;
  const double error = (a - (s - b_part)) + (b - b_part);
  return settle_down(s, std::isfinite(s) ? error : 0, std::isfinite(a) && std::isfinite(b));
}
inline double add_up(double a, double b) { return -add_down(-a, -b); }

/// 0 times an infinite end is 0.
inline double multiply_down(double a, double b) {
  if (a == 0 || b == 0) return 0;
  const double p = a * b;
  if (std::abs(p) < exact_above) return below(p);
  return settle_down(p, std::isfinite(p) ? std::fma(a, b, -p) : 0, std::isfinite(a) && std::isfinite(b));
}
inline double multiply_up(double a, double b) { return -multiply_down(-a, b); }

/// b > 0; a / inf counts as its limit 0.
inline double divide_down(double a, double b) {
  if (a == 0 || (std::isinf(b) && std::isfinite(a))) return 0;
  const double q = a / b;
  if (std::abs(q) < exact_above || std::abs(a) < exact_above) return settle_down(q, -1, std::isfinite(a));
  if (!std::isfinite(q)) return settle_down(q, 0, std::isfinite(a));
  const double rest = std::fma(-q, b, a); // exact: a - q b
  return settle_down(q, rest, true);
}
inline double divide_up(double a, double b) { return -divide_down(-a, b); }

inline double root_down(double a) {
  const double r = std::sqrt(a);
  if (a == 0 || std::isinf(a)) return r;
  return a < exact_above || std::fma(-r, r, a) < 0 ? below(r) : r;
}
inline double root_up(double a) {
  const double r = std::sqrt(a);
  if (a == 0 || std::isinf(a)) return r;
  return a < exact_above || std::fma(-r, r, a) > 0 ? above(r) : r;
}

/// Outward by four units in the last place, for results of elementary functions.
inline double widened_down(double x) {
  if (x == infinity) return largest;
  return x - (std::abs(x) * 0x1p-50 + std::numeric_limits<double>::min() * 0x1p-50);
}
inline double widened_up(double x) { return -widened_down(-x); }

} // namespace driftwell::expression::rounding

#include "driftwell/expression/interval.hpp"

#include "interval_functions.hpp"
#include "rounding.hpp"

#include <algorithm>

namespace driftwell::expression {

using namespace rounding;

double Interval::width() const { return is_empty() ? 0 : add_up(upper, -lower); }
double Interval::magnitude() const { return is_empty() ? 0 : std::max(std::abs(lower), std::abs(upper)); }
double Interval::mignitude() const { return is_empty() || contains(0.0) ? 0 : std::min(std::abs(lower), std::abs(upper)); }

double Interval::middle() const {
  if (bounded()) return std::clamp(0.5 * lower + 0.5 * upper, lower, upper);
  if (lower > -infinity) return lower < 1 ? 2 : std::min(2 * lower, rounding::largest);
  if (upper < infinity) return upper > -1 ? -2 : std::max(2 * upper, -rounding::largest);
  return 0;
}

Interval hull(const Interval& a, const Interval& b) {
  if (a.is_empty()) return b;
  if (b.is_empty()) return a;
  return {std::min(a.lower, b.lower), std::max(a.upper, b.upper)};
}

Interval intersection(const Interval& a, const Interval& b) {
  const Interval both{std::max(a.lower, b.lower), std::min(a.upper, b.upper)};
  return both.is_empty() ? Interval::empty() : both;
}

Interval operator+(const Interval& a, const Interval& b) {
  if (a.is_empty() || b.is_empty()) return Interval::empty();
  return {add_down(a.lower, b.lower), add_up(a.upper, b.upper)};
}

Interval operator-(const Interval& a) { return a.is_empty() ? a : Interval{-a.upper, -a.lower}; }
Interval operator-(const Interval& a, const Interval& b) { return a + -b; }

Interval operator*(const Interval& a, const Interval& b) {
  if (a.is_empty() || b.is_empty()) return Interval::empty();
  if (a.lower >= 0 && b.lower >= 0) return {multiply_down(a.lower, b.lower), multiply_up(a.upper, b.upper)};
  if (a.lower >= 0) return {multiply_down(b.lower < 0 ? a.upper : a.lower, b.lower), multiply_up(b.upper < 0 ? a.lower : a.upper, b.upper)};
  if (a.upper < 0) return -(-a * b);
  if (b.lower >= 0 || b.upper < 0) return b * a;
  return {std::min({multiply_down(a.lower, b.lower), multiply_down(a.lower, b.upper), multiply_down(a.upper, b.lower), multiply_down(a.upper, b.upper)}),
          std::max({multiply_up(a.lower, b.lower), multiply_up(a.lower, b.upper), multiply_up(a.upper, b.lower), multiply_up(a.upper, b.upper)})};
}

Interval operator/(const Interval& a, const Interval& b) {
  if (a.is_empty() || b.is_empty() || b == Interval(0.0)) return Interval::empty();
  if (b.upper <= 0) return -a / -b; // -b is not [0, 0]
  if (b.lower < 0) return a == Interval(0.0) ? a : Interval::whole();
  // 0 <= b.lower < b.upper or a positive point; a quotient by 0 is an infinite end
  const double low_over = a.lower >= 0 ? b.upper : b.lower;
  const double high_over = a.upper >= 0 ? b.lower : b.upper;
  return {low_over == 0 ? -Interval::infinity : divide_down(a.lower, low_over),
          high_over != 0 ? divide_up(a.upper, high_over) : a.upper == 0 ? 0 : Interval::infinity};
}

Interval square(const Interval& a) { return integer_power(a, 2); }

namespace {

/// x^n rounded down (or up) for x >= 0.
template <class Multiply> double whole_power(double x, double n, const Multiply& multiply) {
  double result = 1;
  for (; n >= 1; n = std::floor(n / 2)) {
    if (std::fmod(n, 2) != 0) result = multiply(result, x);
    if (n >= 2) x = multiply(x, x);
  }
  return result;
}

Interval positive_power(const Interval& a, double n) { return {whole_power(a.lower, n, multiply_down), whole_power(a.upper, n, multiply_up)}; }

} // namespace

Interval integer_power(const Interval& a, double n) {
  if (a.is_empty()) return a;
  if (n == 0) return 1.0;
  if (n < 0) return Interval(1.0) / integer_power(a, -n);
  if (n == 1) return a;
  const bool even = std::fmod(n, 2) == 0;
  if (even) return positive_power({a.mignitude(), a.magnitude()}, n);
  if (a.lower >= 0) return positive_power(a, n);
  if (a.upper <= 0) return -positive_power(-a, n);
  return {-whole_power(-a.lower, n, multiply_up), whole_power(a.upper, n, multiply_up)};
}

Interval abs(const Interval& a) { return a.is_empty() ? a : Interval{a.mignitude(), a.magnitude()}; }
Interval exp(const Interval& a) { return image(Function::exp, {a}).range; }
Interval log(const Interval& a) { return image(Function::log, {a}).range; }
Interval sqrt(const Interval& a) { return image(Function::sqrt, {a}).range; }

} // namespace driftwell::expression

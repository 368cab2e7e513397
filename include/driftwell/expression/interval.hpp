#pragma once
// Interval arithmetic with outward rounding: what a function of the arguments can be, never less. The four operations and
// the root are rounded outward from the exact error of the ordinary operation (no rounding mode of the processor is
// touched, so nothing depends on threads or compiler switches); elementary functions are the tape's own kernels,
// widened by four units in the last place, which is more than they lose.
//
// Moore, Kearfott & Cloud, Introduction to Interval Analysis (2009). Ends may be infinite; 0 * inf = 0, as the infinite
// end is a bound and no number. Everything done to the empty interval is empty.
#include <limits>

namespace driftwell::expression {

struct Interval {
  double lower = 0, upper = 0; ///< lower <= upper; else the interval is empty

  constexpr Interval() = default;
  constexpr Interval(double point) : lower(point), upper(point) {} // NOLINT: numbers are intervals
  constexpr Interval(double lower, double upper) : lower(lower), upper(upper) {}

  static constexpr double infinity = std::numeric_limits<double>::infinity();
  [[nodiscard]] static constexpr Interval whole() { return {-infinity, infinity}; }
  [[nodiscard]] static constexpr Interval empty() { return {infinity, -infinity}; }

  [[nodiscard]] constexpr bool is_empty() const { return !(lower <= upper); }
  [[nodiscard]] constexpr bool is_point() const { return lower == upper; }
  [[nodiscard]] constexpr bool bounded() const { return lower > -infinity && upper < infinity; }
  [[nodiscard]] constexpr bool contains(double x) const { return lower <= x && x <= upper; }
  [[nodiscard]] constexpr bool contains(const Interval& other) const { return other.is_empty() || (lower <= other.lower && other.upper <= upper); }
  [[nodiscard]] double width() const;        ///< rounded up
  [[nodiscard]] double middle() const;       ///< a point inside; finite also where an end is infinite
  [[nodiscard]] double magnitude() const;    ///< largest |x|
  [[nodiscard]] double mignitude() const;    ///< smallest |x|
  friend constexpr bool operator==(const Interval&, const Interval&) = default;
};

[[nodiscard]] Interval operator+(const Interval& a, const Interval& b);
[[nodiscard]] Interval operator-(const Interval& a, const Interval& b);
[[nodiscard]] Interval operator-(const Interval& a);
[[nodiscard]] Interval operator*(const Interval& a, const Interval& b);
/// Where b holds 0: the half line or the whole line; empty for b = [0, 0].
[[nodiscard]] Interval operator/(const Interval& a, const Interval& b);

[[nodiscard]] Interval square(const Interval& a);
/// a^n for whole n; even powers are >= 0. a^-n = 1 / a^n.
[[nodiscard]] Interval integer_power(const Interval& a, double n);
[[nodiscard]] Interval exp(const Interval& a);
/// Of the part of a where log and sqrt are defined.
[[nodiscard]] Interval log(const Interval& a);
[[nodiscard]] Interval sqrt(const Interval& a);
[[nodiscard]] Interval abs(const Interval& a);

[[nodiscard]] Interval hull(const Interval& a, const Interval& b);
[[nodiscard]] Interval intersection(const Interval& a, const Interval& b);

} // namespace driftwell::expression

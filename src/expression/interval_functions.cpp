// Monotone functions: the ends. Even and periodic ones: the ends and the extremes that may lie between; when rounding
// leaves open whether one does, it counts as inside.
#include "interval_functions.hpp"

#include "rounding.hpp"

#include <algorithm>
#include <numbers>

namespace driftwell::expression {

using namespace rounding;

namespace {

constexpr double pi = std::numbers::pi;

Interval within(const Interval& a, double lowest, double highest) { return {std::clamp(a.lower, lowest, highest), std::clamp(a.upper, lowest, highest)}; }

/// Of a function that does not decrease, with values in [lowest, highest].
Interval increasing(Function f, const Interval& a, double lowest = -infinity, double highest = infinity) {
  return within({widened_down(value_of(f, a.lower)), widened_up(value_of(f, a.upper))}, lowest, highest);
}

/// Whether x + k period lies in a for some whole k; yes when in doubt.
bool meets(const Interval& a, double x, double period) {
  const double first = (a.lower - x) / period, last = (a.upper - x) / period;
  const double doubt = 1e-15 * (2 + std::max(std::abs(first), std::abs(last)));
  return std::floor(last + doubt) >= std::ceil(first - doubt);
}

Interval cosine(Function f, const Interval& a, double peak) {
  if (!a.bounded() || a.magnitude() > 0x1p50 || a.upper - a.lower >= 2 * pi) return {-1, 1};
  const double left = value_of(f, a.lower), right = value_of(f, a.upper);
  return within({meets(a, peak + pi, 2 * pi) ? -1 : widened_down(std::min(left, right)), meets(a, peak, 2 * pi) ? 1 : widened_up(std::max(left, right))},
                -1, 1);
}

/// The image on the part of `a` in [lowest, highest], where `f` is defined.
template <class Of> Image on_domain(const Image& a, double lowest, double highest, const Of& of) {
  const Interval inside = intersection(a.range, {lowest, highest});
  const bool defined = a.defined && inside == a.range;
  return {inside.is_empty() ? inside : of(inside), defined, a.continuous && defined};
}

Image tangent(const Image& a) {
  const bool pole = !a.range.bounded() || a.range.magnitude() > 0x1p50 || meets(a.range, pi / 2, pi);
  if (pole) return {Interval::whole(), false, false};
  return {increasing(Function::tan, a.range), a.defined, a.continuous};
}

/// sign and step: they jump at 0.
Image jump(const Image& a, double below_zero, double at_zero) {
  const Interval x = a.range;
  const auto at = [&](double v) { return v < 0 ? below_zero : v > 0 ? 1 : at_zero; };
  return {{at(x.lower), at(x.upper)}, a.defined, a.continuous && (x.is_point() || at(x.lower) == at(x.upper))};
}

Image of_one(Function f, const Image& a) {
  const Interval x = a.range;
  const auto keep = [&](const Interval& range) { return Image{range, a.defined, a.continuous}; };
  switch (f) {
  case Function::exp: return keep(increasing(f, x, 0));
  case Function::expm1: return keep(increasing(f, x, -1));
  case Function::softplus: return keep(increasing(f, x, 0));
  case Function::sigmoid: return keep(increasing(f, x, 0, 1));
  case Function::tanh:
  case Function::erf: return keep(increasing(f, x, -1, 1));
  case Function::atan: return keep(increasing(f, x, -above(pi / 2), above(pi / 2)));
  case Function::sinh: return keep(increasing(f, x));
  case Function::relu: return keep({std::max(0.0, x.lower), std::max(0.0, x.upper)});
  case Function::abs: return keep(abs(x));
  case Function::cosh: return keep({std::max(1.0, widened_down(value_of(f, x.mignitude()))), std::max(1.0, widened_up(value_of(f, x.magnitude())))});
  case Function::cos: return keep(cosine(f, x, 0));
  case Function::sin: return keep(cosine(f, x, pi / 2));
  case Function::tan: return tangent(a);
  case Function::sign: return jump(a, -1, 0);
  case Function::step: return jump(a, 0, 0);
  case Function::log: {
    Image result = on_domain(a, 0, infinity, [&](const Interval& i) { return i.upper == 0 ? Interval::empty() : increasing(f, i); });
    if (x.lower == 0) result.defined = result.continuous = false; // log(0)
    return result;
  }
  case Function::log1p: {
    Image result = on_domain(a, -1, infinity, [&](const Interval& i) { return i.upper == -1 ? Interval::empty() : increasing(f, i); });
    if (x.lower == -1) result.defined = result.continuous = false;
    return result;
  }
  case Function::sqrt: return on_domain(a, 0, infinity, [](const Interval& i) { return Interval{root_down(i.lower), root_up(i.upper)}; });
  case Function::asin: return on_domain(a, -1, 1, [&](const Interval& i) { return increasing(f, i, -above(pi / 2), above(pi / 2)); });
  case Function::acos:
    return on_domain(a, -1, 1, [&](const Interval& i) {
      return within({widened_down(value_of(f, i.upper)), widened_up(value_of(f, i.lower))}, 0, above(pi));
    });
  case Function::min:
  case Function::max: break;
  }
  return keep(Interval::whole());
}

/// x^y for x >= 0: monotone in either argument when the other is held, so that the extremes are at corners.
Interval corners(const Interval& x, const Interval& y) {
  Interval range = Interval::empty();
  for (const double base : {x.lower, x.upper})
    for (const double exponent : {y.lower, y.upper}) {
      const double value = base == 1 || exponent == 0 ? 1 : power_of(base, exponent);
      range = std::isnan(value) ? Interval::whole() : hull(range, {widened_down(value), widened_up(value)});
    }
  // 1^inf and inf^0 are limits that may be anything
  const bool delicate = (x.contains(1) && !y.bounded()) || (!x.bounded() && y.contains(0)) || (x.contains(0) && y.contains(0));
  if (delicate) range = hull(range, {0, infinity});
  return within(range, 0, infinity);
}

} // namespace

Image image(Function function, const Image& a, const Image& b) {
  if (a.range.is_empty()) return {Interval::empty(), false, false};
  if (function != Function::min && function != Function::max) return of_one(function, a);
  if (b.range.is_empty()) return {Interval::empty(), false, false};
  const auto pick = [&](double x, double y) { return function == Function::min ? std::min(x, y) : std::max(x, y); };
  return {{pick(a.range.lower, b.range.lower), pick(a.range.upper, b.range.upper)}, a.defined && b.defined, a.continuous && b.continuous};
}

Image power_image(const Image& base, const Image& exponent) {
  const Interval x = base.range, y = exponent.range;
  if (x.is_empty() || y.is_empty()) return {Interval::empty(), false, false};
  const bool whole = y.is_point() && std::floor(y.lower) == y.lower;
  const bool defined = base.defined && exponent.defined;
  const bool continuous = base.continuous && exponent.continuous;
  if (whole) {
    const bool pole = y.lower < 0 && x.contains(0.0);
    return {integer_power(x, y.lower), defined && !pole, continuous && !pole};
  }
  const Interval positive = intersection(x, {0, infinity});
  const bool inside = x.lower >= 0 && !(x.lower == 0 && y.lower <= 0);
  // a negative base is defined where the exponent happens to be whole
  const double size = x.lower < 0 && !y.is_point() ? corners({0, -x.lower}, y).upper : -1;
  Interval range = positive.is_empty() ? Interval::empty() : corners(positive, y);
  if (size >= 0) range = hull(range, {-size, size});
  return {range, defined && inside, continuous && inside};
}

Image select_image(Comparison comparison, const Image& left, const Image& right, const Image& yes, const Image& no) {
  const Interval a = left.range, b = right.range;
  if (a.is_empty() || b.is_empty()) return comparison == Comparison::not_equal ? yes : no; // what a comparison with NaN says
  const bool known = left.defined && right.defined;
  const bool equal = a.is_point() && b.is_point() && a.lower == b.lower;
  const bool apart = a.upper < b.lower || b.upper < a.lower;
  bool always = false, never = false;
  switch (comparison) {
  case Comparison::less: always = a.upper < b.lower, never = a.lower >= b.upper; break;
  case Comparison::less_equal: always = a.upper <= b.lower, never = a.lower > b.upper; break;
  case Comparison::equal: always = equal, never = apart; break;
  case Comparison::not_equal: always = apart, never = equal; break;
  }
  if (always && known) return yes;
  if (never && known) return no;
  return {hull(yes.range, no.range), yes.defined && no.defined, false};
}

} // namespace driftwell::expression

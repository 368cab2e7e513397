#include "driftwell/bounds/tails.hpp"

#include "driftwell/bounds/curvature.hpp"
#include "driftwell/bounds/range.hpp"
#include "driftwell/expression/tape.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

constexpr std::size_t directions = 200; ///< sampled, beside axes and diagonals

/// The shell as 2d boxes: beyond the inner cube along one axis, inside it along earlier ones.
std::vector<Box> boxes_of(double inner, double outer, std::size_t d) {
  std::vector<Box> boxes;
  for (std::size_t axis = 0; axis < d; ++axis)
    for (const Interval& side : {Interval(-outer, -inner), Interval(inner, outer)}) {
      Box box(d, Interval(-outer, outer));
      for (std::size_t i = 0; i < axis; ++i) box[i] = {-inner, inner};
      box[axis] = side;
      boxes.push_back(box);
    }
  return boxes;
}

/// Unit vectors: axes both ways, the two diagonals of all ones, and random ones, the same in every run.
std::vector<std::vector<double>> sampled_directions(std::size_t d) {
  std::vector<std::vector<double>> list;
  for (std::size_t i = 0; i < d; ++i)
    for (const double sign : {1.0, -1.0}) {
      list.emplace_back(d, 0.0);
      list.back()[i] = sign;
    }
  if (d == 1) return list;
  for (const double sign : {1.0, -1.0}) list.emplace_back(d, sign / std::sqrt(static_cast<double>(d)));
  std::mt19937_64 random(1);
  for (std::size_t k = 0; k < directions; ++k) {
    std::vector<double> v(d);
    double norm = 0;
    for (double& x : v) { // a sum of uniforms: near enough to normal, and the same bits everywhere
      for (int i = 0; i < 12; ++i) x += static_cast<double>(random() >> 11) * 0x1p-53 - 0.5;
      norm += x * x;
    }
    for (double& x : v) x /= std::sqrt(norm);
    list.push_back(v);
  }
  return list;
}

class Shells {
public:
  Shells(const Expression& f, std::size_t d) : f_(f), d_(d), directions_(sampled_directions(d)) {
    const std::vector<Expression> gradient = f.gradient(d);
    Expression bottom(0.0);
    inward_ = Expression(0.0);
    for (std::size_t i = 0; i < d; ++i) {
      inward_ = inward_ + Expression::variable(i) * gradient[i];
      bottom = bottom + Expression::variable(i) * Expression::variable(i);
    }
    along_ = expression::Tape({f, inward_}, d);
    at_origin_ = along_(std::vector<double>(d, 0.0))[0];
    inward_ = inward_ / bottom;
  }

  [[nodiscard]] Shell shell(double inner, double outer) const {
    Shell shell{inner, outer, Interval::infinity, Interval::infinity, Interval::infinity, Interval::infinity};
    const Search search{1e-6, 0.05, d_ == 1 ? std::size_t{2000} : std::size_t{1000}};
    for (const Box& box : boxes_of(inner, outer, d_)) {
      const Enclosure curvature = convexity(f_, box, {}, search), inward = minimum(inward_, box, search);
      shell.least_curvature = std::min(shell.least_curvature, curvature.smooth && curvature.defined ? curvature.lower : -Interval::infinity);
      shell.least_inward = std::min(shell.least_inward, inward.defined ? inward.lower : -Interval::infinity);
      shell.greatest_inward = std::min(shell.greatest_inward, inward.upper);
    }
    for (const std::vector<double>& direction : directions_) shell.exponent = std::min(shell.exponent, exponent(direction, outer));
    return shell;
  }

  /// Some direction leads to f = +inf: beyond double precision, and no place to measure.
  [[nodiscard]] bool overflows(double radius) const {
    return std::any_of(directions_.begin(), directions_.end(), [&](std::vector<double> x) {
      for (double& c : x) c *= radius;
      const std::vector<double> values = along_(x);
      return values[0] == Interval::infinity || (values[0] > 0 && !std::isfinite(values[1]));
    });
  }

  /// x . grad f / (f - f(0)); 0 where f has not grown, -1 where it is not finite.
  [[nodiscard]] double exponent(const std::vector<double>& direction, double radius) const {
    std::vector<double> x = direction;
    for (double& c : x) c *= radius;
    const std::vector<double> values = along_(x);
    const double grown = values[0] - (std::isfinite(at_origin_) ? at_origin_ : 0);
    if (!std::isfinite(values[0]) || !std::isfinite(values[1])) return -1;
    return grown > 0 ? std::max(0.0, values[1] / grown) : 0;
  }

private:
  Expression f_, inward_;
  std::size_t d_;
  std::vector<std::vector<double>> directions_;
  expression::Tape along_;
  double at_origin_ = 0;
};

} // namespace

std::string name_of(Growth growth) {
  switch (growth) {
  case Growth::quadratic: return "quadratic or more";
  case Growth::linear: return "linear";
  case Growth::sublinear: return "less than linear";
  case Growth::unconfined: return "none";
  case Growth::undefined: return "undefined";
  }
  return {};
}

Tails tails(const Expression& f, std::size_t dimension, int first, int last) {
  if (dimension == 0 || first >= last) throw std::invalid_argument("tails need a dimension and at least one shell");
  const Shells shells(f, dimension);
  Tails result;
  for (int k = first; k < last && !shells.overflows(std::ldexp(1.0, k + 1)); ++k)
    result.shells.push_back(shells.shell(std::ldexp(1.0, k), std::ldexp(1.0, k + 1)));
  if (result.shells.empty()) return result;
  const std::size_t n = result.shells.size(), from = n - std::min<std::size_t>(n, 3);
  result.convex_far_out = result.confining = true;
  for (std::size_t k = from; k < n; ++k) {
    result.convex_far_out = result.convex_far_out && result.shells[k].least_curvature > 0;
    result.confining = result.confining && result.shells[k].least_inward > 0;
  }
  const double p = result.exponent = result.shells.back().exponent;
  // an exponent still on its way: sqrt(1 + x^2) has p = 1 - O(1/x), x^2/2 + |x| has p = 2 - O(1/x); log x has p -> 0
  const double margin = 0.02;
  result.growth = p < 0 ? Growth::undefined : p >= 2 - margin ? Growth::quadratic : p >= 1 - margin ? Growth::linear : p > margin ? Growth::sublinear : Growth::unconfined;
  return result;
}

} // namespace driftwell::bounds

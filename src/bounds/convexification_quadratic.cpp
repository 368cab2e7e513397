// V = kappa |x|^2/2 + b.x: rough, but good in any number of variables. b is the mean of grad f - kappa x over points spread over the
// box, which makes the rest as level as a plane can.
#include "convexification_parts.hpp"
#include "driftwell/bounds/range.hpp"
#include "driftwell/expression/tape.hpp"
#include "maximise_concave.hpp"

#include <cmath>
#include <random>

namespace driftwell::bounds {

namespace {

constexpr int points = 64; ///< and as many opposite ones

/// Mean of grad f along `axes`; NaN where f is not differentiable somewhere.
std::vector<double> mean_gradient(const Expression& f, const std::vector<std::size_t>& axes, const Box& box) {
  const expression::Tape tape(f.gradient(box.size()), box.size());
  std::mt19937_64 random(1);
  std::vector<double> mean(axes.size(), 0.0);
  for (int k = 0; k < points; ++k) {
    std::vector<double> x = middle_of(box), opposite = x;
    for (const std::size_t axis : axes) {
      const double u = static_cast<double>(random() >> 11) * 0x1p-53;
      x[axis] = box[axis].lower + u * (box[axis].upper - box[axis].lower);
      opposite[axis] = box[axis].upper - u * (box[axis].upper - box[axis].lower);
    }
    const std::vector<double> here = tape(x), there = tape(opposite);
    for (std::size_t i = 0; i < axes.size(); ++i) mean[i] += (here[axes[i]] + there[axes[i]]) / (2 * points);
  }
  return mean;
}

} // namespace

Convexification convexify_by_quadratic(const Expression& f, const std::vector<std::size_t>& axes, double temperature, const Box& box) {
  const std::vector<double> slope = mean_gradient(f, axes, box);
  double diameter = 0;
  Expression bowl(0.0), plane(0.0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!std::isfinite(slope[i])) return {0, 0, 0, false, "grad f is not finite on the whole box"};
    const Expression x = Expression::variable(axes[i]); // written out, so that it cancels what f has of it
    bowl = bowl + Expression(0.5) * x * x - Expression(box[axes[i]].middle()) * x;
    plane = plane + Expression(slope[i]) * x;
    diameter += std::pow(box[axes[i]].upper - box[axes[i]].lower, 2);
  }
  const Search search{1e-3 * temperature, 1e-3, 4000};
  const auto rest = [&](double kappa) { return oscillation(f - plane - Expression(kappa) * bowl, box, search); };
  const double kappa = maximise_concave([&](double k) { return std::log(k) - rest(k).upper / temperature; }, temperature / diameter, 8);
  const Oscillation best = rest(kappa);
  if (!best.smallest.defined || !best.largest.defined) return {0, 0, 0, false, "f may be undefined somewhere on the box"};
  return concluded(kappa, best.upper, temperature);
}

} // namespace driftwell::bounds

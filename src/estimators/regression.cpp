#include "driftwell/estimators/regression.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace driftwell::estimators {
namespace {

void check(std::span<const Estimate> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!std::isfinite(y[i].value) || !std::isfinite(y[i].standard_error) || !(y[i].standard_error > 0))
      throw NumericalFailure(fmt::format("regression: point {} is {} +- {}", i, y[i].value, y[i].standard_error));
}

double weight(const Estimate& e) { return 1 / (e.standard_error * e.standard_error); }

} // namespace

Estimate weighted_mean(std::span<const Estimate> y) {
  if (y.empty()) throw NumericalFailure("regression: no points");
  check(y);
  double weights = 0, sum = 0;
  for (const Estimate& e : y) {
    weights += weight(e);
    sum += weight(e) * e.value;
  }
  return {sum / weights, 1 / std::sqrt(weights)};
}

Line weighted_line(std::span<const double> x, std::span<const Estimate> y) {
  if (x.size() != y.size()) throw std::invalid_argument("regression: one y for every x");
  check(y);
  require_finite(x, "regression");
  const double mean_y = y.empty() ? 0 : weighted_mean(y).value;
  double weights = 0, mean_x = 0, xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    weights += weight(y[i]);
    mean_x += weight(y[i]) * x[i];
  }
  mean_x /= weights;
  bool different = false;
  for (std::size_t i = 0; i < x.size(); ++i) { // about the means: nothing cancels
    const double dx = x[i] - mean_x, dy = y[i].value - mean_y;
    xx += weight(y[i]) * dx * dx;
    xy += weight(y[i]) * dx * dy;
    yy += weight(y[i]) * dy * dy;
    different = different || x[i] != x[0];
  }
  if (!different) throw NumericalFailure(fmt::format("regression: a line needs two different places, found {} points at one", x.size()));
  Line line;
  line.points = x.size();
  line.degrees = x.size() - 2;
  line.slope = {xy / xx, 1 / std::sqrt(xx)};
  line.intercept = {mean_y - line.slope.value * mean_x, std::sqrt(1 / weights + mean_x * mean_x / xx)};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i].value - mean_y - line.slope.value * (x[i] - mean_x);
    line.chi_squared += weight(y[i]) * residual * residual;
  }
  line.r_squared = yy > 0 ? 1 - line.chi_squared / yy : std::nan("");
  return line;
}

} // namespace driftwell::estimators

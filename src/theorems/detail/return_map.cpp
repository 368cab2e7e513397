#include "return_map.hpp"

#include "sample_fields.hpp"

#include "driftwell/expression/tape.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <optional>

namespace driftwell::theorems {

using expression::Expression;
using expression::Tape;
using Point = std::array<double, 2>;

namespace {

bool inside(const Grid& grid, const Point& x) {
  for (std::size_t a = 0; a < 2; ++a)
    if (!(x[a] >= grid.axis(a).lower && x[a] <= grid.axis(a).upper)) return false;
  return true;
}

std::optional<FlowZero> newton(const Tape& tape, const Grid& grid, Point x) {
  const double size = std::hypot(grid.axis(0).spacing(), grid.axis(1).spacing());
  for (int i = 0; i < 50; ++i) {
    const std::vector<double> v = tape(std::span<const double>(x));
    Eigen::Matrix2d J;
    J << v[2], v[3], v[4], v[5];
    const Eigen::Vector2d step = J.fullPivLu().solve(Eigen::Vector2d(v[0], v[1]));
    if (!step.allFinite() || step.norm() > 10 * size) return std::nullopt;
    x[0] -= step[0], x[1] -= step[1];
    if (!inside(grid, x)) return std::nullopt;
    if (step.norm() > 1e-13 * (1 + std::hypot(x[0], x[1]))) continue;
    const Eigen::Vector2cd lambda = J.eigenvalues();
    return FlowZero{x, {lambda[0], lambda[1]}};
  }
  return std::nullopt;
}

/// One turn by steps h; the radius at the crossing, nothing where the orbit leaves the box or does not come around.
std::optional<double> one_turn(const Tape& tape, const FlowZero& zero, const Grid& grid, double radius, double h) {
  const auto flow = [&](const Point& x) {
    const std::vector<double> v = tape(std::span<const double>(x));
    return Point{v[0], v[1]};
  };
  const auto moved = [](const Point& x, const Point& v, double t) { return Point{x[0] + t * v[0], x[1] + t * v[1]}; };
  const auto step = [&](const Point& x, double t) {
    const Point a = flow(x), b = flow(moved(x, a, t / 2)), c = flow(moved(x, b, t / 2)), d = flow(moved(x, c, t));
    return Point{x[0] + t / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0]), x[1] + t / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])};
  };
  const auto angle_between = [&](const Point& x, const Point& y) {
    const double ax = x[0] - zero.x[0], ay = x[1] - zero.x[1], bx = y[0] - zero.x[0], by = y[1] - zero.x[1];
    return std::atan2(ax * by - ay * bx, ax * bx + ay * by);
  };
  Point x{zero.x[0] + radius, zero.x[1]};
  double angle = 0;
  for (int i = 0; i < 200000; ++i) {
    const Point next = step(x, h);
    if (!inside(grid, next) || !std::isfinite(next[0] + next[1])) return std::nullopt;
    const double turned = angle + angle_between(x, next);
    if (std::abs(turned) < 2 * M_PI) {
      x = next, angle = turned;
      continue;
    }
    // The crossing inside this step, by bisection in its length.
    double low = 0, high = h;
    for (int j = 0; j < 60; ++j) {
      const double middle = (low + high) / 2;
      (std::abs(angle + angle_between(x, step(x, middle))) < 2 * M_PI ? low : high) = middle;
    }
    const Point there = step(x, (low + high) / 2);
    return std::hypot(there[0] - zero.x[0], there[1] - zero.x[1]);
  }
  return std::nullopt;
}

} // namespace

std::vector<FlowZero> zeros_of_flow(const std::vector<Expression>& v, const Grid& grid) {
  const Tape tape({v[0], v[1], v[0].derivative(0), v[0].derivative(1), v[1].derivative(0), v[1].derivative(1)}, 2);
  const auto values = sample_fields({v[0], v[1]}, grid);
  const Eigen::VectorXd size = values[0].cwiseAbs2() + values[1].cwiseAbs2();
  std::vector<FlowZero> zeros;
  const auto n0 = static_cast<Eigen::Index>(grid.axis(0).cells), n1 = static_cast<Eigen::Index>(grid.axis(1).cells);
  for (Eigen::Index i = 1; i + 1 < n0; ++i)
    for (Eigen::Index j = 1; j + 1 < n1; ++j) {
      const Eigen::Index k = i * n1 + j;
      bool least = true;
      for (const Eigen::Index other : {k - n1, k + n1, k - 1, k + 1}) least = least && !(size[other] < size[k]);
      if (!least) continue;
      const auto zero = newton(tape, grid, {grid.axis(0).centre(static_cast<std::size_t>(i)), grid.axis(1).centre(static_cast<std::size_t>(j))});
      if (!zero) continue;
      bool known = false;
      for (const FlowZero& old : zeros) known = known || std::hypot(old.x[0] - zero->x[0], old.x[1] - zero->x[1]) < 1e-8;
      if (!known) zeros.push_back(*zero);
    }
  return zeros;
}

std::vector<Return> return_map(const std::vector<Expression>& v, const FlowZero& zero, const Grid& grid) {
  const Tape tape({v[0], v[1]}, 2);
  const double widest = 0.9 * (grid.axis(0).upper - zero.x[0]);
  std::vector<Return> result;
  for (double radius = widest; radius > widest / 30; radius *= 0.7) {
    const std::vector<double> at = tape(std::span<const double>(Point{zero.x[0] + radius, zero.x[1]}));
    const double h = 0.01 * radius / std::hypot(at[0], at[1]);
    const auto coarse = one_turn(tape, zero, grid, radius, h), fine = one_turn(tape, zero, grid, radius, h / 2);
    if (coarse && fine) result.push_back({radius, {*fine / radius - 1, std::abs(*fine - *coarse) / radius + 1e-12, 0}});
  }
  return result;
}

} // namespace driftwell::theorems

#include "driftwell/observables/transport.hpp"

#include "driftwell/core/error.hpp"

#include <boost/math/tools/minima.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell {

namespace {

using Weights = std::vector<double>;

Weights normalised(std::span<const double> faces, std::span<const double> weights) {
  if (weights.empty() || faces.size() != weights.size() + 1) throw std::invalid_argument("wasserstein_2: one face more than cells is needed");
  double sum = 0;
  for (const double w : weights) sum += w;
  if (!(sum > 0) || !std::isfinite(sum)) throw NumericalFailure("wasserstein_2: a law without mass");
  Weights result(weights.begin(), weights.end());
  for (double& w : result) w /= sum;
  return result;
}

/// A place on a quantile function: `used` of the mass of `cell` lies behind it, and `shift` is added to positions.
struct Place {
  std::size_t cell = 0;
  double used = 0, shift = 0;
};

/// One law as a path from one end to the other.
struct Path {
  std::span<const double> faces;
  const Weights& mass;

  [[nodiscard]] double left(const Place& p) const { return mass[p.cell] - p.used; }
  [[nodiscard]] double position(const Place& p, double ahead) const {
    const double share = std::min(1.0, (p.used + ahead) / mass[p.cell]);
    return p.shift + faces[p.cell] + (faces[p.cell + 1] - faces[p.cell]) * share;
  }
  /// To a place with mass ahead; around the period where there is one. False at the end of a line.
  [[nodiscard]] bool settle(Place& p, double period) const {
    while (!(left(p) > 0)) {
      p.used = 0;
      if (++p.cell < mass.size()) continue;
      if (period == 0) return false;
      p.cell = 0;
      p.shift += period;
    }
    return true;
  }
};

/// The integral of (F^-1 - G^-1)^2 over the next `amount` of mass. Masses are counted from cell to cell, so that equal
/// laws stay in step to the last digit and small differences keep theirs.
double walk(const Path& f, Place p, const Path& g, Place q, double amount, double period) {
  double total = 0;
  while (amount > 0 && f.settle(p, period) && g.settle(q, period)) {
    const double near = f.left(p), far = g.left(q), step = std::min({near, far, amount});
    const double first = f.position(p, 0) - g.position(q, 0), last = f.position(p, step) - g.position(q, step);
    total += step * (first * first + first * last + last * last) / 3;
    p.used = step == near ? f.mass[p.cell] : p.used + step;
    q.used = step == far ? g.mass[q.cell] : q.used + step;
    amount -= step;
  }
  return total;
}

/// The place where the mass `amount` (any sign) has been passed, seen from the cut at faces.front().
Place place_after(const Weights& mass, double amount, double period) {
  Place p;
  if (amount >= 0) {
    while (amount > mass[p.cell]) {
      amount -= mass[p.cell];
      if (++p.cell == mass.size()) {
        p.cell = 0;
        p.shift += period;
      }
    }
    p.used = amount;
    return p;
  }
  p.cell = mass.size() - 1;
  p.shift = -period;
  for (amount = -amount; amount > mass[p.cell];) {
    amount -= mass[p.cell];
    if (p.cell-- == 0) {
      p.cell = mass.size() - 1;
      p.shift -= period;
    }
  }
  p.used = mass[p.cell] - amount;
  return p;
}

} // namespace

double wasserstein_2_line(std::span<const double> faces, std::span<const double> a, std::span<const double> b) {
  const Weights f = normalised(faces, a), g = normalised(faces, b);
  // From either end to the middle: the mass of a tail is small there, not 1 minus something small.
  const double lower = walk({faces, f}, {}, {faces, g}, {}, 0.5, 0);
  std::vector<double> mirrored(faces.rbegin(), faces.rend());
  const Weights back_f(f.rbegin(), f.rend()), back_g(g.rbegin(), g.rend());
  return std::sqrt(lower + walk({mirrored, back_f}, {}, {mirrored, back_g}, {}, 0.5, 0));
}

double wasserstein_2_circle(std::span<const double> faces, std::span<const double> a, std::span<const double> b) {
  const Weights f = normalised(faces, a), g = normalised(faces, b);
  const double period = faces.back() - faces.front();
  const auto cost = [&](double cut) { return walk({faces, f}, {}, {faces, g}, place_after(g, cut, period), 1, period); };
  // Brent's method stops at cuts good to 1e-8, which shows where laws are close or the cost has a kink: again around the
  // minimum, until it does not.
  double cut = 0, least = cost(0);
  for (double width = 1; width > 1e-13 && least > 0; width *= 1e-6) {
    const double before = least;
    const auto found = boost::math::tools::brent_find_minima([&](double z) { return cost(cut + width * z); }, -1.0, 1.0, 27);
    if (found.second < least) {
      least = found.second;
      cut += width * found.first;
    }
    if (width < 1 && before - least <= 1e-10 * before) break;
  }
  return std::sqrt(least);
}

} // namespace driftwell

#include "driftwell/kinetic/evolution.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "krylov_space.hpp"
#include "one_thread.hpp"

#include <unsupported/Eigen/MatrixFunctions>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

namespace driftwell::kinetic {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr Index most_vectors = 70;
constexpr double windows_a_pole = 10; ///< W / tau
constexpr int samples = 32;           ///< of a window, for the integral of the bound

/// The small problem y' = G y of one Krylov space.
struct SmallProblem {
  SmallProblem(const KrylovSpace& space, double tau) {
    const Index m = space.dimension();
    const MatrixXd inverse = space.matrix().inverse();
    G = (MatrixXd::Identity(m, m) - inverse) / tau;
    last = inverse.row(m - 1);
    slope = last * G;
    start = VectorXd::Zero(m);
    start[0] = space.start_norm();
    remainder = space.remainder();
    tau_ = tau;
  }
  /// Bounds of the error at the ends of `samples` equal parts of a window.
  [[nodiscard]] std::vector<double> bounds(double window) const {
    const MatrixXd step = (window / samples * G).exp();
    VectorXd y = start;
    const double first = std::abs(last.dot(y));
    double before = std::abs(last.dot(y) - tau_ * slope.dot(y)), integral = 0;
    std::vector<double> result;
    for (int i = 1; i <= samples; ++i) {
      y = step * y;
      const double phi = last.dot(y), now = std::abs(phi - tau_ * slope.dot(y));
      integral += (before + now) / 2 * window / samples;
      before = now;
      result.push_back(remainder / tau_ * (integral + tau_ * (std::abs(phi) + first)));
    }
    return result;
  }
  MatrixXd G;
  VectorXd start;
  Eigen::RowVectorXd last, slope;
  double remainder, tau_;
};

class Factors {
public:
  explicit Factors(const KineticOperator& L) : L_(L) {}
  const BlockFactor& of(double tau) {
    auto& factor = kept_[tau];
    if (!factor) {
      if (kept_.size() > 3) { // the one farthest from what is needed now
        const auto far = std::max_element(kept_.begin(), kept_.end(), [&](const auto& a, const auto& b) {
          return std::abs(std::log(a.first / tau)) < std::abs(std::log(b.first / tau));
        });
        kept_.erase(far);
      }
      factor = std::make_unique<BlockFactor>(L_, 1 / tau);
      ++made;
    }
    return *factor;
  }
  int made = 0;

private:
  const KineticOperator& L_;
  std::map<double, std::unique_ptr<BlockFactor>> kept_;
};

/// One window from u: as far of it as the bound allows. Returns the length, and the small problem in `space`.
struct Window {
  double length = 0, error = 0;
  std::unique_ptr<SmallProblem> small;
};

Window open_window(KrylovSpace& space, const BlockFactor& factor, double tau, double length, double allowed) {
  Window window;
  while (!space.full() && !space.invariant()) {
    (void)space.extend([&](const VectorXd& v) -> VectorXd { return factor.solve(v) / tau; }); // (1 - tau L)^-1
    const Index m = space.dimension();
    if (!space.full() && !space.invariant() && (m < 16 || m % 10 != 0)) continue;
    window.small = std::make_unique<SmallProblem>(space, tau);
    const std::vector<double> bounds = window.small->bounds(length);
    if (bounds.back() <= allowed) {
      window.length = length;
      window.error = bounds.back();
      return window;
    }
    if (!space.full() && !space.invariant()) continue;
    int good = 0;
    while (good < samples && bounds[static_cast<std::size_t>(good)] <= allowed) ++good;
    if (good > 0) window.error = bounds[static_cast<std::size_t>(good - 1)];
    window.length = length * good / samples;
  }
  return window;
}

} // namespace

KineticReport evolve(const KineticOperator& L, const VectorXd& start, const std::vector<double>& times, double tolerance,
                     const std::function<void(std::size_t, const VectorXd&)>& observe) {
  KineticReport report;
  const OneThread one;
  Factors factors(L);
  const VectorXd steady = L.steady(); // what evolves is the deviation from it
  VectorXd u = start - steady;
  double now = 0;
  const double end = times.back();
  // Powers of two, so that factors serve again; the first one a few times as long as the start takes to change.
  const double change = L.apply(u).norm(), guess = change > 0 ? std::min(end, 3 * u.norm() / change) : end;
  double length = std::exp2(std::ceil(std::log2(std::max(guess, 1e-300))));
  std::size_t next = 0;
  while (next < times.size() && times[next] <= 0) observe(next++, u + steady);
  while (next < times.size()) {
    poll_interrupt();
    if (u.norm() == 0) {
      observe(next++, u + steady);
      continue;
    }
    while (length / 2 >= end - now && length > 1e-300) length /= 2;
    const double tau = length / windows_a_pole;
    KrylovSpace space(u, std::min<Index>(most_vectors, L.size() - 1));
    const Window window = open_window(space, factors.of(tau), tau, length, tolerance * u.norm());
    report.vectors += static_cast<int>(space.dimension());
    if (window.length < length / 8) {
      length /= 4;
      if (length < 1e-12 * end) throw NumericalFailure(fmt::format("the kinetic equation cannot be advanced from t = {:g} to the tolerance {:.1e}", now, tolerance));
      continue;
    }
    ++report.windows;
    report.error += window.error / u.norm();
    VectorXd y = window.small->start;
    double at = 0, spacing = -1;
    MatrixXd step;
    const auto advance = [&](double to) {
      if (to == at) return;
      if (std::abs(to - at - spacing) > 1e-14 * (now + to)) step = ((spacing = to - at) * window.small->G).exp();
      y = step * y;
      at = to;
    };
    while (next < times.size() && times[next] <= now + window.length) {
      advance(times[next] - now);
      observe(next++, space.combine(y) + steady);
    }
    if (next == times.size()) break;
    advance(window.length);
    u = space.combine(y);
    now += window.length;
    if (window.length < length / 2) length /= 2;
    else if (window.length == length && space.dimension() <= most_vectors / 2) length *= 2;
  }
  report.factors = factors.made;
  return report;
}

} // namespace driftwell::kinetic

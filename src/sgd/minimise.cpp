#include "driftwell/sgd/minimise.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::sgd {

namespace {

using Eigen::VectorXd;

VectorXd product(const Loss& loss, const VectorXd& w, const VectorXd& v) {
  VectorXd result(v.size());
  full_hessian_product(loss, w.data(), v.data(), result.data());
  return result;
}

/// The step to the wall of the trust region along p from s.
double to_wall(const VectorXd& s, const VectorXd& p, double radius) {
  const double a = p.squaredNorm(), b = s.dot(p), c = s.squaredNorm() - radius * radius;
  return (-b + std::sqrt(std::max(0.0, b * b - a * c))) / a;
}

struct Step {
  VectorXd s;
  double predicted = 0; ///< decrease of the quadratic model
  bool curved = true;   ///< no negative curvature met
};

Step steihaug(const Loss& loss, const VectorXd& w, const VectorXd& g, double radius) {
  Step step{VectorXd::Zero(g.size())};
  VectorXd r = -g, p = r, Hs = VectorXd::Zero(g.size());
  const double goal = std::min(0.1, std::sqrt(g.norm())) * g.norm();
  const auto most = std::min<Eigen::Index>(2 * g.size() + 10, 500);
  for (Eigen::Index k = 0; k < most && r.norm() > goal; ++k) {
    const VectorXd Hp = product(loss, w, p);
    const double curvature = p.dot(Hp), square = r.squaredNorm();
    double length = square / curvature;
    const bool negative = !(curvature > 0), outside = !negative && (step.s + length * p).norm() >= radius;
    if (negative || outside) length = to_wall(step.s, p, radius);
    step.s += length * p;
    Hs += length * Hp;
    if (negative) step.curved = false;
    if (negative || outside) break;
    r -= length * Hp;
    p = r + (r.squaredNorm() / square) * p;
  }
  step.predicted = -(g.dot(step.s) + step.s.dot(Hs) / 2);
  return step;
}

} // namespace

Minimum minimise(const Loss& loss, const std::vector<double>& start, double tolerance, std::size_t iterations) {
  VectorXd w = Eigen::Map<const VectorXd>(start.data(), static_cast<Eigen::Index>(start.size())), g(w.size()), next(w.size()), g_next(w.size());
  double f = full_loss(loss, w.data(), g.data()), radius = std::max(1.0, w.norm());
  if (!std::isfinite(f) || !g.allFinite()) throw NumericalFailure("the loss is not finite where its minimum is sought");
  Minimum minimum;
  for (; minimum.iterations < iterations; ++minimum.iterations) {
    poll_interrupt();
    if (g.norm() == 0) break;
    const Step step = steihaug(loss, w, g, radius);
    minimum.converged = step.curved && g.norm() <= tolerance * (1 + std::abs(f));
    if (minimum.converged) break;
    next = w + step.s;
    const double f_next = full_loss(loss, next.data(), g_next.data()), noise = 1e-14 * (1 + std::abs(f));
    const double ratio = step.predicted <= noise ? (g_next.norm() < g.norm() ? 1 : 0) : (f - f_next) / step.predicted;
    if (!(ratio > 0.25)) radius = 0.25 * std::min(radius, step.s.norm());
    else if (ratio > 0.75 && step.s.norm() > 0.99 * radius) radius *= 2;
    if (ratio > 1e-4 && std::isfinite(f_next)) {
      w = next;
      g = g_next;
      f = f_next;
    }
    if (radius < 1e-14 * (1 + w.norm())) break;
  }
  minimum.converged = minimum.converged || g.norm() == 0;
  minimum.weights.assign(w.data(), w.data() + w.size());
  minimum.loss = f;
  minimum.gradient_norm = g.norm();
  return minimum;
}

} // namespace driftwell::sgd

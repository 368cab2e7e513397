#include "frozen_exponential.hpp"

#include "chebyshev_coefficients.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double most_growth = 1e3;
/// Of s^2. Below it p is rounding here and there exactly 0, and weights that follow it would jump from cell to cell.
constexpr double least_weight = 1e-28;
constexpr double most_negative = 1e-9; ///< more than this is no rounding

double total(const VectorXd& p) {
  return deterministic_sum(static_cast<std::size_t>(p.size()), [&](std::size_t k) { return p[static_cast<Index>(k)]; });
}

} // namespace

bool FrozenExponential::expand(const Stencil& A, double bound, double dt, VectorXd& u) {
  const std::vector<double> c = chebyshev_coefficients(dt * bound / 2, eps_ / most_growth);
  const double size = u.norm();
  before_.resize(u.size());
  here_ = u;
  sum_ = c[0] * u;
  std::vector<Stencil::Accumulate> sums;
  for (std::size_t k = 1; k < c.size(); ++k) {
    poll_interrupt();
    sums.clear();
    if (k % 2 == 0) sums.push_back({sum_.data(), c[k], c[k - 1]}); // two terms at every second product
    else if (k + 1 == c.size()) sums.push_back({sum_.data(), c[k], 0});
    A.recurrence(here_.data(), before_.data(), (k == 1 ? 2 : 4) / bound, k == 1 ? 1 : 2, k == 1 ? 0 : -1, sums);
    std::swap(here_, before_);
    ++products_;
    if (k % 16 == 0 && !(here_.norm() < most_growth * size)) return false;
  }
  u = sum_;
  return true;
}

void FrozenExponential::apply(const GeneratorSum& Q, const VectorXd& log_weight, double dt, VectorXd& p) {
  const double bound = Q.bound(), mass = total(p);
  if (!(bound > 0)) return; // nothing moves
  VectorXd s, u;
  double left = dt, span = dt;
  while (left > 0) {
    if (u.size() == 0) {
      s = (log_weight.array() - log_weight.maxCoeff()).exp();
      s = 0.5 * (s / total(s) + p / total(p));
      s = s.cwiseMax(s.maxCoeff() * least_weight).array().sqrt();
      u = p.cwiseQuotient(s);
    }
    span = std::min(span, left);
    if (!expand(Q.scaled(s), bound, span, u)) {
      span /= 2;
      if (span < 1e-9 * dt) throw NumericalFailure("the exponential of the frozen generator does not settle on any step");
      continue;
    }
    left = left - span < 1e-12 * dt ? 0 : left - span;
    p = u.cwiseProduct(s);
    const double negative = -total(p.cwiseMin(0.0));
    if (!(negative <= most_negative * mass))
      throw NumericalFailure(fmt::format("the exponential of the frozen generator left a negative probability of {:.1e}", negative));
    p = p.cwiseMax(0.0);
    u.resize(0);
  }
  if (conservative_) p *= mass / total(p);
}

} // namespace driftwell

#include "iterative_chain.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <Eigen/QR>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;
using Vector = StateReduction::Vector;
using Real = long double;

constexpr Index window = 10;
constexpr int rounds = 40;
constexpr double wanted = 1e-13, tolerable = 1e-6;

/// x with A x ~ r by up to `window` steps of flexible GMRES; how many were taken.
int gmres(const AggregationMultigrid& multigrid, const VectorXd& r, double enough, VectorXd& x) {
  const Index n = r.size();
  Eigen::MatrixXd V(n, window + 1), Z(n, window), H = Eigen::MatrixXd::Zero(window + 1, window);
  const double norm = r.norm();
  V.col(0) = r / norm;
  VectorXd z, next;
  Index m = 0;
  VectorXd y;
  for (double rest = 1; m < window && rest > enough;) {
    poll_interrupt();
    multigrid.apply(V.col(m), z);
    Z.col(m) = z;
    multigrid.multiply(z, next);
    for (int pass = 0; pass < 2; ++pass) {
      const VectorXd h = V.leftCols(m + 1).transpose() * next;
      next.noalias() -= V.leftCols(m + 1) * h;
      H.col(m).head(m + 1) += h;
    }
    H(m + 1, m) = next.norm();
    const bool closed = !(H(m + 1, m) > 1e-15 * H.col(m).head(m + 1).norm());
    if (!closed) V.col(m + 1) = next / H(m + 1, m);
    ++m;
    const Eigen::MatrixXd small = H.topLeftCorner(m + 1, m);
    y = small.householderQr().solve(VectorXd::Unit(m + 1, 0));
    rest = (small * y - VectorXd::Unit(m + 1, 0)).norm();
    if (closed) break;
  }
  x = norm * (Z.leftCols(m) * y);
  return static_cast<int>(m);
}

} // namespace

IterativeChain::IterativeChain(KilledRows rows, VectorXd log_weight, bool reversible)
    : log_weight_(std::move(log_weight)), weight_(log_weight_.cast<Real>().array().exp()), reversible_(reversible), forwards_(std::move(rows), log_weight_, AggregationMultigrid::Norm::equal) {}

const AggregationMultigrid& IterativeChain::multigrid(Way way) const {
  if (way == Way::forwards || reversible_) return forwards_;
  if (!backwards_) backwards_.emplace(reversed(forwards_.rows(), log_weight_), log_weight_, AggregationMultigrid::Norm::equal);
  return *backwards_;
}

/// Backwards x is y / w, and the residual is one of y, over w.
Vector IterativeChain::residual(Way way, const Vector& b, const Vector& x) const {
  const KilledRows& rows = forwards_.rows();
  const auto row = [&](Index k, const auto& visit) {
    const auto last = static_cast<std::size_t>(rows.start[static_cast<std::size_t>(k) + 1]);
    for (auto i = static_cast<std::size_t>(rows.start[static_cast<std::size_t>(k)]); i < last; ++i) visit(rows.column[i], rows.rate[i]);
  };
  if (way == Way::forwards) {
    Vector r = b;
    for (Index k = 0; k < x.size(); ++k) {
      Real sum = rows.killing[k] * x[k];
      row(k, [&](std::int32_t l, Real rate) { sum += rate * (x[k] - x[l]); });
      r[k] -= sum;
    }
    return r;
  }
  Vector rest = Vector::Zero(b.size());
  for (Index k = 0; k < x.size(); ++k) {
    const Real y = weight_[k] * x[k];
    Real exits = rows.killing[k];
    row(k, [&](std::int32_t l, Real rate) { exits += rate, rest[l] += rate * y; });
    rest[k] -= exits * y;
  }
  return b + rest.cwiseQuotient(weight_);
}

IterativeChain::Solution IterativeChain::solve(Way way, const Vector& b, const Vector& scale, double enough) const {
  Solution now{Vector::Zero(b.size()), 0}, best = now;
  best.residual = std::numeric_limits<double>::infinity();
  for (int round = 0, vain = 0; round < rounds && vain < 3; ++round) {
    const Vector r = residual(way, b, now.x);
    now.residual = static_cast<double>(r.cwiseAbs().cwiseQuotient(scale).maxCoeff());
    vain = now.residual < 0.5 * best.residual ? 0 : vain + 1;
    if (now.residual < best.residual) best = now;
    if (!(now.residual > enough)) break;
    const Real size = r.cwiseAbs().maxCoeff();
    VectorXd correction;
    cycles_ += gmres(multigrid(way), (r / size).cast<double>(), std::max(0.1 * enough / now.residual, 1e-9), correction);
    if (!correction.allFinite()) break;
    now.x += size * correction.cast<Real>();
  }
  return best;
}

/// The mean time until killed, h with A h = 1 up to its residual.
const IterativeChain::Solution& IterativeChain::lifetime(Way way) const {
  auto& known = lifetime_[way == Way::backwards];
  if (!known) {
    const Vector ones = Vector::Ones(forwards_.size());
    known = solve(way, ones, ones, wanted);
    if (!(known->residual < 0.5) || !(known->x.minCoeff() > 0))
      throw NumericalFailure(fmt::format("iterative solution: the time until the target is reached has a relative residual of {:.2e}; "
                                         "too metastable for iterations, or not reached from everywhere", known->residual));
  }
  return *known;
}

Vector IterativeChain::bounded(Way way, const Vector& b) const {
  const Real largest = b.cwiseAbs().maxCoeff();
  if (largest == 0) return b;
  const bool positive = b.minCoeff() > 1e-6L * largest;
  Solution solution;
  double error = 0;
  if (positive) { // b = A x serves itself
    solution = solve(way, b, b, wanted);
    error = solution.residual / std::max(1 - solution.residual, 1e-300);
    if (!(solution.residual < 0.5) || !(solution.x.minCoeff() > 0)) error = std::numeric_limits<double>::infinity();
  } else {
    const Solution& h = lifetime(way);
    const Real longest = h.x.maxCoeff() / (1 - static_cast<Real>(h.residual));
    // What x will be is not known yet: at most largest * longest, seldom that much.
    const Vector ones = Vector::Ones(b.size());
    solution = solve(way, b, ones, static_cast<double>(1e-16L * largest));
    error = static_cast<double>(solution.residual * longest / solution.x.cwiseAbs().maxCoeff());
  }
  if (!(error < tolerable))
    throw NumericalFailure(fmt::format("iterative solution: its error is only known to be below {:.1e} of the largest value", error));
  error_ = std::max(error_, error);
  return solution.x;
}

Vector IterativeChain::collected(const Vector& b) const { return bounded(Way::forwards, b); }

Vector IterativeChain::occupied(const Vector& c) const {
  return weight_.cwiseProduct(bounded(Way::backwards, c.cwiseQuotient(weight_)));
}

} // namespace driftwell

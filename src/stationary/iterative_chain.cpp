#include "iterative_chain.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <Eigen/LU>
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

/// x with A x ~ r by up to `window` directions, each the preconditioned residual of those before; the residual is made orthogonal to all of
/// them under w. (Made smallest instead, it stalls where the chain is metastable: a small error in the height of a step of x leaves a large
/// residual on a pass.) How many were taken.
int project(const AggregationMultigrid& multigrid, const VectorXd& r, double enough, VectorXd& x) {
  const Index n = r.size();
  const VectorXd& w = multigrid.weight();
  Eigen::MatrixXd Z(n, window), AZ(n, window), G(window, window);
  VectorXd rest = r, z, next, b(window), y;
  const double start = std::sqrt(r.cwiseAbs2().dot(w));
  Index m = 0;
  for (; m < window; ++m) {
    poll_interrupt();
    multigrid.apply(rest, z);
    if (m > 0) z.noalias() -= Z.leftCols(m) * (Z.leftCols(m).transpose() * w.cwiseProduct(z)).eval();
    z /= std::sqrt(z.cwiseAbs2().dot(w));
    multigrid.multiply(z, next);
    Z.col(m) = z;
    AZ.col(m) = next;
    const VectorXd weighted = w.cwiseProduct(z);
    b[m] = weighted.dot(r);
    for (Index i = 0; i <= m; ++i) G(m, i) = weighted.dot(AZ.col(i)), G(i, m) = Z.col(i).cwiseProduct(w).dot(next);
    y = G.topLeftCorner(m + 1, m + 1).partialPivLu().solve(b.head(m + 1));
    rest = r - AZ.leftCols(m + 1) * y;
    if (!(std::sqrt(rest.cwiseAbs2().dot(w)) > enough * start)) {
      ++m;
      break;
    }
  }
  x = Z.leftCols(m) * y;
  return static_cast<int>(m);
}

} // namespace

IterativeChain::IterativeChain(KilledRows rows, VectorXd log_weight, bool reversible)
    : log_weight_(std::move(log_weight)), weight_(log_weight_.cast<Real>().array().exp()), reversible_(reversible), forwards_(std::move(rows), log_weight_) {}

const AggregationMultigrid& IterativeChain::multigrid(Way way) const {
  if (way == Way::forwards || reversible_) return forwards_;
  if (!backwards_) backwards_.emplace(reversed(forwards_.rows(), log_weight_), log_weight_);
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

/// Residuals of a sum x + small, each formed from differences between neighbours. Rounded to 64 bits, x alone would leave A times its last bits, which grows like
/// exp(barrier / T): so x stays as it is once steps have fallen to 1e-12 of it, and corrections gather in `small`. What a difference times its rate rounds is a
/// relative change of the rate in the last bits, by which no solution changes more than that times the states (O'Cinneide 1993), however metastable.
IterativeChain::Solution IterativeChain::solve(Way way, const Vector& b, const Vector& scale, double enough, Vector guess) const {
  const bool guessed = guess.size() > 0;
  Vector x = guessed ? std::move(guess) : Vector::Zero(b.size()), small = Vector::Zero(b.size());
  Solution best{x, std::numeric_limits<double>::infinity()};
  Vector r = residual(way, b, x), rest = r;
  bool fixed = false;
  for (int round = 0, vain = 0; round < rounds && vain < 3; ++round) {
    const double now = static_cast<double>(rest.cwiseAbs().cwiseQuotient(scale).maxCoeff());
    const bool first = round == 1 && !guessed; // rounding of the first step of size 1e15 leaves more than b: compared with what comes after, not with x = 0
    vain = first || now < 0.5 * best.residual ? 0 : vain + 1;
    if (first || now < best.residual) best = {x + small, now};
    if (!(now > enough)) break;
    const Real size = rest.cwiseAbs().maxCoeff();
    VectorXd correction;
    cycles_ += project(multigrid(way), (rest / size).cast<double>(), std::max(0.1 * enough / now, 1e-9), correction);
    if (!correction.allFinite()) break;
    const Vector step = size * correction.cast<Real>();
    fixed = fixed || (round > 0 && step.cwiseAbs().maxCoeff() < 1e-12L * x.cwiseAbs().maxCoeff());
    if (fixed) small += step;
    else {
      x += step;
      r = residual(way, b, x);
    }
    rest = fixed ? residual(way, r, small) : r;
  }
  return best;
}

/// The mean time until killed, h with A h = 1 up to its residual.
const IterativeChain::Solution& IterativeChain::lifetime(Way way) const {
  auto& known = lifetime_[way == Way::backwards];
  if (!known) {
    const Vector ones = Vector::Ones(forwards_.size());
    known = solve(way, ones, ones, wanted, {});
    if (!(known->residual < 0.5) || !(known->x.minCoeff() > 0))
      throw NumericalFailure(fmt::format("iterative solution: the time until the target is reached has a relative residual of {:.2e}; "
                                         "too metastable for iterations, or not reached from everywhere", known->residual));
  }
  return *known;
}

Vector IterativeChain::bounded(Way way, const Vector& b, Vector guess) const {
  const Real largest = b.cwiseAbs().maxCoeff();
  if (largest == 0) return b;
  const bool positive = b.minCoeff() > 1e-6L * largest;
  Solution solution;
  double error = 0;
  if (positive) { // b = A x serves itself
    solution = solve(way, b, b, wanted, std::move(guess));
    error = solution.residual / std::max(1 - solution.residual, 1e-300);
    if (!(solution.residual < 0.5) || !(solution.x.minCoeff() > 0)) error = std::numeric_limits<double>::infinity();
  } else {
    // A 1 = kappa, so that A (1 + h / longest) >= kappa + 1 / longest up to the residual of h; half of kappa, of which rounding may have taken some.
    const Eigen::VectorXd& killing = multigrid(way).rows().killing;
    Vector scale = killing.cast<Real>() / 2;
    double above = 1;
    if (!(killing.minCoeff() > 1e-3 * killing.maxCoeff())) {
      const Solution& h = lifetime(way);
      scale.array() += (1 - static_cast<Real>(h.residual)) / h.x.maxCoeff();
      above = 2;
    }
    solution = solve(way, b, scale, static_cast<double>(wanted * (b.cwiseAbs().cwiseQuotient(scale)).maxCoeff()), std::move(guess));
    error = static_cast<double>(above * solution.residual / solution.x.cwiseAbs().maxCoeff());
  }
  if (!(error < tolerable) && !std::isfinite(error)) throw NumericalFailure("iterative solution: too metastable for iterations, or not killed from everywhere");
  if (!(error < tolerable))
    throw NumericalFailure(fmt::format("iterative solution: its error is only known to be below {:.1e} of the largest value", error));
  error_ = std::max(error_, error);
  return solution.x;
}

Vector IterativeChain::collected(const Vector& b, const Vector* guess) const { return bounded(Way::forwards, b, guess ? *guess : Vector()); }

Vector IterativeChain::occupied(const Vector& c, const Vector* guess) const {
  return weight_.cwiseProduct(bounded(Way::backwards, c.cwiseQuotient(weight_), guess ? Vector(guess->cwiseQuotient(weight_)) : Vector()));
}

} // namespace driftwell

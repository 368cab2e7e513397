#include "driftwell/stationary/spectrum.hpp"

#include "driftwell/core/davidson.hpp"
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/stationary/passage.hpp"
#include "iterative_chain.hpp"
#include "resolvent.hpp"
#include "rotating_modes.hpp"
#include "stencil_order.hpp"
#include "tail_sweeps.hpp"

#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

using Eigen::MatrixXcd;
using Eigen::VectorXcd;
using Complex = std::complex<double>;

MatrixXcd ordered_columns(const MatrixXcd& vectors, const std::vector<Index>& order) {
  MatrixXcd result(vectors.rows(), static_cast<Index>(order.size()));
  for (std::size_t i = 0; i < order.size(); ++i) result.col(static_cast<Index>(i)) = vectors.col(order[i]);
  return result;
}

/// By slower(); at most `count`.
Ritz sorted(const Ritz& ritz, std::size_t count) {
  std::vector<Index> order(ritz.values.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return slower(ritz.values[static_cast<std::size_t>(a)], ritz.values[static_cast<std::size_t>(b)]); });
  order.resize(std::min(count, order.size()));
  Ritz result;
  for (const Index i : order) result.values.push_back(ritz.values[static_cast<std::size_t>(i)]);
  if (ritz.vectors.size()) result.vectors = ordered_columns(ritz.vectors, order);
  return result;
}

/// Small chains: all eigenvalues, the 0 left out.
Ritz dense(const Stencil& Q, bool conservative, std::size_t count, bool vectors) {
  const auto n = static_cast<Index>(Q.size());
  Eigen::MatrixXd matrix(n, n);
  for (Index k = 0; k < n; ++k) matrix.col(k) = Q * VectorXd::Unit(n, k);
  const GeneralEigen eigen(matrix, vectors);
  Ritz all{{eigen.eigenvalues().data(), eigen.eigenvalues().data() + n}, vectors ? MatrixXcd(eigen.eigenvectors()) : MatrixXcd()};
  Ritz result = sorted(all, count + conservative);
  if (!conservative) return result;
  result.values.erase(result.values.begin());
  if (vectors) result.vectors = result.vectors.rightCols(result.vectors.cols() - 1).eval();
  return result;
}

/// Q^T as a stencil.
Stencil transposed(const Stencil& Q) {
  std::vector<Stencil::Edges> edges = Q.edges();
  for (Stencil::Edges& e : edges)
    if (e.down.size()) std::swap(e.up, e.down);
  Stencil::Links links = Q.links();
  if (links.down.size()) std::swap(links.up, links.down);
  return Stencil(Q.grid(), Q.diagonal(), std::move(edges), std::move(links));
}

/// The slowest eigenvalues; with `vectors` also right ones r (Q r = lambda r) and left ones l (Q^T l = lambda l).
struct Slowest {
  std::vector<Complex> values;
  MatrixXcd right, left;
  std::vector<Eigen::Array<bool, Eigen::Dynamic, 1>> unknown{}; ///< of each mode: cells where its left function is not known
};

/// 1 / (1 - gamma lambda) spreads the slow eigenvalues best where gamma is near the relaxation time; the time to diffuse through the box
/// is its scale. Out of detailed balance, nearest to 0 is not slowest: a fast rotation has a large imaginary part. Seen from a shift
/// of the order of the entropy production, which grows like the square of the rotation, slowest is nearest.
double resolvent_time(const Generator& generator, const SteadyState& steady) {
  double gamma = 0;
  for (const Axis& axis : generator.grid().axes()) gamma = std::max(gamma, std::pow(axis.upper - axis.lower, 2) / generator.temperature());
  return generator.reversible() ? gamma : 1 / (1 / gamma + entropy_production(generator, steady));
}

/// sqrt(w) of the form in which the chain is (nearly) symmetric: with walls that absorb the law of the survivors is no weight of detailed
/// balance, exp(-phi) is. It must not divide by an underflowed tail.
VectorXd root_weight(const Generator& generator, const SteadyState& steady) {
  if (!generator.reversible()) return steady.p.array().sqrt().max(1e-140);
  return (-(generator.local_potential().array() - generator.local_potential().minCoeff()) / 2).exp().max(1e-140);
}

VectorXd log_weight(const Generator& generator, const SteadyState& steady) {
  return generator.reversible() ? VectorXd(generator.local_potential().minCoeff() - generator.local_potential().array()) : steady.log_p;
}

KilledRows rows_with_killing(const Generator& generator, double rate) {
  VectorXd killing = VectorXd::Constant(static_cast<Index>(generator.size()), rate);
  if (generator.loss().size()) killing += generator.loss();
  Eigen::SparseMatrix<double> rates = generator.rates().matrix(0, 1);
  return killed_rows(rates, killing);
}

/// Real and imaginary parts, of a pair once.
Eigen::MatrixXd real_columns(const Ritz& ritz) {
  std::vector<VectorXd> columns;
  for (std::size_t i = 0; i < ritz.values.size(); ++i) {
    if (ritz.values[i].imag() < 0) continue;
    columns.emplace_back(ritz.vectors.col(static_cast<Index>(i)).real());
    if (ritz.values[i].imag() > 0) columns.emplace_back(ritz.vectors.col(static_cast<Index>(i)).imag());
  }
  Eigen::MatrixXd result(ritz.vectors.rows(), static_cast<Index>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) result.col(static_cast<Index>(i)) = columns[i];
  return result;
}

/// Davidson's method for l sqrt(w), one cycle of multigrid a step.
Ritz balanced_modes(const Generator& generator, const SteadyState& steady, const VectorXd& s, const VectorXd& null, Index wanted) {
  const Stencil symmetric = generator.symmetrised();
  const AggregationMultigrid multigrid(rows_with_killing(generator, 1 / resolvent_time(generator, steady)), log_weight(generator, steady));
  const double rounding = 1e-15 * symmetric.diagonal().cwiseAbs().maxCoeff();
  DavidsonProblem problem;
  problem.apply = [&](const VectorXd& v, VectorXd& Av) { symmetric.recurrence(v.data(), Av.data(), 1, 0, 0, {}); };
  problem.precondition = [&](const VectorXd& r, Complex) {
    VectorXd t;
    multigrid.apply(r.cwiseQuotient(s), t);
    return VectorXd(t.cwiseProduct(s));
  };
  problem.before = [](Complex x, Complex y) { return x.real() > y.real(); };
  problem.accuracy = [&](Complex theta, Complex last) { return 1e-10 * std::max(std::abs(theta), std::abs(last)) + rounding; };
  problem.null = null;
  problem.symmetric = true;
  problem.wanted = wanted;
  problem.block = wanted + 2;
  problem.most = 4 * wanted + 10;
  Eigen::MatrixXd start = noise_columns(s.size(), problem.block);
  for (Index i = 0; i < start.cols(); ++i) start.col(i) = problem.precondition(start.col(i), 0);
  DavidsonResult found = davidson(problem, start, 400 * static_cast<std::size_t>(problem.block));
  if (!(found.excess <= 1))
    throw NumericalFailure(fmt::format("leading eigenvalues: Davidson's iteration stopped at {:.1e} times the residual that is asked for", found.excess));
  return {std::move(found.values), std::move(found.vectors)};
}

/// In detailed balance by balanced_modes(). Else from products alone, for r / sqrt(w) and, from there, with the chain run backwards, for l sqrt(w).
Slowest slowest_by_iteration(const Generator& generator, const SteadyState& steady, std::size_t count, bool vectors) {
  const VectorXd s = root_weight(generator, steady), weight = log_weight(generator, steady);
  const auto wanted = static_cast<Index>(count);
  const bool closed = generator.conservative();
  const VectorXd null = closed ? VectorXd(s / s.norm()) : VectorXd();
  if (generator.reversible()) {
    const Ritz ritz = balanced_modes(generator, steady, s, null, wanted);
    return {ritz.values, s.asDiagonal() * ritz.vectors, s.cwiseInverse().asDiagonal() * ritz.vectors};
  }
  const Stencil scaled = generator.rates().scaled(s);
  RotatingModes modes(scaled, null, wanted);
  const Ritz of_right = modes.find(scaled);
  if (!vectors) return {of_right.values, {}, {}};
  const Eigen::MatrixXd near = real_columns(of_right);
  const Ritz of_left = modes.find(transposed(scaled), &near);
  return {of_right.values, s.asDiagonal() * of_right.vectors, s.cwiseInverse().asDiagonal() * of_left.vectors};
}

Slowest slowest_by_factor(const Generator& generator, const SteadyState& steady, std::size_t count, bool vectors) {
  const Stencil& Q = generator.rates();
  if (generator.size() < 60) {
    Ritz right = dense(Q, generator.conservative(), count, vectors);
    if (!vectors) return {right.values, {}, {}};
    return {right.values, right.vectors, dense(transposed(Q), generator.conservative(), count, true).vectors};
  }
  const auto wanted = static_cast<Index>(count);
  const double gamma = resolvent_time(generator, steady);
  const VectorXd s = root_weight(generator, steady);
  if (generator.reversible()) {
    const VectorXd null = generator.conservative() ? VectorXd(s / s.norm()) : VectorXd();
    Resolvent op(generator.symmetrised(), gamma, null, null);
    const Ritz ritz = sorted(slowest_symmetric(op, wanted, gamma, vectors), count);
    if (!vectors) return {ritz.values, {}, {}};
    return {ritz.values, s.asDiagonal() * ritz.vectors, s.cwiseInverse().asDiagonal() * ritz.vectors};
  }
  const VectorXd right = generator.conservative() ? VectorXd(steady.p.cwiseQuotient(s)) : VectorXd();
  const VectorXd left = generator.conservative() ? VectorXd(s / s.dot(right)) : VectorXd();
  const Stencil scaled = Q.scaled(s);
  const Ritz ritz = sorted(slowest_general(Resolvent(scaled, gamma, right, left), wanted, gamma, vectors), count);
  if (!vectors) return {ritz.values, {}, {}};
  const Ritz other = sorted(slowest_general(Resolvent(transposed(scaled), gamma, left, right), wanted, gamma, true), count);
  return {ritz.values, s.asDiagonal() * ritz.vectors, s.cwiseInverse().asDiagonal() * other.vectors};
}

/// Where Arnoldi's method does not get there (its resolvent orders by distance from a shift, which fast rotation makes a poor guess), products alone do.
Slowest slowest(const Generator& generator, const SteadyState& steady, std::size_t count, bool vectors, bool iteratively) {
  if (iteratively) return slowest_by_iteration(generator, steady, count, vectors);
  if (generator.reversible()) return slowest_by_factor(generator, steady, count, vectors);
  try {
    return slowest_by_factor(generator, steady, count, vectors);
  } catch (const NumericalFailure&) {
    return slowest_by_iteration(generator, steady, count, vectors);
  }
}

/// (rate - Q)^-1 in unscaled form, by either way.
class PlainResolvent {
public:
  using Vector = StateReduction::Vector;
  PlainResolvent(const Generator& generator, const SteadyState& steady, double rate, bool iteratively) {
    KilledRows rows = rows_with_killing(generator, rate);
    if (iteratively) iteration_.emplace(std::move(rows), log_weight(generator, steady), generator.reversible());
    else reduction_.emplace(generator.rates().matrix(0, 1), rows.killing, dissection_ranks(generator.rates()));
  }
  [[nodiscard]] VectorXd operator()(const VectorXd& v, bool right, double guess) const {
    const Vector b = v.cast<long double>();
    if (!(v.cwiseAbs().maxCoeff() > 0)) return v;
    if (reduction_) return (right ? reduction_->occupied(b) : reduction_->collected(b)).cast<double>();
    const Vector near = b * guess;
    return (right ? iteration_->occupied(b, &near) : iteration_->collected(b, &near)).cast<double>();
  }

private:
  std::optional<StateReduction> reduction_;
  std::optional<IterativeChain> iteration_;
};

/// |Q^T l - lambda l| in each cell, of a mode.
VectorXd left_residual(const Generator& generator, const Stencil& backwards, const Slowest& pairs, Index mode) {
  const Complex lambda = pairs.values[static_cast<std::size_t>(mode)];
  const VectorXd re = pairs.left.col(mode).real(), im = pairs.left.col(mode).imag();
  const VectorXd rest_re = backwards * re - lambda.real() * re + lambda.imag() * im;
  if (lambda.imag() == 0 || generator.reversible()) return rest_re.cwiseAbs();
  return rest_re.cwiseAbs() + (backwards * im - lambda.real() * im - lambda.imag() * re).cwiseAbs();
}

/// |Q^T l - lambda l| is more than 1e-6 of what a mode of its size has: cells whose value is not known.
Eigen::Array<bool, Eigen::Dynamic, 1> unbalanced(const Generator& generator, const SteadyState& steady, const Stencil& backwards, const Slowest& pairs, Index i, double rate) {
  const VectorXd size = pairs.left.col(i).cwiseAbs(), rest = left_residual(generator, backwards, pairs, i);
  const double mean = std::sqrt(size.cwiseAbs2().dot(steady.p));
  return !(rest.array() <= 1e-6 * rate * (size.array() + mean) + 1e-13 * generator.rates().diagonal().array().abs() * (size.array() + mean));
}

/// Sweeps in the tails, of left functions and of r / p, which are those of the chain run backwards.
void polish_tails(const Generator& generator, const SteadyState& steady, Slowest& pairs) {
  const KilledRows rows = rows_with_killing(generator, 0);
  const VectorXd s = root_weight(generator, steady);
  const bool balanced = generator.reversible();
  const KilledRows back = balanced ? KilledRows() : reversed(rows, steady.log_p);
  for (Index i = 0; i < pairs.left.cols(); ++i) {
    const Complex lambda = pairs.values[static_cast<std::size_t>(i)];
    sweep_tails(rows, s, lambda, pairs.left.col(i));
    if (balanced) continue;
    VectorXcd g = pairs.right.col(i).cwiseQuotient(s.cwiseAbs2());
    sweep_tails(back, s, lambda, g);
    pairs.right.col(i) = g.cwiseProduct(s.cwiseAbs2());
  }
}

/// What rounding in the scaled vectors left in cells of small probability goes, as such cells take their values from where they lead: by sweeps in the tails,
/// and by power steps with the plain resolvent where these are not enough (parts that hold the process for long, which it visits rarely). Where cells hold nothing but rounding
/// they start from 0. Left functions are done when each cell balances; where that is not reached they are NaN.
void polish(const Generator& generator, const SteadyState& steady, Slowest& pairs, bool iteratively) {
  const double rate = std::abs(pairs.values.back());
  if (!(rate > 0)) return;
  polish_tails(generator, steady, pairs);
  std::optional<PlainResolvent> resolvent;
  const Stencil backwards = transposed(generator.rates());
  const auto step = [&](MatrixXcd& vectors, Index i, bool right) {
    if (!resolvent) resolvent.emplace(generator, steady, rate, iteratively);
    const Complex lambda = pairs.values[static_cast<std::size_t>(i)];
    const VectorXd part[2] = {vectors.col(i).real(), vectors.col(i).imag()};
    vectors.col(i).real() = (*resolvent)(part[0], right, 1 / (rate - lambda).real());
    vectors.col(i).imag() = (*resolvent)(part[1], right, 1 / (rate - lambda).real());
    vectors.col(i) *= rate - lambda;
    if (!generator.conservative()) return;
    if (right) vectors.col(i) -= vectors.col(i).sum() * steady.p.cast<Complex>();
    else vectors.col(i).array() -= steady.p.cast<Complex>().cwiseProduct(vectors.col(i)).sum();
  };
  for (Index i = 0; i < pairs.left.cols(); ++i) {
    for (int repeat = 0; repeat < 30 && unbalanced(generator, steady, backwards, pairs, i, rate).any(); ++repeat) step(pairs.left, i, false);
    pairs.unknown.push_back(unbalanced(generator, steady, backwards, pairs, i, rate));
    for (int repeat = 0; repeat < 3 && !iteratively && !generator.reversible(); ++repeat) step(pairs.right, i, true);
    if (!generator.reversible()) continue; // r = w l, and with walls that absorb w is no law but exp(-phi)
    const VectorXd w = log_weight(generator, steady).array().exp();
    pairs.right.col(i) = w.cast<Complex>().cwiseProduct(pairs.left.col(i));
  }
}

/// l_i . r_j = delta_ij; E[|l|^2] = 1, and real and positive where p |l|^2 is largest.
void biorthonormalise(const SteadyState& steady, Slowest& pairs) {
  for (Index i = 0; i < pairs.left.cols(); ++i) {
    const VectorXd weight = pairs.left.col(i).cwiseAbs2().cwiseProduct(steady.p);
    Index top = 0;
    weight.maxCoeff(&top);
    const Complex at_top = pairs.left(top, i);
    pairs.left.col(i) *= std::conj(at_top) / (std::abs(at_top) * std::sqrt(weight.sum()));
  }
  const MatrixXcd overlap = pairs.left.transpose() * pairs.right;
  pairs.right = (overlap.transpose().partialPivLu().solve(pairs.right.transpose())).transpose().eval();
}

/// |Q^T l - lambda l| |r / w| / |l . r| in L2(w), l . r = 1, w the weights of the chain.
double value_bound(const Generator& generator, const SteadyState& steady, const Slowest& pairs, const VectorXd& rest, Index i) {
  const VectorXd s = root_weight(generator, steady);
  const double far = rest.cwiseProduct(s).norm(), size = pairs.right.col(i).cwiseAbs().cwiseQuotient(s).norm();
  return far * size;
}

} // namespace

std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator, const SteadyState& steady, std::size_t count, bool iteratively) {
  iteratively = iteratively && generator.size() > 20 * count + 60; // a block of vectors must fit into the space many times
  const std::vector<std::complex<double>> values = slowest(generator, steady, count, false, iteratively).values;
  for (const auto& value : values)
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) throw NumericalFailure("leading eigenvalues: the iteration met a value that is not finite");
  return values;
}

Eigenmodes eigenmodes(const Generator& generator, const SteadyState& steady, std::size_t count, bool iteratively) {
  iteratively = iteratively && generator.size() > 20 * count + 60; // a block of vectors must fit into the space many times
  Slowest pairs = slowest(generator, steady, count, true, iteratively);
  polish(generator, steady, pairs, iteratively);
  biorthonormalise(steady, pairs);
  Eigenmodes result{pairs.values, {}, {}, {}, {}, {}};
  const Stencil backwards = transposed(generator.rates());
  for (Index i = 0; i < pairs.right.cols(); ++i) {
    const Complex lambda = result.values[static_cast<std::size_t>(i)];
    const VectorXd re = pairs.right.col(i).real(), im = pairs.right.col(i).imag();
    const VectorXd rest_re = generator.rates() * re - lambda.real() * re + lambda.imag() * im;
    const VectorXd rest_im = generator.rates() * im - lambda.real() * im - lambda.imag() * re;
    const VectorXd scale = generator.rates().diagonal().cwiseAbs().cwiseProduct(pairs.right.col(i).cwiseAbs());
    result.residuals.push_back((rest_re.cwiseAbs() + rest_im.cwiseAbs()).sum() / (2 * scale.sum()));
    if (!pairs.right.col(i).allFinite() || !pairs.left.col(i).allFinite() || !(result.residuals.back() < 1e-6))
      throw NumericalFailure(fmt::format("eigenfunctions: mode {} has relative residual {:.2e}", i + 1, result.residuals.back()));
    result.bounds.push_back(value_bound(generator, steady, pairs, left_residual(generator, backwards, pairs, i), i));
    std::size_t unknown = 0;
    for (Index k = 0; k < re.size() && !pairs.unknown.empty(); ++k)
      if (pairs.unknown[static_cast<std::size_t>(i)][k]) pairs.left(k, i) = {std::nan(""), std::nan("")}, ++unknown;
    result.unknown.push_back(unknown);
  }
  result.right = std::move(pairs.right);
  result.left = std::move(pairs.left);
  return result;
}

} // namespace driftwell

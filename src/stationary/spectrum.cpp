#include "driftwell/stationary/spectrum.hpp"

#include "resolvent.hpp"
#include "stencil_order.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/stationary/passage.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

using Eigen::MatrixXcd;
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
  const Eigen::EigenSolver<Eigen::MatrixXd> eigen(matrix, vectors);
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
};

Slowest slowest(const Generator& generator, const SteadyState& steady, std::size_t count, bool vectors) {
  const Stencil& Q = generator.rates();
  if (generator.size() < 60) {
    Ritz right = dense(Q, generator.conservative(), count, vectors);
    if (!vectors) return {right.values, {}, {}};
    return {right.values, right.vectors, dense(transposed(Q), generator.conservative(), count, true).vectors};
  }
  const auto wanted = static_cast<Index>(count);
  // The resolvent sends eigenvalue lambda to 1 / (1 - gamma lambda). A gamma near the relaxation time spreads the slow
  // ones best; the time to diffuse through the box is its scale.
  double gamma = 0;
  for (const Axis& axis : generator.grid().axes())
    gamma = std::max(gamma, std::pow(axis.upper - axis.lower, 2) / generator.temperature());
  const VectorXd root = steady.p.array().sqrt(), s = root.cwiseMax(1e-140); // the scaling must not divide by an underflowed tail
  if (generator.reversible()) {
    const VectorXd null = generator.conservative() ? VectorXd(root / root.norm()) : VectorXd();
    // With walls that absorb the law of the survivors is no weight of detailed balance: exp(-phi) is.
    VectorXd weight = (-(generator.local_potential().array() - generator.local_potential().minCoeff()) / 2).exp().max(1e-140);
    Resolvent op(generator.symmetrised(), gamma, null, null);
    const Ritz ritz = sorted(slowest_symmetric(op, wanted, gamma, vectors), count);
    if (!vectors) return {ritz.values, {}, {}};
    return {ritz.values, weight.asDiagonal() * ritz.vectors, weight.cwiseInverse().asDiagonal() * ritz.vectors};
  }
  // Out of detailed balance, nearest to 0 is not slowest: a fast rotation has a large imaginary part. Seen from a
  // shift of the order of the entropy production, which grows like the square of the rotation, slowest is nearest.
  gamma = 1 / (1 / gamma + entropy_production(generator, steady));
  const VectorXd right = generator.conservative() ? VectorXd(steady.p.cwiseQuotient(s)) : VectorXd();
  const VectorXd left = generator.conservative() ? VectorXd(s / s.dot(right)) : VectorXd();
  const Stencil scaled = Q.scaled(s);
  const Ritz ritz = sorted(slowest_general(Resolvent(scaled, gamma, right, left), wanted, gamma, vectors), count);
  if (!vectors) return {ritz.values, {}, {}};
  const Ritz other = sorted(slowest_general(Resolvent(transposed(scaled), gamma, left, right), wanted, gamma, true), count);
  return {ritz.values, s.asDiagonal() * ritz.vectors, s.cwiseInverse().asDiagonal() * other.vectors};
}

/// Power steps with the resolvent in unscaled form, (I - gamma Q)^-1 by state reduction: what rounding in the scaled vectors
/// left in cells of small probability dies out, as such cells take their values from where they lead.
void polish(const Generator& generator, const SteadyState& steady, Slowest& pairs) {
  const double rate = std::abs(pairs.values.back());
  if (!(rate > 0)) return;
  const Index n = pairs.right.rows();
  VectorXd killing = VectorXd::Constant(n, rate);
  if (generator.loss().size()) killing += generator.loss();
  const StateReduction resolvent(generator.rates().matrix(0, 1), killing, dissection_ranks(generator.rates()));
  const auto step = [&](MatrixXcd& vectors, bool right) {
    for (Index i = 0; i < vectors.cols(); ++i) {
      VectorXd part[2] = {vectors.col(i).real(), vectors.col(i).imag()};
      for (VectorXd& v : part)
        if (v.cwiseAbs().maxCoeff() > 0) v = (right ? resolvent.occupied(v.cast<long double>()) : resolvent.collected(v.cast<long double>())).cast<double>();
      vectors.col(i).real() = part[0];
      vectors.col(i).imag() = part[1];
      vectors.col(i) *= rate - pairs.values[static_cast<std::size_t>(i)];
      if (!generator.conservative()) continue;
      if (right) vectors.col(i) -= vectors.col(i).sum() * steady.p.cast<Complex>();
      else vectors.col(i).array() -= steady.p.cast<Complex>().cwiseProduct(vectors.col(i)).sum();
    }
  };
  for (int repeat = 0; repeat < 3; ++repeat) {
    step(pairs.right, true);
    step(pairs.left, false);
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

} // namespace

std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator, const SteadyState& steady, std::size_t count) {
  const std::vector<std::complex<double>> values = slowest(generator, steady, count, false).values;
  for (const auto& value : values)
    if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) throw NumericalFailure("leading eigenvalues: the iteration met a value that is not finite");
  return values;
}

Eigenmodes eigenmodes(const Generator& generator, const SteadyState& steady, std::size_t count) {
  Slowest pairs = slowest(generator, steady, count, true);
  polish(generator, steady, pairs);
  biorthonormalise(steady, pairs);
  Eigenmodes result{pairs.values, std::move(pairs.right), std::move(pairs.left), {}};
  for (Index i = 0; i < result.right.cols(); ++i) {
    const Complex lambda = result.values[static_cast<std::size_t>(i)];
    const VectorXd re = result.right.col(i).real(), im = result.right.col(i).imag();
    const VectorXd rest_re = generator.rates() * re - lambda.real() * re + lambda.imag() * im;
    const VectorXd rest_im = generator.rates() * im - lambda.real() * im - lambda.imag() * re;
    const VectorXd scale = generator.rates().diagonal().cwiseAbs().cwiseProduct(result.right.col(i).cwiseAbs());
    result.residuals.push_back((rest_re.cwiseAbs() + rest_im.cwiseAbs()).sum() / (2 * scale.sum()));
    if (!result.right.col(i).allFinite() || !result.left.col(i).allFinite() || !(result.residuals.back() < 1e-6))
      throw NumericalFailure(fmt::format("eigenfunctions: mode {} has relative residual {:.2e}", i + 1, result.residuals.back()));
  }
  return result;
}

} // namespace driftwell

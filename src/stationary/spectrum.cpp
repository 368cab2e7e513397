#include "driftwell/stationary/spectrum.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"

#include <Spectra/GenEigsSolver.h>
#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// x -> (I - gamma A)^-1 x with the known null vector taken out before and after: right (I) is it, left^T its partner,
/// left . right = 1. Empty vectors: nothing to take out.
class Resolvent {
public:
  using Scalar = double;
  Resolvent(const Stencil& A, double gamma, VectorXd right, VectorXd left)
      : size_(static_cast<Index>(A.size())),
        factor_(A.matrix(1.0, -gamma), A.symmetric() ? SparseFactor::Kind::positive_definite : SparseFactor::Kind::general),
        right_(std::move(right)), left_(std::move(left)) {}

  [[nodiscard]] Index rows() const { return size_; }
  [[nodiscard]] Index cols() const { return size_; }
  void perform_op(const double* x, double* y) const {
    poll_interrupt();
    VectorXd in = Eigen::Map<const VectorXd>(x, size_);
    deflate(in);
    VectorXd out = factor_.solve(in);
    deflate(out);
    Eigen::Map<VectorXd>(y, size_) = out;
  }

private:
  void deflate(VectorXd& v) const {
    if (right_.size()) v -= left_.dot(v) * right_;
  }
  Index size_;
  SparseFactor factor_;
  VectorXd right_, left_;
};

template <class Solver, class Values>
void run(Solver& solver, Spectra::SortRule rule, Values& values) {
  solver.init();
  solver.compute(rule, 2000, 1e-11);
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalFailure("leading eigenvalues: the Krylov iteration did not converge");
  values = solver.eigenvalues();
}

} // namespace

std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator, const SteadyState& steady,
                                                      std::size_t count) {
  const auto n = static_cast<Index>(generator.size());
  const auto wanted = std::min<Index>(static_cast<Index>(count) + (generator.reversible() ? 1 : 4), n - 2);
  const Index basis = std::min<Index>(n, std::max<Index>(4 * wanted + 8, 24));
  // The resolvent sends eigenvalue lambda to 1 / (1 - gamma lambda). A gamma near the relaxation time spreads the slow
  // ones best; the box crossing time by diffusion is its scale.
  double gamma = 0;
  for (const Axis& axis : generator.grid().axes())
    gamma = std::max(gamma, std::pow(axis.upper - axis.lower, 2) / generator.temperature());
  // Out of detailed balance, nearest to 0 is not slowest: a fast rotation has a large imaginary part. Seen from a shift
  // of the order of the entropy production, which grows like the square of the rotation, the slowest are nearest.
  gamma = 1 / (1 / gamma + entropy_production(generator, steady));
  const VectorXd root = steady.p.array().sqrt();
  std::vector<std::complex<double>> result;
  if (generator.reversible()) {
    const VectorXd null = generator.conservative() ? VectorXd(root / root.norm()) : VectorXd();
    const Resolvent op(generator.symmetrised(), gamma, null, null);
    Spectra::SymEigsSolver<Resolvent> solver(const_cast<Resolvent&>(op), wanted, basis);
    VectorXd theta;
    run(solver, Spectra::SortRule::LargestAlge, theta);
    for (const double value : theta) result.emplace_back((1 - 1 / value) / gamma, 0.0);
  } else {
    const double floor = 1e-140; // the scaling must not divide by an underflowed tail
    const VectorXd s = root.cwiseMax(floor);
    const VectorXd right = steady.p.cwiseQuotient(s);
    const bool deflate = generator.conservative();
    const Resolvent op(generator.rates().scaled(s), gamma, deflate ? right : VectorXd(),
                       deflate ? VectorXd(s / s.dot(right)) : VectorXd());
    Spectra::GenEigsSolver<Resolvent> solver(const_cast<Resolvent&>(op), wanted, basis);
    Eigen::VectorXcd theta;
    run(solver, Spectra::SortRule::LargestMagn, theta);
    for (const std::complex<double>& value : theta) result.push_back((1.0 - 1.0 / value) / gamma);
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
    const double scale = 1e-8 * (std::abs(a) + std::abs(b));
    if (std::abs(a.real() - b.real()) > scale) return a.real() > b.real();
    return a.imag() > b.imag();
  });
  if (result.size() > count) result.resize(count);
  return result;
}

} // namespace driftwell

#include "driftwell/kinetic/kinetic_operator.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "krylov_space.hpp"
#include "one_thread.hpp"

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::kinetic {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Friction over the slowest frequency below which the search finds the modes that do not turn, and misses slower ones that do.
constexpr double weakest_friction = 0.05;

} // namespace

KineticOperator::KineticOperator(const PositionBasis& basis, double friction, Index hermite) : basis_(basis), friction_(friction), hermite_(hermite) {
  if (!(friction > 0) || hermite < 4) throw std::invalid_argument("a kinetic operator has friction > 0 and at least 4 Hermite functions");
  offset_.push_back(0);
  for (Index n = 0; n < hermite; ++n) offset_.push_back(offset_.back() + (n == 0 ? basis.even() - 1 : n % 2 ? basis.odd() : basis.even()));
  R_even_ = basis.A(false);
  R_odd_ = basis.A(true);
  if (basis.drive() != 0) {
    R_even_ -= basis.drive() / std::sqrt(basis.temperature()) * basis.same(false);
    R_odd_ -= basis.drive() / std::sqrt(basis.temperature()) * basis.same(true);
  }
  A_first_ = basis.A(false).rightCols(basis.even() - 1);
  R_first_ = R_even_.rightCols(basis.even() - 1);
}

const MatrixXd& KineticOperator::coupling(Index n, bool raising) const {
  if (n == 0) return raising ? R_first_ : A_first_;
  if (n % 2 == 0) return raising ? R_even_ : basis_.A(false);
  return raising ? R_odd_ : basis_.A(true);
}

MatrixXd KineticOperator::raise(Index n) const { return std::sqrt(static_cast<double>(n + 1)) * coupling(n, true); }
MatrixXd KineticOperator::transport(Index n) const { return std::sqrt(static_cast<double>(n + 1)) * coupling(n, false); }

VectorXd KineticOperator::lift(Index n, const VectorXd& block) const { return std::sqrt(static_cast<double>(n + 1)) * (coupling(n, true) * block); }
VectorXd KineticOperator::lower(Index n, const VectorXd& block) const {
  return std::sqrt(static_cast<double>(n + 1)) * (coupling(n, false).transpose() * block);
}

VectorXd KineticOperator::apply(const VectorXd& u) const {
  VectorXd result(size());
  for (Index n = 0; n < hermite_; ++n) {
    auto out = result.segment(offset(n), block_size(n));
    out = -friction_ * static_cast<double>(n) * u.segment(offset(n), block_size(n));
    if (n > 0) out -= lift(n - 1, u.segment(offset(n - 1), block_size(n - 1)));
    if (n + 1 < hermite_) out += lower(n, u.segment(offset(n + 1), block_size(n + 1)));
  }
  return result;
}

VectorXd KineticOperator::source() const {
  VectorXd result = VectorXd::Zero(size());
  result.segment(offset(1), block_size(1)) = -R_even_.col(0);
  return result;
}

VectorXd KineticOperator::steady() const {
  if (basis_.drive() == 0) return VectorXd::Zero(size());
  return BlockFactor(*this, 0).solve(source());
}

KineticOperator::Tail KineticOperator::tail(const VectorXd& u) const {
  Tail tail{0, 0};
  for (Index n = 0; n < hermite_; ++n) {
    const auto block = u.segment(offset(n), block_size(n));
    if (10 * n >= 9 * hermite_) tail.momentum += block.squaredNorm();
    tail.position += block.tail(std::max<Index>(2, block.size() / 10)).squaredNorm();
  }
  return tail;
}

std::vector<std::complex<double>> KineticOperator::eigenvalues(std::size_t count) const {
  // The shift lies to the right of the spectrum by about the size of the slowest part of it: near enough to tell small eigenvalues
  // apart, far enough that what is nearest is also slowest.
  const MatrixXd& A = basis_.A(false);
  const double slowest = (A * A.transpose()).diagonal().minCoeff();
  if (friction_ < weakest_friction * std::sqrt(slowest))
    throw NumericalFailure(fmt::format("friction {:g} is too weak beside oscillations of {:.3g} to search for the slowest mode: rates of many lie within a friction of each other", friction_, std::sqrt(slowest)));
  const double shift = std::min(friction_, slowest / friction_ + 1e-3 * friction_);
  const BlockFactor factor(*this, shift);
  KrylovSpace space(deterministic_start(size()), std::min<Index>(size(), 120));
  while (!space.full()) {
    poll_interrupt();
    if (!space.extend([&](const VectorXd& v) { return factor.solve(v); })) break;
  }
  const GeneralEigen small(space.matrix());
  std::vector<std::complex<double>> found;
  for (Index i = 0; i < space.dimension(); ++i) {
    const std::complex<double> mu = small.eigenvalues()[i];
    const double residual = space.remainder() * std::abs(small.eigenvectors()(space.dimension() - 1, i));
    if (mu.imag() < 0 || residual > 1e-9 * std::abs(mu)) continue;
    const Eigen::VectorXcd y = small.eigenvectors().col(i);
    const VectorXd real = space.combine(y.real()), imag = space.combine(y.imag());
    if (tail(real).sum() + tail(imag).sum() > 1e-6 * (real.squaredNorm() + imag.squaredNorm())) continue; // made by the truncation
    found.push_back(shift - 1.0 / mu);
  }
  if (found.empty()) throw NumericalFailure("no eigenvalue of the kinetic operator converged");
  std::sort(found.begin(), found.end(), [](auto a, auto b) { return a.real() > b.real(); });
  found.resize(std::min(count, found.size()));
  return found;
}

BlockFactor::BlockFactor(const KineticOperator& L, double alpha) : L_(L), inverse_(static_cast<std::size_t>(L.blocks())) {
  const OneThread one;
  for (Index n = L.blocks() - 1; n >= 0; --n) {
    poll_interrupt();
    const Index size = L.block_size(n);
    MatrixXd S = MatrixXd::Zero(size, size);
    if (n + 1 < L.blocks()) S.noalias() = L.transport(n).transpose() * (inverse_[static_cast<std::size_t>(n + 1)] * L.raise(n));
    S.diagonal().array() += alpha + L.friction() * static_cast<double>(n);
    MatrixXd& inverse = inverse_[static_cast<std::size_t>(n)];
    if (L.basis().drive() == 0) {
      const Eigen::LLT<MatrixXd> cholesky((S + S.transpose()) / 2);
      if (cholesky.info() != Eigen::Success) throw NumericalFailure("the kinetic operator could not be factorised: it is not finite, or too ill-conditioned");
      inverse = cholesky.solve(MatrixXd::Identity(size, size));
    } else {
      inverse = S.inverse();
    }
    if (!inverse.allFinite()) throw NumericalFailure("the kinetic operator could not be factorised: it is singular");
  }
}

VectorXd BlockFactor::solve(const VectorXd& right) const {
  VectorXd y = right;
  const Index H = L_.blocks();
  const auto block = [&](Index n) { return y.segment(L_.offset(n), L_.block_size(n)); };
  const auto inverse = [&](Index n) -> const MatrixXd& { return inverse_[static_cast<std::size_t>(n)]; };
  for (Index n = H - 1; n >= 0; --n) {
    if (n + 1 < H) block(n).noalias() += L_.lower(n, block(n + 1));
    block(n) = (inverse(n) * block(n)).eval();
  }
  for (Index n = 1; n < H; ++n) block(n).noalias() -= inverse(n) * L_.lift(n - 1, block(n - 1));
  return y;
}

} // namespace driftwell::kinetic

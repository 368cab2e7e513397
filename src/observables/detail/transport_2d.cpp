#include "transport_nodes.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/multiply_strip.hpp"

#include <fmt/format.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::size_t most_nodes = 64;
constexpr int last_halving = 9;     // of eps, which starts at the variance of the fixed law
constexpr int most_sweeps = 4000;   // for one eps
constexpr double marginal_tolerance = 1e-8, good_enough = 1e-3; // of W2^2

/// Rows of zeros up to whole strips.
MatrixXd padded(const MatrixXd& A) {
  const auto width = static_cast<Index>(strip_width);
  MatrixXd result = MatrixXd::Zero((A.rows() + width - 1) / width * width, A.cols());
  result.topRows(A.rows()) = A;
  return result;
}

/// A B, the rows of A padded: strips of the columns of its transpose.
MatrixXd product(const MatrixXd& A, const MatrixXd& B) {
  MatrixXd result(A.rows(), B.cols());
  const auto size = [](Index n) { return static_cast<std::size_t>(n); };
  for (Index first = 0; first < A.rows(); first += static_cast<Index>(strip_width))
    multiply_strip(size(B.cols()), B.data(), size(B.rows()), A.data() + first, size(A.rows()), size(A.cols()), result.data() + first, size(A.rows()));
  return result;
}

/// out(i, j) = log sum_k exp(D(i, k) + h(k, j)), D given transposed and as exp(D), padded: by a product of matrices where that does not underflow.
MatrixXd log_product(const MatrixXd& back_D, const MatrixXd& exp_D, const MatrixXd& h) {
  const Eigen::RowVectorXd top = h.colwise().maxCoeff();
  const MatrixXd sums = product(exp_D, (h.rowwise() - top).array().exp().matrix()).topRows(back_D.cols());
  MatrixXd result = sums.array().cwiseMax(1e-300).log().matrix().rowwise() + top;
  if (sums.minCoeff() > 1e-270) return result;
  // A tail far from where h is largest: term by term from the largest one there.
  for (Index j = 0; j < sums.cols(); ++j)
    for (Index i = 0; i < sums.rows(); ++i) {
      if (sums(i, j) > 1e-270) continue;
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      const double *d = &back_D(0, i), *column = &h(0, j);
      for (Index k = 0; k < h.rows(); ++k) largest = std::max(largest, d[k] + column[k]);
      for (Index k = 0; k < h.rows(); ++k)
        if (const double z = d[k] + column[k] - largest; z > -40) sum += std::exp(z);
      result(i, j) = largest + std::log(sum);
    }
  return result;
}

/// -|x - y|^2 / eps between the nodes of two laws, as one matrix an axis.
class Kernel {
public:
  Kernel(const std::vector<TransportAxis>& axes, const PlanarNodes& a, const PlanarNodes& b, double eps) {
    for (std::size_t k = 0; k < 2; ++k) {
      const double period = axes[k].faces.back() - axes[k].faces.front();
      log_[k].resize(a.x[k].size(), b.x[k].size());
      for (Index j = 0; j < b.x[k].size(); ++j)
        for (Index i = 0; i < a.x[k].size(); ++i) {
          const double d = axes[k].periodic ? std::remainder(a.x[k][i] - b.x[k][j], period) : a.x[k][i] - b.x[k][j];
          log_[k](i, j) = -d * d / eps;
        }
      log_back_[k] = log_[k].transpose();
      exp_[k] = padded(log_[k].array().exp());
      exp_back_[k] = padded(log_back_[k].array().exp());
    }
  }
  /// Potential of a (in units of eps) that fits h = potential + log weight of b: -log sum_y exp(h(y) - |x - y|^2 / eps).
  [[nodiscard]] MatrixXd to_a(const MatrixXd& h) const { return -log_product(log_back_[1], exp_[1], log_product(log_back_[0], exp_[0], h).transpose()).transpose(); }
  [[nodiscard]] MatrixXd to_b(const MatrixXd& h) const {
    return -log_product(log_[1], exp_back_[1], log_product(log_[0], exp_back_[0], h).transpose()).transpose();
  }

private:
  std::array<MatrixXd, 2> log_, exp_, log_back_, exp_back_;
};

double mean_of(const PlanarNodes& law, const MatrixXd& f) { return (law.w.array() * f.array()).sum(); }

/// Share of the mass that has to move for the plan of these potentials to have the right marginal.
double off(const PlanarNodes& law, const MatrixXd& change) {
  return (law.w.array() * change.array().cwiseMax(-1.0).cwiseMin(1.0).abs()).sum();
}

/// Denormal numbers are 0 while it lives: they are nothing beside 1e-270, and cost a hundred times others.
class FlushToZero {
public:
#ifdef __SSE2__
  FlushToZero() { _mm_setcsr(control_ | 0x8040); }
  ~FlushToZero() { _mm_setcsr(control_); }
#else
  FlushToZero() = default;
#endif
  FlushToZero(const FlushToZero&) = delete;
  FlushToZero& operator=(const FlushToZero&) = delete;

private:
#ifdef __SSE2__
  unsigned control_ = _mm_getcsr();
#endif
};

struct Potentials {
  MatrixXd f, g, own; ///< of (a, b) and of (a, a), times eps
};

/// OT_eps(a, a) / 2 = <a, own>: averaging makes the symmetric fixed point attract fast.
double self_transport(const std::vector<TransportAxis>& axes, const PlanarNodes& a, double eps, MatrixXd& own, int& sweeps) {
  const Kernel kernel(axes, a, a, eps);
  if (own.size() == 0) own = MatrixXd::Zero(a.w.rows(), a.w.cols());
  MatrixXd f = own / eps;
  for (int i = 0; i < most_sweeps; ++i, ++sweeps) {
    const MatrixXd change = kernel.to_a(f + a.log_w) - f;
    f += change / 2;
    if (off(a, change) < marginal_tolerance / 10) break;
  }
  f = kernel.to_a(f + a.log_w);
  own = f * eps;
  return mean_of(a, own);
}

/// OT_eps(a, b) by Sinkhorn's iteration, over-relaxed once it is under way; false where it does not converge.
bool transport(const std::vector<TransportAxis>& axes, const PlanarNodes& a, const PlanarNodes& b, double eps, Potentials& p, double& value, int& sweeps) {
  const Kernel kernel(axes, a, b, eps);
  if (p.f.size() == 0) p.f = MatrixXd::Zero(a.w.rows(), a.w.cols()), p.g = MatrixXd::Zero(b.w.rows(), b.w.cols());
  MatrixXd f = p.f / eps, g = p.g / eps;
  double change = 1;
  for (int i = 0; i < most_sweeps && change > marginal_tolerance; ++i, ++sweeps) {
    const double relaxation = i < 5 || change > 0.1 ? 1 : 1.5;
    g += relaxation * (kernel.to_b(f + a.log_w) - g);
    const MatrixXd step = kernel.to_a(g + b.log_w) - f;
    f += relaxation * step;
    change = off(a, step);
    if (!std::isfinite(change)) throw NumericalFailure(fmt::format("wasserstein_2: Sinkhorn's iteration gave {} at eps = {:g}", change, eps));
    if (i % 64 == 63) poll_interrupt();
  }
  if (change > marginal_tolerance) return false;
  g = kernel.to_b(f + a.log_w); // the value at exact marginals of b is off by the square of what is left
  p.f = f * eps;
  p.g = g * eps;
  value = mean_of(a, p.f) + mean_of(b, p.g);
  return true;
}

} // namespace

struct PlanarTransport::Impl {
  /// The fixed law on one number of nodes, and OT_eps(b, b) / 2 for the eps met so far, from the largest on.
  struct Level {
    PlanarNodes b;
    MatrixXd own;
    std::vector<double> self{};
  };

  std::vector<TransportAxis> axes;
  double scale = 1; ///< first eps
  std::array<Level, 2> levels;

  [[nodiscard]] double eps(int k) const { return std::ldexp(scale, -k); }

  double self(Level& level, int k, int& sweeps) const {
    while (static_cast<int>(level.self.size()) <= k)
      level.self.push_back(self_transport(axes, level.b, eps(static_cast<int>(level.self.size())), level.own, sweeps));
    return level.self[static_cast<std::size_t>(k)];
  }

  bool divergence(Level& level, const PlanarNodes& a, int k, Potentials& p, double& value, int& sweeps) const {
    if (!transport(axes, a, level.b, eps(k), p, value, sweeps)) return false;
    value -= self_transport(axes, a, eps(k), p.own, sweeps) + self(level, k, sweeps);
    return true;
  }
};

PlanarTransport::PlanarTransport(std::vector<TransportAxis> axes, const VectorXd& law) : impl_(std::make_unique<Impl>()) {
  impl_->axes = std::move(axes);
  for (std::size_t i = 0; i < 2; ++i) impl_->levels[i].b = carry(impl_->axes, law, most_nodes >> i);
  const PlanarNodes& b = impl_->levels[0].b;
  impl_->scale = b.variance[0] + b.variance[1];
  if (!(impl_->scale > 0)) impl_->scale = std::max(b.spacing * b.spacing, 1e-300) + 1e-6 * std::pow(impl_->axes[0].faces.back() - impl_->axes[0].faces.front(), 2);
}

PlanarTransport::~PlanarTransport() = default;
PlanarTransport::PlanarTransport(PlanarTransport&&) noexcept = default;

TransportDistance PlanarTransport::distance_to(const VectorXd& law) const {
  const FlushToZero flush_to_zero;
  std::array<Impl::Level, 2>& levels = impl_->levels;
  const std::array<PlanarNodes, 2> a{carry(impl_->axes, law, most_nodes), carry(impl_->axes, law, most_nodes / 2)};
  const auto smooth = [&](std::size_t level, int k) { // the kernel is seen by the nodes to 1e-6
    return impl_->eps(k) >= 1.5 * std::pow(std::max(a[level].spacing, levels[level].b.spacing), 2);
  };
  double shift = 0;
  for (std::size_t i = 0; i < 2; ++i) shift += std::pow(a[0].mean[i] - levels[0].b.mean[i], 2);
  const double spread = impl_->scale + a[0].variance[0] + a[0].variance[1], rounding = 1e-11 * spread;

  Potentials potentials;
  std::vector<double> S; // by k
  double value = 0, last = 0, error = spread;
  int sweeps = 0;
  for (int k = 0; k <= last_halving && (k < 3 || smooth(0, k)); ++k) {
    double raw = 0;
    if (!impl_->divergence(levels[0], a[0], k, potentials, raw, sweeps)) break;
    S.push_back(raw);
    if (k == 0) continue;
    const double before = S[S.size() - 2];
    value = raw + (raw - before) / 3;
    if (k > 1) error = std::max(std::abs(value - last), std::abs(raw - before));
    last = value;
    if (k > 1 && error <= good_enough * (value + shift)) break;
  }
  if (S.size() < 2) throw NumericalFailure(fmt::format("wasserstein_2: Sinkhorn's iteration does not converge within {} sweeps", most_sweeps));

  // The same on half the nodes, at the smallest eps that both have.
  int common = 0;
  while (common + 1 < static_cast<int>(S.size()) && smooth(1, common + 1)) ++common;
  Potentials fewer;
  double coarse = 0;
  for (int k = 0; k <= common; ++k)
    if (!impl_->divergence(levels[1], a[1], k, fewer, coarse, sweeps)) throw NumericalFailure("wasserstein_2: Sinkhorn's iteration does not converge on half the nodes");
  const double correction = (S[static_cast<std::size_t>(common)] - coarse) / 3;
  if (a[0].split || levels[0].b.split) value += correction;
  error += 3 * std::abs(correction) + rounding;
  // Equal laws split on different nodes differ by so much (measured 1e-4 of the square of the spacing).
  if (a[0].split || levels[0].b.split) error += 2e-4 * std::pow(std::max(a[0].spacing, levels[0].b.spacing), 2);

  const double square = std::max(0.0, value) + shift, distance = std::sqrt(square);
  const double bar = square > error ? distance - std::sqrt(square - error) : std::sqrt(square + error);
  return {distance, bar, sweeps};
}

} // namespace driftwell

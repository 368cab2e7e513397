#include "driftwell/sgd/gradient_noise.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t block = 256;

std::size_t blocks_of(const Loss& loss) { return (loss.samples() + block - 1) / block; }

/// Gradients of block k, a row each.
void gradients(const Loss& loss, const double* w, std::size_t k, RowMajor& rows, Workspace& workspace) {
  const std::size_t begin = k * block, size = std::min(block, loss.samples() - begin);
  std::vector<std::uint32_t> samples(size);
  for (std::size_t i = 0; i < size; ++i) samples[i] = static_cast<std::uint32_t>(begin + i);
  rows.resize(static_cast<Index>(size), static_cast<Index>(loss.dimension()));
  loss.sample_gradients(w, {samples, nullptr}, rows.data(), workspace);
}

/// sum over blocks, in order, of what `term` adds; groups of blocks share the threads.
template <class Total, class Term> void add_blocks(const Loss& loss, Total& total, const Term& term) {
  constexpr std::size_t group = 4;
  const std::size_t blocks = blocks_of(loss);
  std::vector<Total> parts(std::min(group, blocks), total);
  for (std::size_t first = 0; first < blocks; first += group) {
    poll_interrupt();
    const std::size_t count = std::min(group, blocks - first);
#pragma omp parallel for schedule(static, 1) if (loss.samples() * loss.dimension() > 500'000)
    for (std::size_t k = 0; k < count; ++k) {
      Workspace workspace;
      RowMajor rows;
      term(first + k, parts[k], rows, workspace);
    }
    for (std::size_t k = 0; k < count; ++k) total += parts[k];
  }
}

struct Moments {
  VectorXd gradient; ///< mean
  double square;     ///< mean of |g_k|^2
};

Moments moments(const Loss& loss, const double* w) {
  const auto d = static_cast<Index>(loss.dimension());
  VectorXd total = VectorXd::Zero(d + 1);
  add_blocks(loss, total, [&](std::size_t k, VectorXd& part, RowMajor& rows, Workspace& workspace) {
    gradients(loss, w, k, rows, workspace);
    part.head(d) = rows.colwise().sum().transpose();
    part[d] = rows.squaredNorm();
  });
  total /= static_cast<double>(loss.samples());
  if (!total.allFinite()) throw NumericalFailure("the gradient noise is not finite: a per-sample gradient overflows");
  return {total.head(d), total[d]};
}

/// All eigenvalues that can differ from 0, largest first, from the matrix of scalar products of centred gradients / N.
VectorXd gram_eigenvalues(const Loss& loss, const double* w, const VectorXd& mean) {
  const auto n = static_cast<Index>(loss.samples());
  const std::size_t blocks = blocks_of(loss);
  MatrixXd G(n, n);
  RowMajor rows, others;
  Workspace workspace;
  for (std::size_t a = 0; a < blocks; ++a) {
    gradients(loss, w, a, rows, workspace);
    rows.rowwise() -= mean.transpose();
    for (std::size_t b = 0; b <= a; ++b) {
      poll_interrupt();
      gradients(loss, w, b, others, workspace);
      others.rowwise() -= mean.transpose();
      G.block(static_cast<Index>(a * block), static_cast<Index>(b * block), rows.rows(), others.rows()).noalias() = rows * others.transpose();
    }
  }
  return SymmetricEigen(G / static_cast<double>(n), Eigen::EigenvaluesOnly).eigenvalues().reverse();
}

void statistics(std::size_t d, GradientNoise& noise) {
  const auto size = static_cast<double>(d);
  const double largest = noise.eigenvalues.size() > 0 ? noise.eigenvalues[0] : 0;
  const double threshold = std::max(0.0, largest) * size * std::numeric_limits<double>::epsilon();
  noise.rank = static_cast<std::size_t>((noise.eigenvalues.array() > threshold).count());
  noise.rank_fraction = static_cast<double>(noise.rank) / size;
  noise.mean = noise.trace / size;
  noise.std = noise.anisotropy = std::nan("");
  if (!noise.complete) return;
  const double variance = (noise.eigenvalues.array() - noise.mean).square().sum() + (size - static_cast<double>(noise.eigenvalues.size())) * noise.mean * noise.mean;
  noise.std = std::sqrt(variance / size);
  if (noise.mean > 0) noise.anisotropy = std::pow(noise.std / noise.mean, 2);
}

} // namespace

double batch_factor(std::size_t samples, std::size_t batch, Sampling sampling) {
  const auto N = static_cast<double>(samples), b = static_cast<double>(batch);
  if (sampling == Sampling::with_replacement) return 1 / b;
  return samples == 1 ? 0 : (N - b) / (b * (N - 1));
}

MatrixXd gradient_covariance(const Loss& loss, const double* w) {
  const auto d = static_cast<Index>(loss.dimension());
  if (loss.dimension() > largest_dense) throw std::length_error("a covariance matrix of more than 8192 weights");
  const VectorXd mean = moments(loss, w).gradient;
  MatrixXd D = MatrixXd::Zero(d, d);
  add_blocks(loss, D, [&](std::size_t k, MatrixXd& part, RowMajor& rows, Workspace& workspace) {
    gradients(loss, w, k, rows, workspace);
    rows.rowwise() -= mean.transpose();
    part.setZero();
    part.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
  });
  D /= static_cast<double>(loss.samples());
  D.triangularView<Eigen::StrictlyUpper>() = D.transpose();
  return D;
}

void gradient_covariance_product(const Loss& loss, const double* w, const double* v, double* result) {
  const auto d = static_cast<Index>(loss.dimension());
  const Eigen::Map<const VectorXd> direction(v, d);
  VectorXd total = VectorXd::Zero(2 * d + 1); // sum g_k (g_k.v), sum g_k, sum g_k.v
  add_blocks(loss, total, [&](std::size_t k, VectorXd& part, RowMajor& rows, Workspace& workspace) {
    gradients(loss, w, k, rows, workspace);
    const VectorXd along = rows * direction;
    part.head(d) = rows.transpose() * along;
    part.segment(d, d) = rows.colwise().sum().transpose();
    part[2 * d] = along.sum();
  });
  total /= static_cast<double>(loss.samples());
  Eigen::Map<VectorXd>(result, d) = total.head(d) - total[2 * d] * total.segment(d, d);
}

GradientNoise measure_noise(const Loss& loss, const double* w, const NoiseOptions& options) {
  const std::size_t d = loss.dimension(), N = loss.samples(), leading = std::min({options.leading, d, N});
  const auto size = static_cast<double>(d), count = static_cast<double>(N);
  GradientNoise noise;
  const Moments first = moments(loss, w);
  noise.gradient_squared = first.gradient.squaredNorm();
  noise.trace = std::max(0.0, first.square - noise.gradient_squared);
  const bool dense = d <= largest_dense && count * size * size / 2 + 2 * size * size * size <= options.dense_work;
  const bool gram = N <= largest_dense && count * count * size / 2 + 2 * count * count * count <= options.dense_work;
  MatrixXd D, vectors;
  const Operator product = [&](const double* v, double* result) {
    if (D.size() > 0) Eigen::Map<VectorXd>(result, D.rows()).noalias() = D * Eigen::Map<const VectorXd>(v, D.rows());
    else gradient_covariance_product(loss, w, v, result);
  };
  if (dense && (d <= N || !gram)) {
    noise.method = "covariance";
    D = gradient_covariance(loss, w);
    noise.eigenvalues = SymmetricEigen(D, Eigen::EigenvaluesOnly).eigenvalues().reverse();
  } else if (gram) {
    noise.method = "gram";
    noise.eigenvalues = gram_eigenvalues(loss, w, first.gradient);
  } else {
    noise.method = "lanczos";
    noise.complete = false;
  }
  if (!noise.complete || options.alignment) {
    const Eigenpairs pairs = leading_eigenpairs(product, d, leading, 1e-8);
    vectors = pairs.vectors;
    if (!noise.complete) noise.eigenvalues = pairs.values;
  }
  statistics(d, noise);
  if (!options.alignment) return noise;
  const Eigenpairs hessian = leading_eigenpairs([&](const double* v, double* result) { full_hessian_product(loss, w, v, result); }, d, leading, 1e-8);
  noise.hessian_eigenvalues = hessian.values;
  noise.alignment.resize(static_cast<Index>(leading));
  for (Index k = 1; k <= static_cast<Index>(leading); ++k)
    noise.alignment[k - 1] = (hessian.vectors.leftCols(k).transpose() * vectors.leftCols(k)).squaredNorm() / static_cast<double>(k);
  return noise;
}

} // namespace driftwell::sgd

#include "driftwell/sgd/loss.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace driftwell {

DRIFTWELL_DEFINE_CATALOGUE(LossCatalogue)

namespace sgd {

namespace {

/// Samples a block: few enough for every thread to have some, many enough for matrix products.
constexpr std::size_t block = 256;

/// Sum over blocks of (share of the samples) x (what `term` makes of a block), added in order.
template <class Term> void sum_blocks(const Loss& loss, std::size_t width, double* total, const Term& term) {
  const std::size_t n = loss.samples(), blocks = (n + block - 1) / block;
  const std::vector<std::uint32_t> all = all_samples(n);
  // A group of blocks at a time bounds the memory.
  const std::size_t group = std::clamp<std::size_t>((std::size_t{1} << 23) / width, 4, 64);
  std::vector<double> parts(std::min(group, blocks) * width);
  std::fill_n(total, width, 0.0);
  for (std::size_t first = 0; first < blocks; first += group) {
    const std::size_t count = std::min(group, blocks - first);
#pragma omp parallel if (count > 1 && n * loss.dimension() > 500'000)
    {
      Workspace workspace;
#pragma omp for schedule(dynamic, 1)
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t begin = (first + k) * block, size = std::min(block, n - begin);
        term(Batch{std::span(all).subspan(begin, size), nullptr}, &parts[k * width], workspace);
        const double share = static_cast<double>(size) / static_cast<double>(n);
        for (std::size_t j = 0; j < width; ++j) parts[k * width + j] *= share;
      }
    }
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t j = 0; j < width; ++j) total[j] += parts[k * width + j];
  }
}

DRIFTWELL_MULTIVERSION void add_scaled(std::size_t d, double keep, double scale, const double* g, double* y) {
  for (std::size_t j = 0; j < d; ++j) y[j] = keep * y[j] + scale * g[j];
}

} // namespace

double* Workspace::buffer(std::size_t number, std::size_t size) {
  if (buffers_.size() <= number) buffers_.resize(number + 1);
  std::vector<double>& buffer = buffers_[number];
  if (buffer.size() < size + 8) buffer.assign(size + 8, 0.0);
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
  return buffer.data() + (64 - address % 64) % 64 / sizeof(double);
}

void Loss::add_gradients(const double* w, const Batches& batches, double keep, double scale, double* y, Workspace& workspace) const {
  constexpr std::size_t gradient_buffer = 31; // that no loss uses itself
  const std::size_t d = dimension();
  double* g = workspace.buffer(gradient_buffer, d);
  for (std::size_t r = 0; r < batches.count; ++r, w += d, y += d) {
    gradient(w, batches.of(r), g, workspace);
    if (keep == 0) std::fill_n(y, d, 0.0);
    add_scaled(d, keep, scale, g, y);
  }
}

void Loss::sample_gradients(const double* w, const Batch& batch, double* rows, Workspace& workspace) const {
  for (std::size_t i = 0; i < batch.samples.size(); ++i)
    gradient(w, {batch.samples.subspan(i, 1), batch.targets ? batch.targets + i : nullptr}, rows + i * dimension(), workspace);
}

void Loss::weighted_gradient(const double* w, const Batch& batch, const double* weights, double* result, Workspace& workspace) const {
  constexpr std::size_t rows_buffer = 30, together = 64; // a buffer that no loss uses itself
  std::fill_n(result, dimension(), 0.0);
  for (std::size_t begin = 0; begin < batch.samples.size(); begin += together) {
    const std::size_t count = std::min(together, batch.samples.size() - begin);
    double* rows = workspace.buffer(rows_buffer, together * dimension());
    sample_gradients(w, {batch.samples.subspan(begin, count), batch.targets ? batch.targets + begin : nullptr}, rows, workspace);
    for (std::size_t k = 0; k < count; ++k)
      for (std::size_t j = 0; j < dimension(); ++j) result[j] += weights[begin + k] * rows[k * dimension() + j];
  }
}

double Loss::squared_gradients(const double* w, const Batch& batch, Workspace& workspace) const {
  constexpr std::size_t number = 5000, chunk = 32; // a buffer that no loss uses
  const std::size_t n = batch.samples.size(), d = dimension();
  double* rows = workspace.buffer(number, std::min(n, chunk) * d);
  double total = 0;
  for (std::size_t begin = 0; begin < n; begin += chunk) {
    const std::size_t size = std::min(chunk, n - begin);
    sample_gradients(w, {batch.samples.subspan(begin, size), batch.targets ? batch.targets + begin : nullptr}, rows, workspace);
    for (std::size_t i = 0; i < size; ++i) {
      double square = 0;
      for (std::size_t j = 0; j < d; ++j) square += rows[i * d + j] * rows[i * d + j];
      total += square;
    }
  }
  return total / static_cast<double>(n);
}

double Loss::accuracy(const double*, const Batch&, Workspace&) const { return std::numeric_limits<double>::quiet_NaN(); }

std::vector<std::uint32_t> all_samples(std::size_t n) {
  std::vector<std::uint32_t> all(n);
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

double full_loss(const Loss& loss, const double* w, double* gradient) {
  const std::size_t d = loss.dimension();
  std::vector<double> total(d + 1);
  sum_blocks(loss, d + 1, total.data(), [&](const Batch& batch, double* part, Workspace& workspace) { part[d] = loss.evaluate(w, batch, part, workspace); });
  if (gradient != nullptr) std::copy_n(total.begin(), d, gradient);
  return total[d];
}

void full_hessian_product(const Loss& loss, const double* w, const double* v, double* result) {
  sum_blocks(loss, loss.dimension(), result, [&](const Batch& batch, double* part, Workspace& workspace) { loss.hessian_product(w, batch, v, part, workspace); });
}

Eigen::MatrixXd full_hessian(const Loss& loss, const double* w) {
  const auto d = static_cast<Eigen::Index>(loss.dimension());
  Eigen::MatrixXd H(d, d);
  for (Eigen::Index j = 0; j < d; ++j) {
    const Eigen::VectorXd unit = Eigen::VectorXd::Unit(d, j);
    full_hessian_product(loss, w, unit.data(), H.col(j).data());
  }
  return (H + H.transpose()) / 2;
}

double full_accuracy(const Loss& loss, const double* w) {
  double total = 0;
  sum_blocks(loss, 1, &total, [&](const Batch& batch, double* part, Workspace& workspace) { *part = loss.accuracy(w, batch, workspace); });
  return total;
}

} // namespace sgd
} // namespace driftwell

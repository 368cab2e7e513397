#include "glm.hpp"

#include "lanes.hpp"

#include <algorithm>

namespace driftwell::sgd::detail {

namespace {

constexpr std::size_t widest = 8; ///< vectors of a result held in registers

/// Up to eight vectors of the result, over all rows.
template <std::size_t V> DRIFTWELL_INLINE void combine(const double* X, std::size_t stride, const std::uint32_t* samples, std::size_t n, const double* c, double* result) {
  Lanes sum[V];
  for (std::size_t v = 0; v < V; ++v) sum[v] = Lanes{};
  for (std::size_t k = 0; k < n; ++k) {
    const double* row = X + samples[k] * stride;
    for (std::size_t v = 0; v < V; ++v) {
      Lanes x;
      load(x, row + v * lanes);
      sum[v] += x * c[k];
    }
  }
  for (std::size_t v = 0; v < V; ++v) store(result + v * lanes, sum[v]);
}

DRIFTWELL_MULTIVERSION void combine_all(const double* X, std::size_t stride, const std::uint32_t* samples, std::size_t n, const double* c, double* result) {
  std::size_t at = 0;
  for (; at + widest * lanes <= stride; at += widest * lanes) combine<widest>(X + at, stride, samples, n, c, result + at);
  for (; at + 2 * lanes <= stride; at += 2 * lanes) combine<2>(X + at, stride, samples, n, c, result + at);
  if (at < stride) combine<1>(X + at, stride, samples, n, c, result + at);
}

/// Adds V vectors' worth of x . w to the partial sums of `rows` rows; w stays in registers.
template <std::size_t V> DRIFTWELL_INLINE void project(const double* X, std::size_t stride, const std::uint32_t* samples, std::size_t rows, const double* w, Lanes (&partial)[8]) {
  Lanes y[V];
  for (std::size_t v = 0; v < V; ++v) load(y[v], w + v * lanes);
  for (std::size_t k = 0; k < rows; ++k) {
    const double* row = X + samples[k] * stride;
    Lanes even{}, odd{}, x;
    for (std::size_t v = 0; v < V; v += 2) {
      load(x, row + v * lanes);
      even += x * y[v];
      if (v + 1 >= V) break;
      load(x, row + (v + 1) * lanes);
      odd += x * y[v + 1];
    }
    partial[k] += even + odd;
  }
}

/// Eight rows at a time.
DRIFTWELL_MULTIVERSION void project_all(const double* X, std::size_t stride, const std::uint32_t* samples, std::size_t n, const double* w, double* z) {
  for (std::size_t k = 0; k < n; k += lanes) {
    const std::size_t rows = n - k < lanes ? n - k : lanes;
    Lanes partial[8] = {}, total;
    std::size_t at = 0;
    if (rows == lanes) {
      for (; at + widest * lanes <= stride; at += widest * lanes) project<widest>(X + at, stride, samples + k, lanes, w + at, partial);
      for (; at < stride; at += lanes) project<1>(X + at, stride, samples + k, lanes, w + at, partial);
      sums(partial, total);
      store(z + k, total);
      continue;
    }
    for (; at + widest * lanes <= stride; at += widest * lanes) project<widest>(X + at, stride, samples + k, rows, w + at, partial);
    for (; at < stride; at += lanes) project<1>(X + at, stride, samples + k, rows, w + at, partial);
    for (std::size_t i = 0; i < rows; ++i) z[k + i] = sum(partial[i]);
  }
}

} // namespace

Design::Design(const Dataset& data, bool bias) : dimension_(data.features + (bias ? 1 : 0)), stride_(padded(dimension_)), rows_(data.samples * stride_ + lanes, 0.0) {
  double* rows = rows_.data() + (64 - reinterpret_cast<std::uintptr_t>(rows_.data()) % 64) % 64 / sizeof(double);
  first_ = rows;
  for (std::size_t i = 0; i < data.samples; ++i) {
    std::copy_n(data.input(i), data.features, rows + i * stride_);
    if (bias) rows[i * stride_ + data.features] = 1;
  }
}

void Design::prefetch(std::span<const std::uint32_t> samples) const {
  constexpr std::size_t most = 128; // lines of the cache: a quarter of a small first level
  if (samples.size() * stride_ > most * lanes) return;
  for (const std::uint32_t i : samples)
    for (std::size_t j = 0; j < stride_; j += lanes) __builtin_prefetch(first_ + i * stride_ + j);
}

void combine_rows(const Design& X, std::span<const std::uint32_t> samples, const double* c, double scale, double decay, const double* w, double* result) {
  const std::size_t d = X.dimension();
  if (d == X.stride()) {
    combine_all(X.rows(), X.stride(), samples.data(), samples.size(), c, result);
  } else { // a result without room for the padding
    static thread_local std::vector<double> padded_result;
    padded_result.resize(X.stride());
    combine_all(X.rows(), X.stride(), samples.data(), samples.size(), c, padded_result.data());
    std::copy_n(padded_result.data(), d, result);
  }
  if (decay == 0)
    for (std::size_t j = 0; j < d; ++j) result[j] *= scale;
  else
    for (std::size_t j = 0; j < d; ++j) result[j] = result[j] * scale + decay * w[j];
}

void project_rows(const Design& X, std::span<const std::uint32_t> samples, const double* w, double* z) {
  project_all(X.rows(), X.stride(), samples.data(), samples.size(), w, z);
}

const double* pad(const Design& X, const double* w, Workspace& workspace, std::size_t number) {
  if (X.dimension() == X.stride()) return w;
  double* copy = workspace.buffer(number, X.stride());
  std::copy_n(w, X.dimension(), copy);
  std::fill(copy + X.dimension(), copy + X.stride(), 0.0);
  return copy;
}

} // namespace driftwell::sgd::detail

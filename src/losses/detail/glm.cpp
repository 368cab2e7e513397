#include "glm.hpp"

#include "lanes.hpp"

namespace driftwell::sgd::detail {

namespace {

constexpr std::size_t widest = 8; ///< vectors of weights held in registers

struct Matrix {
  const double* rows;
  std::size_t dimension, stride;
};

/// Calls body(V, first column) for chunks of V = 8, 4, 2 and 1 whole vectors, and tail(first column, how many) for what is left of the columns.
template <class Body, class Tail> DRIFTWELL_INLINE void in_chunks(std::size_t d, const Body& body, const Tail& tail) {
  std::size_t at = 0;
  for (; at + widest * lanes <= d; at += widest * lanes) body(std::integral_constant<std::size_t, widest>(), at);
  if (at + 4 * lanes <= d) body(std::integral_constant<std::size_t, 4>(), at), at += 4 * lanes;
  if (at + 2 * lanes <= d) body(std::integral_constant<std::size_t, 2>(), at), at += 2 * lanes;
  if (at + lanes <= d) body(std::integral_constant<std::size_t, 1>(), at), at += lanes;
  if (at < d) tail(at, d - at);
}

template <std::size_t V> DRIFTWELL_INLINE void load_all(Lanes (&v)[V], const double* at) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < V; ++i) load(v[i], at + i * lanes);
}

template <std::size_t V> DRIFTWELL_INLINE void store_all(double* at, const Lanes (&v)[V]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < V; ++i) store(at + i * lanes, v[i]);
}

template <std::size_t V> DRIFTWELL_INLINE void project_row(const double* row, const Lanes (&y)[V], Lanes& sum) {
#pragma GCC unroll 8
  for (std::size_t v = 0; v < V; ++v) {
    Lanes x;
    load(x, row + v * lanes);
    multiply_add(sum, x, y[v]);
  }
}

/// Adds V vectors' worth of x . w to the partial sums of K rows; w stays in registers.
template <std::size_t K, std::size_t V> DRIFTWELL_INLINE void project(const Matrix& X, const std::uint32_t* samples, std::size_t at, const Lanes (&y)[V], Lanes (&partial)[K]) {
#pragma GCC unroll 8
  for (std::size_t k = 0; k < K; ++k) project_row(X.rows + samples[k] * X.stride + at, y, partial[k]);
}

template <std::size_t K> DRIFTWELL_INLINE void project(const Matrix& X, const std::uint32_t* samples, const double* w, Lanes (&partial)[K]) {
  in_chunks(
      X.dimension,
      [&](auto vectors, std::size_t at) __attribute__((always_inline)) {
        Lanes y[vectors];
        load_all(y, w + at);
        project(X, samples, at, y, partial);
      },
      [&](std::size_t at, std::size_t rest) __attribute__((always_inline)) {
        Lanes y[1];
        load_part(y[0], w + at, rest);
        project(X, samples, at, y, partial);
      });
}

/// Eight rows at a time, then one by one.
DRIFTWELL_MULTIVERSION_FMA void project_all(Matrix X, Rows rows, const double* w, double* z) {
  for (std::size_t r = 0; r < rows.count; ++r, w += X.dimension) {
    const std::uint32_t* samples = rows.samples + r * rows.size;
    double* out = z + r * rows.size;
    std::size_t k = 0;
    for (; k + lanes <= rows.size; k += lanes) {
      Lanes partial[lanes] = {}, total;
      project(X, samples + k, w, partial);
      sums(partial, total);
      store(out + k, total);
    }
    for (; k < rows.size; ++k) {
      Lanes partial[1] = {};
      project(X, samples + k, w, partial);
      out[k] = sum(partial[0]);
    }
  }
}

/// What y begins with: keep y + decay w.
template <std::size_t V> DRIFTWELL_INLINE void begin(Lanes (&y)[V], double keep, double decay, const Lanes (&w)[V]) {
  Lanes factor;
  fill(factor, decay);
#pragma GCC unroll 8
  for (std::size_t v = 0; v < V; ++v) {
    y[v] *= keep;
    if (decay != 0) multiply_add(y[v], w[v], factor);
  }
}

template <std::size_t V> DRIFTWELL_INLINE void combine(const Matrix& X, const std::uint32_t* samples, std::size_t n, const std::uint32_t* ahead, std::size_t at, const double* c, Lanes (&sum)[V]) {
  for (std::size_t k = 0; k < n; ++k) {
    const double* row = X.rows + samples[k] * X.stride + at;
    const double* next = X.rows + ahead[k] * X.stride + at;
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v) __builtin_prefetch(next + v * lanes);
    Lanes factor;
    fill(factor, c[k]);
#pragma GCC unroll 8
    for (std::size_t v = 0; v < V; ++v) {
      Lanes x;
      load(x, row + v * lanes);
      multiply_add(sum[v], x, factor);
    }
  }
}

DRIFTWELL_MULTIVERSION_FMA void combine_all(Matrix X, Rows rows, const double* c, double keep, double decay, const double* w, double* y) {
  for (std::size_t r = 0; r < rows.count; ++r, w += X.dimension, y += X.dimension) {
    const std::uint32_t* samples = rows.samples + r * rows.size;
    const std::uint32_t* ahead = rows.ahead ? rows.ahead + r * rows.size : samples;
    const double* factors = c + r * rows.size;
    in_chunks(
        X.dimension,
        [&](auto vectors, std::size_t at) __attribute__((always_inline)) {
          Lanes sum[vectors] = {}, x[vectors];
          if (keep != 0) load_all(sum, y + at);
          load_all(x, w + at);
          begin(sum, keep, decay, x);
          combine<vectors>(X, samples, rows.size, ahead, at, factors, sum);
          store_all(y + at, sum);
        },
        [&](std::size_t at, std::size_t rest) __attribute__((always_inline)) {
          Lanes sum[1] = {}, x[1];
          if (keep != 0) load_part(sum[0], y + at, rest);
          load_part(x[0], w + at, rest);
          begin(sum, keep, decay, x);
          combine<1>(X, samples, rows.size, ahead, at, factors, sum);
          store_part(y + at, sum[0], rest);
        });
  }
}

DRIFTWELL_MULTIVERSION void subtract(const double* targets, const std::uint32_t* samples, std::size_t n, double scale, double* z) {
  for (std::size_t k = 0; k < n; ++k) z[k] = scale * (z[k] - targets[samples[k]]);
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

void project_rows(const Design& X, const Rows& rows, const double* w, double* z) { project_all({X.rows(), X.dimension(), X.stride()}, rows, w, z); }

void combine_rows(const Design& X, const Rows& rows, const double* c, double keep, double decay, const double* w, double* y) {
  combine_all({X.rows(), X.dimension(), X.stride()}, rows, c, keep, decay, w, y);
}

void subtract_targets(const Dataset& data, const Batch& batch, double scale, double* z) {
  const std::size_t n = batch.samples.size();
  if (batch.targets == nullptr) return subtract(data.targets.data(), batch.samples.data(), n, scale, z);
  for (std::size_t k = 0; k < n; ++k) z[k] = scale * (z[k] - batch.targets[k]);
}

} // namespace driftwell::sgd::detail

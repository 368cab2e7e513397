#pragma once
// Losses of one number z = x . w a sample, l(z, y): linear and logistic regression.
#include "driftwell/sgd/loss.hpp"

#include <algorithm>

namespace driftwell::sgd::detail {

/// The inputs, with a last column of ones for the bias, rows padded with zeros to whole vectors.
class Design {
public:
  Design(const Dataset& data, bool bias);
  [[nodiscard]] std::size_t dimension() const { return dimension_; }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  [[nodiscard]] const double* rows() const { return first_; }
  Design(const Design&) = delete;
  Design& operator=(const Design&) = delete;

private:
  std::size_t dimension_, stride_;
  std::vector<double> rows_;
  const double* first_; ///< aligned to 64 bytes
};

/// Rows of the design that follow each other, `size` for each of `count` vectors of weights.
struct Rows {
  const std::uint32_t* samples;
  std::size_t size, count;
  const std::uint32_t* ahead = nullptr; ///< as many rows that come next: combine_rows() brings them into the cache
};

[[nodiscard]] inline Rows rows_of(const Batch& batch) { return {batch.samples.data(), batch.samples.size(), 1, nullptr}; }

/// z[r size + k] = x . w[r] for row k of vector r; w[r] = w + r d.
void project_rows(const Design& X, const Rows& rows, const double* w, double* z);
/// y[r] = keep y[r] + decay w[r] + sum_k c[r size + k] x_k. With keep = 0 it does not matter what y holds; y and w may be the same.
void combine_rows(const Design& X, const Rows& rows, const double* c, double keep, double decay, const double* w, double* y);
/// z[k] = scale (z[k] - y_k), with the targets of a batch, or those of the data.
void subtract_targets(const Dataset& data, const Batch& batch, double scale, double* z);

/// Loss::add_gradients() of a loss that makes scale l'(z, y) out of z by derivatives(z, batch, scale). A few replicas at a time, as many as
/// have their rows in the first level of the cache: these are read twice.
template <class Derivatives>
void add_gradients(const Design& X, double decay, const double* w, const Batches& batches, double keep, double scale, double* y, Workspace& workspace, const Derivatives& derivatives) {
  constexpr std::size_t cached = 2048; // numbers
  const std::size_t d = X.dimension(), b = batches.size, group = std::clamp<std::size_t>(cached / (b * X.stride()), 1, 8);
  for (std::size_t r = 0; r < batches.count; r += group) {
    const std::size_t some = std::min(group, batches.count - r);
    const std::uint32_t* samples = batches.samples + r * b;
    const Rows rows{samples, b, some, r + some + group <= batches.count && group < 8 ? samples + some * b : nullptr};
    const std::size_t n = rows.size * rows.count;
    double* z = workspace.buffer(0, n + 8); // room for a last whole vector
    project_rows(X, rows, w + r * d, z);
    derivatives(z, Batch{{rows.samples, n}, batches.targets ? batches.targets + r * b : nullptr}, scale / static_cast<double>(b));
    combine_rows(X, rows, z, keep, scale * decay, w + r * d, y + r * d);
  }
}

} // namespace driftwell::sgd::detail

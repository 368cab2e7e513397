#pragma once
// Losses of one number z = x . w a sample, l(z, y): linear and logistic regression.
#include "driftwell/sgd/loss.hpp"

namespace driftwell::sgd::detail {

/// The inputs, with a last column of ones for the bias, rows padded with zeros to whole vectors.
class Design {
public:
  Design(const Dataset& data, bool bias);
  [[nodiscard]] std::size_t dimension() const { return dimension_; }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  [[nodiscard]] const double* rows() const { return first_; }
  /// Into the cache, as far as that is worth it.
  void prefetch(std::span<const std::uint32_t> samples) const;
  Design(const Design&) = delete;
  Design& operator=(const Design&) = delete;

private:
  std::size_t dimension_, stride_;
  std::vector<double> rows_;
  const double* first_; ///< aligned to 64 bytes
};

/// result = sum_k c_k x_{i_k}, over the rows of a batch; then result = result * scale + decay * w.
void combine_rows(const Design& X, std::span<const std::uint32_t> samples, const double* c, double scale, double decay, const double* w, double* result);
/// z_k = x_{i_k} . w, where w is padded to the stride.
void project_rows(const Design& X, std::span<const std::uint32_t> samples, const double* w, double* z);
/// w with zeros up to the stride; w itself where it has that length.
[[nodiscard]] const double* pad(const Design& X, const double* w, Workspace& workspace, std::size_t number);

} // namespace driftwell::sgd::detail

#include "driftwell/spectral/tensor_product.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace driftwell {

namespace {

constexpr std::size_t lanes = 16;             ///< columns of the tensor worked on together
constexpr std::size_t parallel_from = 2'000'000; ///< multiplications below which threads cost more than they help

using Lanes = double __attribute__((vector_size(64)));

/// `rows` rows of M times the packed columns: accumulators stay in registers.
template <std::size_t rows>
DRIFTWELL_INLINE void multiply_rows(const double* m, std::size_t n, const double* in, double* out) {
  Lanes low[rows]{}, high[rows]{};
  for (std::size_t k = 0; k < n; ++k) {
    Lanes a, b;
    std::memcpy(&a, in + k * lanes, sizeof a);
    std::memcpy(&b, in + k * lanes + 8, sizeof b);
    for (std::size_t r = 0; r < rows; ++r) {
      const double c = m[r * n + k];
      low[r] += c * a;
      high[r] += c * b;
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(out + r * lanes, &low[r], sizeof low[r]);
    std::memcpy(out + r * lanes + 8, &high[r], sizeof high[r]);
  }
}

DRIFTWELL_MULTIVERSION void multiply_block(const double* m, std::size_t n, const double* in, double* out) {
  std::size_t i = 0;
  for (; i + 3 <= n; i += 3) multiply_rows<3>(m + i * n, n, in, out + i * lanes);
  for (; i < n; ++i) multiply_rows<1>(m + i * n, n, in, out + i * lanes);
}

} // namespace

AxisMatrix::AxisMatrix(const Eigen::MatrixXd& matrix, std::size_t before, std::size_t after)
    : n_(static_cast<std::size_t>(matrix.rows())), before_(before), after_(after), entries_(n_ * n_) {
  for (std::size_t i = 0; i < n_; ++i)
    for (std::size_t j = 0; j < n_; ++j) entries_[i * n_ + j] = matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
}

template <bool add> void AxisMatrix::run(const double* x, double* y) const {
  const std::size_t columns = before_ * after_, chunks = (columns + lanes - 1) / lanes;
#pragma omp parallel if (columns * n_ > parallel_from / n_)
  {
    std::vector<double> buffer(2 * n_ * lanes + 8);
    double* in = buffer.data() + (8 - reinterpret_cast<std::uintptr_t>(buffer.data()) / 8 % 8) % 8;
    double* out = in + n_ * lanes;
#pragma omp for schedule(static)
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
      const std::size_t first = chunk * lanes, count = std::min(lanes, columns - first);
      std::array<std::size_t, lanes> base{};
      for (std::size_t c = 0; c < count; ++c) base[c] = (first + c) / after_ * n_ * after_ + (first + c) % after_;
      const bool together = base[count - 1] - base[0] == count - 1;
      if (count < lanes) std::fill_n(in, n_ * lanes, 0.0);
      if (together)
        for (std::size_t k = 0; k < n_; ++k) std::copy_n(x + base[0] + k * after_, count, in + k * lanes);
      else
        for (std::size_t c = 0; c < count; ++c)
          for (std::size_t k = 0; k < n_; ++k) in[k * lanes + c] = x[base[c] + k * after_];
      multiply_block(entries_.data(), n_, in, out);
      if (together) {
        for (std::size_t k = 0; k < n_; ++k) {
          double* to = y + base[0] + k * after_;
          for (std::size_t c = 0; c < count; ++c) to[c] = add ? to[c] + out[k * lanes + c] : out[k * lanes + c];
        }
      } else {
        for (std::size_t c = 0; c < count; ++c)
          for (std::size_t k = 0; k < n_; ++k) {
            double& to = y[base[c] + k * after_];
            to = add ? to + out[k * lanes + c] : out[k * lanes + c];
          }
      }
    }
  }
}

void AxisMatrix::multiply(const double* x, double* y) const { run<false>(x, y); }
void AxisMatrix::multiply_add(const double* x, double* y) const { run<true>(x, y); }

} // namespace driftwell

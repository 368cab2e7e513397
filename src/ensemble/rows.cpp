#include "driftwell/ensemble/rows.hpp"

#include "driftwell/core/simd.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>

namespace driftwell {

namespace {
constexpr std::uint64_t exponent = 0x7ff0000000000000; ///< all ones: infinity or NaN
} // namespace

RowBuffer::RowBuffer(std::size_t rows) {
  constexpr std::size_t stride = expression::Tape::strip + 24;
  const std::size_t size = std::max<std::size_t>(1, rows * stride);
  memory_.reset(static_cast<double*>(::operator new(size * sizeof(double), std::align_val_t{64})));
  std::fill_n(memory_.get(), size, 0.0);
  for (std::size_t i = 0; i < rows; ++i) rows_.push_back(memory_.get() + i * stride);
}

void RowBuffer::Free::operator()(double* memory) const { ::operator delete(memory, std::align_val_t{64}); }

DRIFTWELL_MULTIVERSION void euler_step(double* x, const double* b, double dt, const double* z, double scale, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = (x[k] + b[k] * dt) + z[k] * scale;
}

DRIFTWELL_MULTIVERSION void add_scaled(double* x, const double* y, double a, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] + y[k] * a;
}

DRIFTWELL_MULTIVERSION void scale_and_add(double* x, double a, const double* y, double c, std::size_t n) {
#pragma GCC ivdep
  for (std::size_t k = 0; k < n; ++k) x[k] = x[k] * a + y[k] * c;
}

void copy_rows(ConstRows from, Rows to, std::size_t n) {
  for (std::size_t i = 0; i < from.size(); ++i) std::copy_n(from[i], n, to[i]);
}

DRIFTWELL_MULTIVERSION bool all_finite(const double* x, std::size_t n) {
  std::uint64_t bad = 0;
  for (std::size_t k = 0; k < n; ++k) bad |= (std::bit_cast<std::uint64_t>(x[k]) & exponent) == exponent ? 1U : 0U;
  return bad == 0;
}

} // namespace driftwell

#include "driftwell/ensemble/noise.hpp"

#include "driftwell/ensemble/rows.hpp"

#include <algorithm>

namespace driftwell {

std::span<double* const> Noise::scratch(std::size_t rows) {
  if (scratch_rows_.size() < rows || scratch_.size() < rows * n_) {
    scratch_.assign(rows * n_, 0.0);
    scratch_rows_.clear();
    for (std::size_t j = 0; j < rows; ++j) scratch_rows_.push_back(scratch_.data() + j * n_);
  }
  return {scratch_rows_.data(), rows};
}

void Noise::add(std::span<double* const> x, std::span<const double* const> b, double dt, std::span<const double> scale) {
  for (std::size_t j = 0; j < x.size(); ++j) euler_step(x[j], b[j], dt, scratch_rows_[j], scale[j], n_);
}

void Noise::add_normals(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                        std::span<const double> scale) {
  normals(step, scratch(x.size()));
  add(x, b, dt, scale);
}

void Noise::add_signs(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt, std::span<const double> scale) {
  signs(step, scratch(x.size()));
  add(x, b, dt, scale);
}

void PhiloxNoise::move_to(std::uint64_t first, std::size_t n) {
  first_ = first;
  n_ = n;
  kept_ = ~std::uint64_t{0};
}

const double* PhiloxNoise::shared_row(std::uint64_t step, std::uint32_t draw) {
  if (kept_ != step / 2 || kept_draw_ != draw) {
    even_.resize(std::max(even_.size(), n_));
    odd_.resize(std::max(odd_.size(), n_));
    stream_.step_pair(first_, n_, step / 2, draw, even_.data(), odd_.data());
    kept_ = step / 2;
    kept_draw_ = draw;
  }
  return step % 2 == 0 ? even_.data() : odd_.data();
}

void PhiloxNoise::normals(std::uint64_t step, std::span<double* const> rows) {
  const std::size_t even = rows.size() / 2 * 2;
  stream_.normals(first_, n_, step, rows.first(even));
  if (even < rows.size()) std::copy_n(shared_row(step, static_cast<std::uint32_t>(even)), n_, rows[even]);
}

void PhiloxNoise::add_normals(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                              std::span<const double> scale) {
  const std::size_t even = x.size() / 2 * 2;
  stream_.add_normals(first_, n_, step, x.first(even), b.first(even), dt, scale.first(even));
  if (even < x.size()) euler_step(x[even], b[even], dt, shared_row(step, static_cast<std::uint32_t>(even)), scale[even], n_);
}

} // namespace driftwell

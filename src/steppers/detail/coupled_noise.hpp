#pragma once
// One Brownian path seen with two steps: what the fine path draws is kept for a moment, and the coarse path gets sums of it.
#include "driftwell/ensemble/noise.hpp"
#include "driftwell/ensemble/rows.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

namespace driftwell {

/// Philox noise that remembers the normal variates of the last few steps.
class FineNoise : public Noise {
public:
  explicit FineNoise(const NoiseStream& stream) : Noise(0), source_(stream, 0, 0) {}
  void move_to(std::uint64_t first, std::size_t n) {
    n_ = n;
    source_.move_to(first, n);
    for (Kept& kept : kept_) kept.step = none;
  }

  void normals(std::uint64_t step, std::span<double* const> rows) override {
    Kept& kept = kept_[step % kept_.size()];
    if (kept.step != step || kept.rows.size() != rows.size()) {
      if (kept.rows.size() != rows.size()) kept.rows = RowBuffer(rows.size());
      source_.normals(step, kept.rows.rows());
      kept.step = step;
    }
    copy_rows(kept.rows.const_rows(), rows, n_);
  }
  void signs(std::uint64_t step, std::span<double* const> rows) override { source_.signs(step, rows); }
  void three_points(std::uint64_t step, std::span<double* const> rows) override { source_.three_points(step, rows); }
  void uniforms(std::uint64_t step, std::span<double* const> rows) override { source_.uniforms(step, rows); }

private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  struct Kept {
    std::uint64_t step = none;
    RowBuffer rows{};
  };
  PhiloxNoise source_;
  std::array<Kept, 4> kept_{};
};

/// Noise of the path with twice the step: the normal variates of step n are (xi_2n + xi_(2n+1)) / sqrt(2), which is
/// standard normal, independent from step to step, and belongs to the same Brownian increments. There is no such sum for two-point and
/// three-point variates; those and uniforms must not be asked for.
class CoarseNoise : public Noise {
public:
  explicit CoarseNoise(FineNoise& fine) : Noise(0), fine_(fine) {}
  void set_size(std::size_t n) { n_ = n; }

  void normals(std::uint64_t step, std::span<double* const> rows) override {
    if (second_.size() != rows.size()) second_ = RowBuffer(rows.size());
    fine_.normals(2 * step, rows);
    fine_.normals(2 * step + 1, second_.rows());
    for (std::size_t j = 0; j < rows.size(); ++j) scale_and_add(rows[j], std::sqrt(0.5), second_[j], std::sqrt(0.5), n_);
  }
  void signs(std::uint64_t, std::span<double* const>) override { refuse(); }
  void three_points(std::uint64_t, std::span<double* const>) override { refuse(); }
  void uniforms(std::uint64_t, std::span<double* const>) override { refuse(); }

private:
  [[noreturn]] static void refuse() { throw std::logic_error("only normal variates have sums that belong to a longer step"); }
  FineNoise& fine_;
  RowBuffer second_;
};

} // namespace driftwell

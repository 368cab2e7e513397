#pragma once
// Noise as steppers see it: handed in, so that a test can pass in refined Brownian paths or the nodes of a quadrature.
#include "driftwell/core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace driftwell {

/// The random numbers of one block of particles. Each function fills rows[j][k], k < n of the block, independent for every
/// step, row and function.
class Noise {
public:
  virtual ~Noise() = default;
  virtual void normals(std::uint64_t step, std::span<double* const> rows) = 0;      ///< N(0, 1)
  virtual void signs(std::uint64_t step, std::span<double* const> rows) = 0;        ///< +-1
  virtual void three_points(std::uint64_t step, std::span<double* const> rows) = 0; ///< 0, +-sqrt(3) with 2/3, 1/6, 1/6
  virtual void uniforms(std::uint64_t step, std::span<double* const> rows) = 0;     ///< (0, 1)

  /// x[j] = (x[j] + dt * b[j]) + scale[j] * noise, the same noise as above: one pass where that is faster.
  virtual void add_normals(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                           std::span<const double> scale);
  virtual void add_signs(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                         std::span<const double> scale);

protected:
  explicit Noise(std::size_t n) : n_(n) {}
  std::size_t n_;

private:
  void add(std::span<double* const> x, std::span<const double* const> b, double dt, std::span<const double> scale);
  std::vector<double> scratch_;
  std::vector<double*> scratch_rows_;
  std::span<double* const> scratch(std::size_t rows);
};

/// The noise of a run: counter-based, see core/random.hpp. Of an odd number of rows the last one takes both normal variates
/// of a block of bits, one a step: the second is kept for the next step, or made again after a restart.
class PhiloxNoise : public Noise {
public:
  PhiloxNoise(const NoiseStream& stream, std::uint64_t first, std::size_t n) : Noise(n), stream_(stream), first_(first) {}
  /// Turns to another block: as a new object, but keeps its memory.
  void move_to(std::uint64_t first, std::size_t n);

  void normals(std::uint64_t step, std::span<double* const> rows) override;
  void signs(std::uint64_t step, std::span<double* const> rows) override { stream_.signs(first_, n_, step, rows); }
  void three_points(std::uint64_t step, std::span<double* const> rows) override { stream_.three_points(first_, n_, step, rows); }
  void uniforms(std::uint64_t step, std::span<double* const> rows) override { stream_.uniforms(first_, n_, step, rows); }
  void add_normals(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                   std::span<const double> scale) override;
  void add_signs(std::uint64_t step, std::span<double* const> x, std::span<const double* const> b, double dt,
                 std::span<const double> scale) override {
    stream_.add_signs(first_, n_, step, x, b, dt, scale);
  }

private:
  /// The row of a draw that shares its bits with the next or the last step.
  const double* shared_row(std::uint64_t step, std::uint32_t draw);

  NoiseStream stream_;
  std::uint64_t first_;
  std::vector<double> even_, odd_;
  std::uint64_t kept_ = ~std::uint64_t{0}; ///< step pair in even_ and odd_
  std::uint32_t kept_draw_ = 0;
};

} // namespace driftwell

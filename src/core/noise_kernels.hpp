#pragma once
// The vectorised parts of random.hpp, one table of functions for each instruction set; all give the same bits.
#include <cstddef>
#include <cstdint>
#include <vector>

namespace driftwell::noise {

/// Which block of bits: particle = particle_high * 2^32 + particle + k for lane k (no carry within a call).
struct Counter {
  std::uint32_t key0, key1;
  std::uint32_t particle;
  std::uint32_t step, draw, high; ///< words 0, 2 and 3
};

/// Rows of n numbers; x is read and written, b only read.
struct Update {
  double *x0, *x1;
  const double *b0, *b1;
  double dt, scale0, scale1;
};

struct Kernels {
  const char* name;
  void (*words)(const Counter&, std::size_t n, std::uint64_t* a, std::uint64_t* b);
  void (*normals)(const Counter&, std::size_t n, double* a, double* b);
  void (*add_normals)(const Counter&, std::size_t n, const Update&);
  /// x[k] = (x[k] + dt b[k]) +- scale for 64 k a word, the signs from its bits.
  void (*add_signs)(const std::uint64_t* words, std::size_t count, double* x, const double* b, double dt, double scale);
};

/// Those this processor can run, best first; the portable one is the last.
[[nodiscard]] const std::vector<Kernels>& available();

[[nodiscard]] Kernels portable();
[[nodiscard]] Kernels avx2();    ///< with FMA; null pointers where the compiler cannot make it
[[nodiscard]] Kernels avx512();

} // namespace driftwell::noise

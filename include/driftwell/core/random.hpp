#pragma once
// Counter-based random numbers: a pure function of (seed, purpose, particle, step, draw), with no state to carry, to
// split or to save. Any thread, block size, shard or restart asks for the same number and gets the same bits.
//
// Generator: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011).
//   key      seed (48 bits) and purpose (16 bits): different pairs never share a stream
//   counter  word 0: step mod 2^32    word 1: particle mod 2^32    word 2: kind and draw
//            word 3: particle / 2^32 (upper 16 bits) and step / 2^32 (lower 16 bits)
// Normal variates: Box & Muller (1958) on 52-bit uniforms; |z| <= sqrt(104 ln 2) = 8.49. The elementary functions are
// polynomials of our own, evaluated with fused multiply-adds written as such: each variate is within 5e-15 relative of the
// exact transform of its bits, and all versions (portable, AVX2, AVX-512) give the same bits.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace driftwell {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// One block of Philox4x32-10: 128 random bits.
[[nodiscard]] PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

/// What a stream is for. Numbers for different purposes are independent, whatever the seeds.
enum class Purpose : std::uint16_t { initial = 1, momenta = 2, steps = 3, walls = 4, bootstrap = 5, batches = 6, probes = 7, test = 0xffff };

constexpr std::uint64_t largest_seed = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t largest_particle = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t largest_step = (std::uint64_t{1} << 48) - 1;
constexpr std::uint32_t largest_draw = (std::uint32_t{1} << 28) - 1;

/// Throws std::invalid_argument when seed > largest_seed.
[[nodiscard]] PhiloxKey noise_key(std::uint64_t seed, Purpose purpose);

/// One stream of random numbers. Functions fill rows[j][k] for particles first + k, k < n; the result is a function of
/// (stream, particle, step, draw j) alone, and of whether the number of rows is odd.
/// Particles, steps and draws must not exceed the largest_... above (not checked: these are inner loops).
class NoiseStream {
public:
  NoiseStream(std::uint64_t seed, Purpose purpose) : key_(noise_key(seed, purpose)) {}
  explicit NoiseStream(PhiloxKey key) : key_(key) {}
  [[nodiscard]] PhiloxKey key() const { return key_; }

  /// Standard normal variates. Draws 2p and 2p + 1 of one step share a block of bits. `draw` (even) is that of rows[0].
  /// Where rows.size() is odd the last one is wasteful: see step_pair().
  void normals(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows, std::uint32_t draw = 0) const;
  /// Standard normal variates of one draw for the steps 2s and 2s + 1, from one block of bits.
  void step_pair(std::uint64_t first, std::size_t n, std::uint64_t s, std::uint32_t draw, double* even, double* odd) const;
  /// Uniform variates in (0, 1): (k + 1/2) 2^-52.
  void uniforms(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows, std::uint32_t draw = 0) const;
  /// Two-point variates: -1 or 1, each with probability 1/2; a block of bits serves 64 particles and two draws.
  void signs(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows) const;
  /// Three-point variates: -sqrt(3) and sqrt(3) with probability 1/6 each (to 2^-52), else 0.
  void three_points(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows) const;
  /// 64 random bits a particle and draw.
  void words(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<std::uint64_t* const> rows, std::uint32_t draw = 0) const;

  /// x[j] = (x[j] + dt * b[j]) + scale[j] * normal, in one pass over an even number of rows: Euler-Maruyama at the price of
  /// the noise. The normal variates are those of normals().
  void add_normals(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> x, std::span<const double* const> b,
                   double dt, std::span<const double> scale) const;
  /// The same with signs(), for any number of rows.
  void add_signs(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> x, std::span<const double* const> b,
                 double dt, std::span<const double> scale) const;

private:
  PhiloxKey key_;
};

} // namespace driftwell

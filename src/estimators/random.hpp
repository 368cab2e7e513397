#pragma once
// Random numbers of the resampling: a generator of its own for every (seed, stream), and integers whose value does not depend
// on the standard library's distributions.
#include <cstdint>
#include <random>

namespace driftwell::estimators {

/// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): spreads neighbouring numbers over all 64 bits.
inline std::uint64_t scramble(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

inline std::mt19937_64 generator_of(std::uint64_t seed, std::uint64_t stream) { return std::mt19937_64(scramble(scramble(seed) ^ stream)); }

/// Uniform on 0 .. n-1, n > 0: draws beyond the last multiple of n are thrown away.
inline std::uint64_t below(std::uint64_t n, std::mt19937_64& random) {
  const std::uint64_t excess = (0 - n) % n; // 2^64 mod n
  std::uint64_t draw = random();
  while (draw < excess) draw = random();
  return draw % n;
}

/// Uniform on the open interval (0, 1), 53 bits.
inline double uniform(std::mt19937_64& random) { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; }

} // namespace driftwell::estimators

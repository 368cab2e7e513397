#pragma once
// Rounding of doubles to fewer bits, so that gzip finds runs of zeros. Internal to the record room.
#include <bit>
#include <cstdint>

namespace driftwell::record {

/// `x` with only `keep` bits of the fraction (1..52), rounded to nearest, ties to even: |error| <= 2^-(keep+1) |x|.
/// NaN, infinities and zeros stay what they are. A value beyond the largest number that has so few bits would
/// round to infinity, as IEEE 754 has it for any precision; it is rounded towards zero instead.
inline double round_to_bits(double x, int keep) {
  const int drop = 52 - keep;
  if (drop <= 0) {
    return x;
  }
  constexpr std::uint64_t exponent = 0x7FF0'0000'0000'0000;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  if ((bits & exponent) == exponent) {
    return x;
  }
  const std::uint64_t mask = (std::uint64_t{1} << drop) - 1, half = std::uint64_t{1} << (drop - 1);
  const std::uint64_t odd = (bits >> drop) & 1;
  const std::uint64_t rounded = (bits + half - 1 + odd) & ~mask; // a carry goes into the exponent, which is right
  return std::bit_cast<double>((rounded & exponent) == exponent ? bits & ~mask : rounded);
}

} // namespace driftwell::record

#pragma once
// Eight doubles at a time, in GCC's vector language: one register, two or four, as the instruction set has it, and the same
// bits in all of them. Everything here takes vectors by reference: by value their calling convention would differ.
#include "driftwell/core/simd.hpp"

#include <cstddef>

namespace driftwell::sgd::detail {

typedef double Lanes __attribute__((vector_size(64)));
typedef double LooseLanes __attribute__((vector_size(64), aligned(8), may_alias)); // at any address

constexpr std::size_t lanes = 8;
constexpr std::size_t padded(std::size_t n) { return (n + lanes - 1) / lanes * lanes; }

DRIFTWELL_INLINE void load(Lanes& v, const double* at) { v = *reinterpret_cast<const LooseLanes*>(at); }
DRIFTWELL_INLINE void store(double* at, const Lanes& v) { *reinterpret_cast<LooseLanes*>(at) = v; }
/// As sums() adds: the same bits.
DRIFTWELL_INLINE double sum(const Lanes& v) { return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])); }


/// The sums of eight vectors in one: pairs of neighbours, then pairs of pairs, then halves.
DRIFTWELL_INLINE void sums(const Lanes (&a)[8], Lanes& result) {
  typedef long long Order __attribute__((vector_size(64)));
  Lanes b[4], c[2];
  for (int i = 0; i < 4; ++i)
    b[i] = __builtin_shuffle(a[2 * i], a[2 * i + 1], Order{0, 8, 2, 10, 4, 12, 6, 14}) + __builtin_shuffle(a[2 * i], a[2 * i + 1], Order{1, 9, 3, 11, 5, 13, 7, 15});
  for (int i = 0; i < 2; ++i)
    c[i] = __builtin_shuffle(b[2 * i], b[2 * i + 1], Order{0, 1, 8, 9, 4, 5, 12, 13}) + __builtin_shuffle(b[2 * i], b[2 * i + 1], Order{2, 3, 10, 11, 6, 7, 14, 15});
  result = __builtin_shuffle(c[0], c[1], Order{0, 1, 2, 3, 8, 9, 10, 11}) + __builtin_shuffle(c[0], c[1], Order{4, 5, 6, 7, 12, 13, 14, 15});
}

} // namespace driftwell::sgd::detail

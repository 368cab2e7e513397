#pragma once
// Eight doubles at a time, in GCC's vector language: one register, two or four, as the instruction set has it, and the same
// bits in all of them. Everything here takes vectors by reference: by value their calling convention would differ.
//
// Products are added with one rounding (fused multiply-add) in every version, written as such: half the instructions where the processor
// has them, which x86 has since 2013, and the same bits but slow (the C library's fma) where it has not.
#include "driftwell/core/simd.hpp"

#include <cstddef>

// As DRIFTWELL_MULTIVERSION, with fused multiply-adds in the middle version too.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#define DRIFTWELL_MULTIVERSION_FMA __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define DRIFTWELL_MULTIVERSION_FMA
#endif

namespace driftwell::sgd::detail {

typedef double Lanes __attribute__((vector_size(64)));
typedef double LooseLanes __attribute__((vector_size(64), aligned(8), may_alias)); // at any address

constexpr std::size_t lanes = 8;
constexpr std::size_t padded(std::size_t n) { return (n + lanes - 1) / lanes * lanes; }

DRIFTWELL_INLINE void load(Lanes& v, const double* at) { v = *reinterpret_cast<const LooseLanes*>(at); }
DRIFTWELL_INLINE void store(double* at, const Lanes& v) { *reinterpret_cast<LooseLanes*>(at) = v; }
/// The first `count` < 8 numbers; zeros beyond.
DRIFTWELL_INLINE void load_part(Lanes& v, const double* at, std::size_t count) {
  alignas(64) double part[lanes] = {};
  for (std::size_t l = 0; l < count; ++l) part[l] = at[l];
  asm("" : "+m"(part)); // else GCC keeps eight scalars and computes with them one by one
  load(v, part);
}
DRIFTWELL_INLINE void store_part(double* at, const Lanes& v, std::size_t count) {
  alignas(64) double part[lanes];
  store(part, v);
  for (std::size_t l = 0; l < count; ++l) at[l] = part[l];
}

DRIFTWELL_INLINE void fill(Lanes& v, double x) { v = Lanes{x, x, x, x, x, x, x, x}; }

/// sum += a b, rounded once. Written out lane by lane, which GCC makes one instruction of.
DRIFTWELL_INLINE void multiply_add(Lanes& sum, const Lanes& a, const Lanes& b) {
  sum = Lanes{__builtin_fma(a[0], b[0], sum[0]), __builtin_fma(a[1], b[1], sum[1]), __builtin_fma(a[2], b[2], sum[2]), __builtin_fma(a[3], b[3], sum[3]),
              __builtin_fma(a[4], b[4], sum[4]), __builtin_fma(a[5], b[5], sum[5]), __builtin_fma(a[6], b[6], sum[6]), __builtin_fma(a[7], b[7], sum[7])};
}

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

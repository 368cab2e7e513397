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
DRIFTWELL_INLINE double sum(const Lanes& v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

} // namespace driftwell::sgd::detail

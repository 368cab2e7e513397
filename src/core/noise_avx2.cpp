// 256-bit vectors with fused multiply-add.
#include "noise_kernels.hpp"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#include <immintrin.h>
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")

namespace driftwell::noise {

namespace {

constexpr int lanes = 4;
constexpr int together = 2; ///< vectors in flight, so that one chain of operations fills the gaps of the other
typedef std::uint64_t Bits __attribute__((vector_size(32)));
typedef std::int64_t SignedBits __attribute__((vector_size(32)));
typedef double Reals __attribute__((vector_size(32)));

inline __attribute__((always_inline)) Bits mul32(Bits a, Bits b) { return (Bits)_mm256_mul_epu32((__m256i)a, (__m256i)b); }
inline __attribute__((always_inline)) Reals fma(Reals a, Reals b, Reals c) { return (Reals)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
inline __attribute__((always_inline)) Reals sqrt(Reals a) { return (Reals)_mm256_sqrt_pd((__m256d)a); }

#include "noise_body.hpp"

} // namespace

Kernels avx2() { return {"avx2", words, normals, add_normals, add_signs}; }

} // namespace driftwell::noise
#pragma GCC pop_options
#else
namespace driftwell::noise {
Kernels avx2() { return {"avx2", nullptr, nullptr, nullptr, nullptr}; }
} // namespace driftwell::noise
#endif

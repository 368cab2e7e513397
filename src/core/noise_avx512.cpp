// 512-bit vectors.
#include "noise_kernels.hpp"

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#include <immintrin.h>
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // false alarm of GCC 12 inside its own header (bug 105593)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")

namespace driftwell::noise {

namespace {

constexpr int lanes = 8;
constexpr int together = 4; ///< vectors in flight, so that one chain of operations fills the gaps of the other
typedef std::uint64_t Bits __attribute__((vector_size(64)));
typedef std::int64_t SignedBits __attribute__((vector_size(64)));
typedef double Reals __attribute__((vector_size(64)));

inline __attribute__((always_inline)) Bits mul32(Bits a, Bits b) { return (Bits)_mm512_mul_epu32((__m512i)a, (__m512i)b); }
inline __attribute__((always_inline)) Reals fma(Reals a, Reals b, Reals c) { return (Reals)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
inline __attribute__((always_inline)) Reals sqrt(Reals a) { return (Reals)_mm512_sqrt_pd((__m512d)a); }

#include "noise_body.hpp"

} // namespace

Kernels avx512() { return {"avx512", words, normals, add_normals, add_signs}; }

} // namespace driftwell::noise
#pragma GCC pop_options
#else
namespace driftwell::noise {
Kernels avx512() { return {"avx512", nullptr, nullptr, nullptr, nullptr}; }
} // namespace driftwell::noise
#endif

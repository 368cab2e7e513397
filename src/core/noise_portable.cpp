// Plain loops over lanes: for any processor, and the reference of the others. Without fused multiply-add in hardware std::fma is
// slow, but right.
#include "noise_kernels.hpp"

#include <cmath>

namespace driftwell::noise {

namespace {

constexpr int lanes = 2;
constexpr int together = 1;
typedef std::uint64_t Bits __attribute__((vector_size(16)));
typedef std::int64_t SignedBits __attribute__((vector_size(16)));
typedef double Reals __attribute__((vector_size(16)));

inline Bits mul32(Bits a, Bits b) { return (a & 0xffffffff) * (b & 0xffffffff); }
inline Reals fma(Reals a, Reals b, Reals c) { return Reals{std::fma(a[0], b[0], c[0]), std::fma(a[1], b[1], c[1])}; }
inline Reals sqrt(Reals a) { return Reals{std::sqrt(a[0]), std::sqrt(a[1])}; }

#include "noise_body.hpp"

} // namespace

Kernels portable() { return {"portable", words, normals, add_normals, add_signs}; }

} // namespace driftwell::noise

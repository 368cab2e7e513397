#pragma once
// Run-time choice of the instruction set. A function marked DRIFTWELL_MULTIVERSION is compiled three times (portable,
// AVX2, AVX-512 with 512-bit vectors) and the loader picks the best one the processor has.
//
// Rules for such a function: plain loops the compiler can vectorise; everything it calls is DRIFTWELL_INLINE (a call to an
// ordinary function would leave the clone); same bits in all versions, which -ffp-contract=off guarantees as long as
// the function itself does not add terms in an order that depends on the vector length.
// "arch=x86-64-v4" and not "arch=skylake-avx512": the first asks for features, the second only for that very chip.

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(DRIFTWELL_NO_MULTIVERSION)
#define DRIFTWELL_MULTIVERSION __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define DRIFTWELL_MULTIVERSION
#endif

#if defined(__GNUC__)
#define DRIFTWELL_INLINE inline __attribute__((always_inline))
#else
#define DRIFTWELL_INLINE inline
#endif

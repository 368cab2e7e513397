// exp by Cody and Waite: x = n ln 2 + r, |r| <= ln 2 / 2, a Taylor polynomial of degree 13 in r (its rest is below 2^-54), 2^n by
// the exponent's bits.
#include "exponential.hpp"

#include <algorithm>
#include <cstdint>

namespace driftwell::sgd::detail {

namespace {

typedef std::int64_t Bits __attribute__((vector_size(64)));

/// p = p r + c
DRIFTWELL_INLINE void horner(Lanes& p, const Lanes& r, double c) {
  Lanes sum;
  fill(sum, c);
  multiply_add(sum, p, r);
  p = sum;
}

DRIFTWELL_INLINE void exponential(Lanes& x) {
  constexpr double high = 6.93147180369123816490e-01, low = 1.90821492927058770002e-10, inverse = 1.44269504088896338700;
  constexpr double shift = 6755399441055744.0; // 1.5 * 2^52: adding it rounds to a whole number, in the low bits
  const Lanes nan = x;
  const auto valid = x == x;
  Lanes y = x > 710.0 ? Lanes{} + 710.0 : x;
  y = y < -708.0 ? Lanes{} - 708.0 : y;
  const Lanes shifted = y * inverse + shift, minus_n = shift - shifted;
  Lanes r = y, p, ln2;
  fill(ln2, high);
  multiply_add(r, minus_n, ln2);
  fill(ln2, low);
  multiply_add(r, minus_n, ln2);
  fill(p, 1.0 / 6227020800.0);
  constexpr double taylor[] = {1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
                               1.0 / 720.0,       1.0 / 120.0,      1.0 / 24.0,      1.0 / 6.0,      0.5};
#pragma GCC unroll 11
  for (int k = 0; k < 11; ++k) horner(p, r, taylor[k]);
  Lanes rest = r;
  multiply_add(rest, p * r, r);
  p = rest + 1.0;
  // 2^n in two factors, so that n = 1024 does not overflow on the way.
  const Bits whole = (Bits)shifted - (Bits)(Lanes{} + shift), half = whole >> 1, other = whole - half;
  const Lanes a = (Lanes)((half + 1023) << 52), b = (Lanes)((other + 1023) << 52);
  const Lanes value = p * a * b;
  x = valid ? (x < -708.0 ? Lanes{} : value) : nan;
}

DRIFTWELL_MULTIVERSION_FMA void exponential_all(double* z, std::size_t n) {
  for (std::size_t k = 0; k < n; k += lanes) {
    Lanes x;
    load(x, z + k);
    exponential(x);
    store(z + k, x);
  }
}

DRIFTWELL_MULTIVERSION_FMA void sigmoid_all(double* z, std::size_t n) {
  for (std::size_t k = 0; k < n; k += lanes) {
    Lanes x;
    load(x, z + k);
    x = -x;
    exponential(x);
    x = 1.0 / (1.0 + x);
    store(z + k, x);
  }
}

void clear_tail(double* z, std::size_t n) { std::fill(z + n, z + padded(n), 0.0); }

} // namespace

void exponential(double* z, std::size_t n) {
  clear_tail(z, n);
  exponential_all(z, n);
}

void sigmoid(double* z, std::size_t n) {
  clear_tail(z, n);
  sigmoid_all(z, n);
}

} // namespace driftwell::sgd::detail

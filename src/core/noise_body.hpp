// Philox and Box-Muller on vectors of `lanes` 64-bit numbers. Included once by each noise_<set>.cpp, inside an anonymous namespace
// and after it has defined
//   lanes; Bits, Reals (vector types); mul32 (product of the low halves), fma, sqrt
// No include guard: each includes it once, with its own types.

#define INLINE inline __attribute__((always_inline))

constexpr std::uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57; // the paper's constants
constexpr std::uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;

INLINE Bits bits_of(std::uint64_t value) { return Bits{} + value; }
INLINE Reals reals_of(double value) { return Reals{} + value; }
INLINE Bits as_bits(Reals x) { return (Bits)x; }
INLINE Reals as_reals(Bits x) { return (Reals)x; }

/// Rows need not be aligned to vectors.
template <class V, class T> INLINE V load(const T* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V, class T> INLINE void store(T* p, V v) { __builtin_memcpy(p, &v, sizeof v); }

/// What all lanes of a call share. The particle stands in word 1, which the first round only adds: two rounds of the
/// ten then have a factor that is the same in all lanes, four multiplications of twenty.
struct Prepared {
  std::uint64_t key0[10], key1[10];
  std::uint64_t first;  ///< xor with the particle: word 0 after the first round
  std::uint64_t second; ///< xor into word 2 in the second round
  std::uint64_t third0, third2, third3; ///< in the third round: xor into word 0, into word 2; word 3
};

INLINE Prepared prepare(const Counter& c) {
  Prepared p{};
  std::uint32_t k0 = c.key0, k1 = c.key1;
  for (int round = 0; round < 10; ++round, k0 += weyl0, k1 += weyl1) p.key0[round] = k0, p.key1[round] = k1;
  const std::uint64_t low = 0xffffffff;
  const std::uint64_t p0 = multiplier0 * c.step, p1 = multiplier1 * c.draw;
  p.first = (p1 >> 32) ^ p.key0[0];
  const std::uint64_t word1 = p1 & low, word2 = (p0 >> 32) ^ c.high ^ p.key1[0], word3 = p0 & low;
  const std::uint64_t q1 = multiplier1 * word2; // second round; word 0 is that of the lane
  p.second = word3 ^ p.key1[1];
  const std::uint64_t w0 = (q1 >> 32) ^ word1 ^ p.key0[1], w1 = q1 & low;
  const std::uint64_t r0 = multiplier0 * w0; // third round; words 2 and 3 are those of the lane
  p.third0 = w1 ^ p.key0[2];
  p.third2 = (r0 >> 32) ^ p.key1[2];
  p.third3 = r0 & low;
  return p;
}

template <int V> struct Words {
  Bits a[V], b[V];
};

/// Output words (0, 1) in a and (2, 3) in b, the first of each in the upper half.
template <int V> INLINE Words<V> philox(const Prepared& p, const Bits (&particle)[V]) {
  const Bits m0 = bits_of(multiplier0), m1 = bits_of(multiplier1);
  Bits c0[V], c1[V], c2[V], c3[V];
  for (int v = 0; v < V; ++v) {
    const Bits second = mul32(particle[v] ^ p.first, m0);
    const Bits third = mul32((second >> 32) ^ p.second, m1);
    c0[v] = (third >> 32) ^ p.third0;
    c1[v] = third;
    c2[v] = second ^ p.third2;
    c3[v] = bits_of(p.third3);
  }
#pragma GCC unroll 6
  for (int round = 3; round < 9; ++round)
    for (int v = 0; v < V; ++v) {
      const Bits p0 = mul32(c0[v], m0), p1 = mul32(c2[v], m1);
      c0[v] = (p1 >> 32) ^ c1[v] ^ p.key0[round];
      c2[v] = (p0 >> 32) ^ c3[v] ^ p.key1[round];
      c1[v] = p1; // the upper halves are rubbish that nobody reads
      c3[v] = p0;
    }
  Words<V> out;
  for (int v = 0; v < V; ++v) {
    out.a[v] = mul32(c2[v], m1) ^ (c1[v] << 32) ^ (p.key0[9] << 32);
    out.b[v] = mul32(c0[v], m0) ^ (c3[v] << 32) ^ (p.key1[9] << 32);
  }
  return out;
}

/// -2 ln u for u = 1 - (a / 2^12) 2^-52 in [2^-52, 1]. With m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f/(2 + f):
/// -2 ln m = -4 atanh(s).
INLINE Reals minus_two_log(Bits a) {
  constexpr std::uint64_t root = 0x3fe6a09e00000000, one = 0x3ff0000000000000, mantissa = 0x000fffffffffffff;
  const Reals u = 2.0 - as_reals((a >> 12) | one);
  const Bits moved = as_bits(u) + (one - root);
  const Reals k = as_reals((moved >> 52) | 0x4330000000000000) - (0x1p52 + 1023.0);
  const Reals f = as_reals((moved & mantissa) + root) - 1.0;
  const Reals s = f / (f + 2.0);
  const Reals z = s * s;
  Reals p = reals_of(0x1.546ad42a9a1a9p-2);
  p = fma(z, p, reals_of(0x1.7382d1330ebcfp-2));
  p = fma(z, p, reals_of(0x1.c71fcd18711c4p-2));
  p = fma(z, p, reals_of(0x1.2492462aae0ecp-1));
  p = fma(z, p, reals_of(0x1.9999999b86b38p-1));
  p = fma(z, p, reals_of(0x1.55555555553b8p+0));
  p = fma(z, p, reals_of(4.0));
  return fma(k, reals_of(-0x1.62e42fefa39efp0), -(s * p));
}

/// (cos, sin) of an angle that is uniform on the circle: pi w / 2 with |w| <= 1/2 from the upper 52 bits of b; two low bits swap
/// the two and choose the sign of the cosine.
INLINE void direction(Bits b, Reals& first, Reals& second) {
  const Reals w = as_reals((b >> 12) | 0x3ff0000000000000) - 1.5;
  const Reals y = w * w;
  Reals s = reals_of(0x1.e3f38399551bfp-25);
  Reals c = reals_of(0x1.f3dbcea61b1a4p-22);
  s = fma(y, s, reals_of(-0x1.e30071afc3e59p-19));
  c = fma(y, c, reals_of(-0x1.a6c9c1be9eb49p-16));
  s = fma(y, s, reals_of(0x1.50782fda12d96p-13));
  c = fma(y, c, reals_of(0x1.e1f4fb60281f6p-11));
  s = fma(y, s, reals_of(-0x1.32d2cce2e5b19p-8));
  c = fma(y, c, reals_of(-0x1.55d3c7dbfd139p-6));
  s = fma(y, s, reals_of(0x1.466bc677587f8p-4));
  c = fma(y, c, reals_of(0x1.03c1f081b0780p-2));
  s = fma(y, s, reals_of(-0x1.4abbce625be41p-1));
  c = fma(y, c, reals_of(-0x1.3bd3cc9be458bp+0));
  s = fma(y, s, reals_of(0x1.921fb54442d18p+0)) * w;
  c = fma(y, c, reals_of(1.0));
  c = as_reals(as_bits(c) ^ (b << 63));
  const auto swapped = (SignedBits)(b << 62) < 0;
  first = swapped ? s : c;
  second = swapped ? c : s;
}

template <int V> struct Normals {
  Reals a[V], b[V];
};

template <int V> INLINE Normals<V> box_muller(const Words<V>& words) {
  Normals<V> out;
  Reals radius[V];
  for (int v = 0; v < V; ++v) radius[v] = sqrt(minus_two_log(words.a[v]));
  for (int v = 0; v < V; ++v) {
    direction(words.b[v], out.a[v], out.b[v]);
    out.a[v] *= radius[v];
    out.b[v] *= radius[v];
  }
  return out;
}

INLINE Bits lane_numbers() {
  Bits lane{};
  for (int l = 0; l < lanes; ++l) lane[l] = static_cast<std::uint64_t>(l);
  return lane;
}

template <int V> INLINE Words<V> words_at(const Prepared& p, std::uint64_t particle, Bits lane) {
  Bits particles[V];
  for (int v = 0; v < V; ++v) particles[v] = lane + (particle + static_cast<std::uint64_t>(v * lanes));
  return philox<V>(p, particles);
}

/// Calls body(integral V, first index) for chunks of V vectors, then tail(words, count) for the rest, vector by vector.
template <int V, class Body, class Tail> INLINE void for_chunks(const Counter& counter, std::size_t n, Body body, Tail tail) {
  const Prepared p = prepare(counter);
  const Bits lane = lane_numbers();
  std::size_t k = 0;
  for (; k + V * lanes <= n; k += V * lanes) body(words_at<V>(p, counter.particle + k, lane), k);
  for (; k < n; k += lanes) tail(words_at<1>(p, counter.particle + k, lane), k, n - k < lanes ? n - k : lanes);
}

void words(const Counter& counter, std::size_t n, std::uint64_t* a, std::uint64_t* b) {
  for_chunks<4>(
      counter, n,
      [&](const Words<4>& w, std::size_t k) __attribute__((always_inline)) {
        for (int v = 0; v < 4; ++v) store(a + k + v * lanes, w.a[v]), store(b + k + v * lanes, w.b[v]);
      },
      [&](const Words<1>& w, std::size_t k, std::size_t count) __attribute__((always_inline)) {
        for (std::size_t l = 0; l < count; ++l) a[k + l] = w.a[0][l], b[k + l] = w.b[0][l];
      });
}

void normals(const Counter& counter, std::size_t n, double* a, double* b) {
  for_chunks<together>(
      counter, n,
      [&](const Words<together>& w, std::size_t k) __attribute__((always_inline)) {
        const Normals<together> z = box_muller(w);
        for (int v = 0; v < together; ++v) store(a + k + v * lanes, z.a[v]), store(b + k + v * lanes, z.b[v]);
      },
      [&](const Words<1>& w, std::size_t k, std::size_t count) __attribute__((always_inline)) {
        const Normals<1> z = box_muller(w);
        for (std::size_t l = 0; l < count; ++l) a[k + l] = z.a[0][l], b[k + l] = z.b[0][l];
      });
}

/// Each operation rounds by itself, as the two loops this stands for would.
INLINE Reals stepped(Reals x, Reals b, double dt, Reals noise, double scale) { return (x + b * dt) + noise * scale; }

void add_normals(const Counter& counter, std::size_t n, const Update& u) {
  for_chunks<together>(
      counter, n,
      [&](const Words<together>& w, std::size_t k) __attribute__((always_inline)) {
        const Normals<together> z = box_muller(w);
        for (int v = 0; v < together; ++v) {
          const std::size_t i = k + v * lanes;
          store(u.x0 + i, stepped(load<Reals>(u.x0 + i), load<Reals>(u.b0 + i), u.dt, z.a[v], u.scale0));
          store(u.x1 + i, stepped(load<Reals>(u.x1 + i), load<Reals>(u.b1 + i), u.dt, z.b[v], u.scale1));
        }
      },
      [&](const Words<1>& w, std::size_t k, std::size_t count) __attribute__((always_inline)) {
        const Normals<1> z = box_muller(w);
        for (std::size_t l = 0; l < count; ++l) {
          u.x0[k + l] = (u.x0[k + l] + u.b0[k + l] * u.dt) + z.a[0][l] * u.scale0;
          u.x1[k + l] = (u.x1[k + l] + u.b1[k + l] * u.dt) + z.b[0][l] * u.scale1;
        }
      });
}

void add_signs(const std::uint64_t* words, std::size_t count, double* x, const double* b, double dt, double scale) {
  const Bits plus = as_bits(reals_of(scale));
  const Bits shift = 63 - lane_numbers(); // brings the lane's bit to the sign; bit 1 means plus
  for (std::size_t w = 0; w < count; ++w, x += 64, b += 64) {
    const std::uint64_t minus = ~words[w];
#pragma GCC unroll 8
    for (int k = 0; k < 64; k += lanes) {
      const Bits sign = (bits_of(minus >> k) << shift) & (std::uint64_t{1} << 63);
      store(x + k, (load<Reals>(x + k) + load<Reals>(b + k) * dt) + as_reals(plus ^ sign));
    }
  }
}

#undef INLINE

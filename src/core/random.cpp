#include "driftwell/core/random.hpp"

#include "noise_kernels.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace driftwell {

namespace {

/// Upper bits of word 2: numbers of different kinds are independent.
enum class Kind : std::uint32_t { normals, step_pairs, uniforms, signs, three_points, words };

const noise::Kernels& kernels() {
  static const noise::Kernels best = noise::available().front();
  return best;
}

/// The counter of particle `first`; `count` is reduced to what can be done before word 1 overflows.
noise::Counter counter_of(PhiloxKey key, std::uint64_t first, std::uint64_t step, Kind kind, std::uint32_t draw, std::size_t& count) {
  const std::uint64_t left = (std::uint64_t{1} << 32) - (first & 0xffffffff);
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left));
  return {key[0], key[1], static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(step),
          (static_cast<std::uint32_t>(kind) << 28) | draw, static_cast<std::uint32_t>(((first >> 32) << 16) | (step >> 32))};
}

/// Calls body(counter, offset, count) for stretches without overflow of word 1.
template <class Body> void stretches(PhiloxKey key, std::uint64_t first, std::size_t n, std::uint64_t step, Kind kind, std::uint32_t draw, Body body) {
  for (std::size_t done = 0; done < n;) {
    std::size_t count = n - done;
    const noise::Counter counter = counter_of(key, first + done, step, kind, draw, count);
    body(counter, done, count);
    done += count;
  }
}

constexpr std::size_t chunk = 512;

/// Pairs of draws into pairs of rows; of an odd last pair the second half is thrown away.
template <class T, class Rows, class Fill> void in_pairs(const Rows& rows, std::size_t n, std::uint32_t draw, Fill fill) {
  T unused[chunk];
  for (std::size_t j = 0; j < rows.size(); j += 2)
    if (j + 1 < rows.size())
      fill(draw + static_cast<std::uint32_t>(j), std::size_t{0}, n, rows[j], rows[j + 1]);
    else
      for (std::size_t k = 0; k < n; k += chunk) fill(draw + static_cast<std::uint32_t>(j), k, std::min(chunk, n - k), rows[j] + k, unused);
}

} // namespace

PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1), static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1],
         static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return c;
}

PhiloxKey noise_key(std::uint64_t seed, Purpose purpose) {
  if (seed > largest_seed) throw std::invalid_argument("a seed lies between 0 and 2^48 - 1 = 281474976710655, found " + std::to_string(seed));
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32) | (static_cast<std::uint32_t>(purpose) << 16)};
}

void NoiseStream::words(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<std::uint64_t* const> rows, std::uint32_t draw) const {
  in_pairs<std::uint64_t>(rows, n, draw, [&](std::uint32_t j, std::size_t from, std::size_t count, std::uint64_t* a, std::uint64_t* b) {
    stretches(key_, first + from, count, step, Kind::words, j / 2,
              [&](const noise::Counter& c, std::size_t at, std::size_t m) { kernels().words(c, m, a + at, b + at); });
  });
}

void NoiseStream::normals(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows, std::uint32_t draw) const {
  in_pairs<double>(rows, n, draw, [&](std::uint32_t j, std::size_t from, std::size_t count, double* a, double* b) {
    stretches(key_, first + from, count, step, Kind::normals, j / 2,
              [&](const noise::Counter& c, std::size_t at, std::size_t m) { kernels().normals(c, m, a + at, b + at); });
  });
}

void NoiseStream::step_pair(std::uint64_t first, std::size_t n, std::uint64_t s, std::uint32_t draw, double* even, double* odd) const {
  stretches(key_, first, n, s, Kind::step_pairs, draw,
            [&](const noise::Counter& c, std::size_t at, std::size_t m) { kernels().normals(c, m, even + at, odd + at); });
}

void NoiseStream::add_normals(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> x, std::span<const double* const> b,
                              double dt, std::span<const double> scale) const {
  if (x.size() % 2 != 0) throw std::logic_error("add_normals takes an even number of rows");
  for (std::size_t j = 0; j < x.size(); j += 2)
    stretches(key_, first, n, step, Kind::normals, static_cast<std::uint32_t>(j / 2), [&](const noise::Counter& c, std::size_t at, std::size_t m) {
      kernels().add_normals(c, m, {x[j] + at, x[j + 1] + at, b[j] + at, b[j + 1] + at, dt, scale[j], scale[j + 1]});
    });
}

namespace {

/// 64-bit words to numbers in place.
template <class Map> void map_words(const PhiloxKey key, std::uint64_t first, std::size_t n, std::uint64_t step, Kind kind,
                                    std::span<double* const> rows, std::uint32_t draw, Map map) {
  std::uint64_t a[chunk], b[chunk];
  for (std::size_t j = 0; j < rows.size(); j += 2)
    for (std::size_t from = 0; from < n; from += chunk) {
      const std::size_t count = std::min(chunk, n - from);
      stretches(key, first + from, count, step, kind, (draw + static_cast<std::uint32_t>(j)) / 2,
                [&](const noise::Counter& c, std::size_t at, std::size_t m) { kernels().words(c, m, a + at, b + at); });
      for (std::size_t k = 0; k < count; ++k) rows[j][from + k] = map(a[k]);
      if (j + 1 < rows.size())
        for (std::size_t k = 0; k < count; ++k) rows[j + 1][from + k] = map(b[k]);
    }
}

/// Calls body(words of the even draw, of the odd one, how many, index of the first particle, particles a word) for runs of whole groups of
/// 64 particles, and for parts of groups one by one.
template <class Body> void sign_words(PhiloxKey key, std::uint64_t first, std::size_t n, std::uint64_t step, std::uint32_t pair, Body body) {
  std::uint64_t a[chunk / 64 + 1], b[chunk / 64 + 1];
  for (std::size_t from = 0; from < n; from += chunk) {
    const std::size_t count = std::min(chunk, n - from);
    const std::uint64_t group = (first + from) / 64, groups = (first + from + count - 1) / 64 - group + 1;
    stretches(key, group, groups, step, Kind::signs, pair,
              [&](const noise::Counter& c, std::size_t at, std::size_t m) { kernels().words(c, m, a + at, b + at); });
    for (std::size_t done = 0, g = 0; done < count;) {
      const std::size_t skip = (first + from + done) % 64, whole = skip == 0 ? (count - done) / 64 : 0;
      const std::size_t here = whole > 0 ? 64 : std::min<std::size_t>(64 - skip, count - done);
      a[g] >>= skip;
      b[g] >>= skip;
      body(&a[g], &b[g], std::max<std::size_t>(whole, 1), from + done, here);
      done += here * std::max<std::size_t>(whole, 1);
      g += std::max<std::size_t>(whole, 1);
    }
  }
}

void add_signs_of(const std::uint64_t* words, std::size_t count, std::size_t each, double* x, const double* b, double dt, double scale) {
  if (each == 64) return kernels().add_signs(words, count, x, b, dt, scale);
  for (std::size_t k = 0; k < each; ++k) x[k] = (x[k] + b[k] * dt) + ((*words >> k) & 1 ? scale : -scale);
}

void signs_of(const std::uint64_t* words, std::size_t count, std::size_t each, double* row) {
  for (std::size_t w = 0; w < count; ++w)
    for (std::size_t k = 0; k < each; ++k) row[w * 64 + k] = (words[w] >> k) & 1 ? 1.0 : -1.0;
}

using WordsOf = const std::uint64_t*;

} // namespace

void NoiseStream::uniforms(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows, std::uint32_t draw) const {
  map_words(key_, first, n, step, Kind::uniforms, rows, draw,
            [](std::uint64_t w) { return (static_cast<double>(w >> 12) + 0.5) * 0x1p-52; });
}

void NoiseStream::three_points(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows) const {
  constexpr std::uint64_t sixth = ~std::uint64_t{0} / 6;
  map_words(key_, first, n, step, Kind::three_points, rows, 0, [](std::uint64_t w) {
    constexpr double root = 0x1.bb67ae8584caap0; // sqrt(3)
    return w < sixth ? -root : (~w < sixth ? root : 0.0);
  });
}

void NoiseStream::signs(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> rows) const {
  for (std::size_t j = 0; j < rows.size(); j += 2)
    sign_words(key_, first, n, step, static_cast<std::uint32_t>(j / 2), [&](WordsOf even, WordsOf odd, std::size_t count, std::size_t at, std::size_t each) {
      signs_of(even, count, each, rows[j] + at);
      if (j + 1 < rows.size()) signs_of(odd, count, each, rows[j + 1] + at);
    });
}

void NoiseStream::add_signs(std::uint64_t first, std::size_t n, std::uint64_t step, std::span<double* const> x, std::span<const double* const> b,
                            double dt, std::span<const double> scale) const {
  for (std::size_t j = 0; j < x.size(); j += 2)
    sign_words(key_, first, n, step, static_cast<std::uint32_t>(j / 2), [&](WordsOf even, WordsOf odd, std::size_t count, std::size_t at, std::size_t each) {
      add_signs_of(even, count, each, x[j] + at, b[j] + at, dt, scale[j]);
      if (j + 1 < x.size()) add_signs_of(odd, count, each, x[j + 1] + at, b[j + 1] + at, dt, scale[j + 1]);
    });
}

namespace noise {

const std::vector<Kernels>& available() {
  static const std::vector<Kernels> list = [] {
    std::vector<Kernels> found;
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (avx512().normals != nullptr && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd"))
      found.push_back(avx512());
    if (avx2().normals != nullptr && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
      found.push_back(avx2());
#endif
    found.push_back(portable());
    return found;
  }();
  return list;
}

} // namespace noise

} // namespace driftwell

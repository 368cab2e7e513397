// Philox against its published vectors and Random123; the vector kernels against the plain formulas, bit by bit.
#include "driftwell/core/random.hpp"

#include "core/noise_kernels.hpp"

#include <Random123/philox.h>
#undef philox4x32 // a macro of theirs
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <stdexcept>
#include <vector>

using namespace driftwell;

namespace {

std::vector<double*> rows_of(std::vector<std::vector<double>>& rows) {
  std::vector<double*> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  return pointers;
}

/// The counter documented in random.hpp.
PhiloxCounter counter(std::uint64_t particle, std::uint64_t step, std::uint32_t kind, std::uint32_t draw) {
  return {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(particle), (kind << 28) | draw,
          static_cast<std::uint32_t>(((particle >> 32) << 16) | (step >> 32))};
}

std::uint64_t joined(std::uint32_t high, std::uint32_t low) { return (std::uint64_t{high} << 32) | low; }

/// Box-Muller in long double from the bits, as documented: slow and obvious.
std::pair<long double, long double> box_muller(std::uint64_t a, std::uint64_t b) {
  const long double u = 1.0L - static_cast<long double>(a >> 12) * 0x1p-52L;
  const long double angle = (static_cast<long double>(b >> 12) * 0x1p-52L - 0.5L) * (std::acos(-1.0L) / 2);
  const long double radius = std::sqrt(-2 * std::log(u));
  const long double c = (b & 1) != 0 ? -std::cos(angle) : std::cos(angle), s = std::sin(angle);
  return (b & 2) != 0 ? std::pair{radius * s, radius * c} : std::pair{radius * c, radius * s};
}

} // namespace

TEST_CASE("Philox4x32-10 gives the known answers of its authors") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) == PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox4x32-10 is that of Random123") {
  PhiloxCounter c{1, 2, 3, 4};
  for (int i = 0; i < 10'000; ++i) {
    const PhiloxKey key{c[3] * 77 + 5, c[0] ^ 0x1234567};
    const auto theirs = r123::Philox4x32{}({{c[0], c[1], c[2], c[3]}}, {{key[0], key[1]}});
    const PhiloxCounter ours = philox4x32(c, key);
    REQUIRE(ours == PhiloxCounter{theirs[0], theirs[1], theirs[2], theirs[3]});
    c = ours;
  }
}

TEST_CASE("Every kernel gives the words of the plain generator") {
  for (const noise::Kernels& kernels : noise::available()) {
    INFO(kernels.name);
    for (const std::size_t n : {1, 2, 3, 7, 8, 9, 31, 33, 64, 100, 512}) {
      std::vector<std::uint64_t> a(n), b(n);
      const PhiloxCounter c{77, 0xfffffff0, 0x10000003, 0x00050006};
      kernels.words({11, 22, 1000, c[0], c[2], c[3]}, n, a.data(), b.data());
      for (std::size_t k = 0; k < n; ++k) {
        const PhiloxCounter word = philox4x32({c[0], static_cast<std::uint32_t>(1000 + k), c[2], c[3]}, {11, 22});
        REQUIRE(a[k] == joined(word[0], word[1]));
        REQUIRE(b[k] == joined(word[2], word[3]));
      }
    }
  }
}

TEST_CASE("All kernels give the same bits: normal variates, updates, signs") {
  const auto portable = noise::portable();
  for (const noise::Kernels& kernels : noise::available()) {
    INFO(kernels.name);
    for (const std::size_t n : {1, 5, 8, 17, 63, 512, 4096}) {
      const noise::Counter c{3, 0x30001, 12345, 678, 9, 0};
      std::vector<double> a(n), b(n), p(n), q(n), x0(n, 0.3), x1(n, -2.0), y0 = x0, y1 = x1, drift(n, 0.7);
      kernels.normals(c, n, a.data(), b.data());
      portable.normals(c, n, p.data(), q.data());
      CHECK(a == p);
      CHECK(b == q);
      kernels.add_normals(c, n, {x0.data(), x1.data(), drift.data(), drift.data(), 1e-3, 0.02, 0.03});
      for (std::size_t k = 0; k < n; ++k) {
        y0[k] = (y0[k] + drift[k] * 1e-3) + p[k] * 0.02;
        y1[k] = (y1[k] + drift[k] * 1e-3) + q[k] * 0.03;
      }
      CHECK(x0 == y0);
      CHECK(x1 == y1);
    }
    std::vector<double> x(64, 1.5), b(64, 0.25);
    const std::uint64_t word = 0x8123456789abcdefU;
    kernels.add_signs(&word, 1, x.data(), b.data(), 0.01, 0.1);
    for (std::size_t k = 0; k < 64; ++k) CHECK(x[k] == (1.5 + 0.25 * 0.01) + ((word >> k) & 1 ? 0.1 : -0.1));
  }
}

TEST_CASE("Normal variates are Box and Muller's of their bits, to 5e-15") {
  const NoiseStream stream(42, Purpose::test);
  constexpr std::size_t n = 100'000;
  std::vector<std::vector<double>> z(2, std::vector<double>(n));
  stream.normals(5, n, 17, rows_of(z), 6);
  double worst = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const PhiloxCounter w = philox4x32(counter(5 + k, 17, 0, 3), stream.key());
    const auto [first, second] = box_muller(joined(w[0], w[1]), joined(w[2], w[3]));
    worst = std::max({worst, static_cast<double>(std::abs(z[0][k] - first) / std::abs(first)), static_cast<double>(std::abs(z[1][k] - second) / std::abs(second))});
  }
  CHECK(worst < 5e-15);
}

TEST_CASE("A number depends on particle, step and draw alone") {
  const NoiseStream stream(7, Purpose::test);
  constexpr std::size_t n = 1000;
  // across the place where word 1 of the counter overflows
  const std::uint64_t first = (std::uint64_t{1} << 32) - 500, step = (std::uint64_t{1} << 33) + 5;
  std::vector<std::vector<double>> all(4, std::vector<double>(n)), part(4, std::vector<double>(n));
  const auto check = [&](auto fill) {
    fill(first, n, rows_of(all));
    for (std::size_t from = 0, count = 1; from < n; from += count, count = count * 2 + 1) {
      count = std::min(count, n - from);
      fill(first + from, count, rows_of(part));
      for (std::size_t j = 0; j < 4; ++j)
        for (std::size_t k = 0; k < count; ++k) REQUIRE(part[j][k] == all[j][from + k]);
    }
  };
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) { stream.normals(f, m, step, rows); });
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) { stream.uniforms(f, m, step, rows); });
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) { stream.signs(f, m, step, rows); });
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) { stream.three_points(f, m, step, rows); });
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) {
    stream.step_pair(f, m, step, 3, rows[0], rows[1]);
    stream.step_pair(f, m, step, 4, rows[2], rows[3]);
  });
  check([&](std::uint64_t f, std::size_t m, std::vector<double*> rows) { // the update, of rows that start anywhere
    for (double* row : rows) std::fill_n(row, m, 0.5);
    const std::vector<double> drift(m, 2.0), scale(4, 0.1);
    const std::vector<const double*> b(4, drift.data());
    stream.add_signs(f, m, step, rows, b, 0.01, scale);
    stream.add_normals(f, m, step, rows, b, 0.01, scale);
  });
}

TEST_CASE("Seeds, purposes, particles, steps and draws do not share numbers") {
  std::vector<std::uint64_t> seen;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, largest_seed})
    for (const Purpose purpose : {Purpose::initial, Purpose::steps, Purpose::test})
      for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, largest_step})
        for (const std::uint64_t particle : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32, largest_particle})
          for (const std::uint32_t draw : {0U, 2U, 1000U}) {
            std::uint64_t a = 0, b = 0;
            std::uint64_t* const rows[] = {&a, &b};
            NoiseStream(seed, purpose).words(particle, 1, step, rows, draw);
            seen.push_back(a);
            seen.push_back(b);
          }
  const std::size_t count = seen.size();
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) - seen.begin() == static_cast<std::ptrdiff_t>(count));
  CHECK_THROWS_AS(noise_key(largest_seed + 1, Purpose::test), std::invalid_argument);
}

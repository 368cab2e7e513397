// Laws of the random numbers. The seeds are fixed; the limits are those of one failure in a thousand, and each test is shown to notice
// a small fault.
#include "driftwell/core/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace driftwell;

namespace {

constexpr std::size_t bins = 1 << 16;
constexpr double ks_limit = 1.95, ad_limit = 6.0; ///< upper 0.1 % points of sqrt(n) D and of A^2

struct Statistics {
  double n = 0, ks = 0, ad = 0;
  std::vector<double> moments = std::vector<double>(9, 0.0); ///< (mean of z^m - expectation) in standard errors, m = 1 .. 8
  double tails[4] = {0, 0, 0, 0};                            ///< counts beyond 3, 4, 5 and 6 standard deviations
  double pair = 0, squares = 0;                              ///< correlations of the two rows, in standard errors
};

double factorial2(int m) { return m <= 1 ? 1.0 : m * factorial2(m - 2); } ///< E z^(m+1) for odd m

/// Of 2 n normal variates, particles by steps.
Statistics statistics(std::size_t n, std::uint64_t seed, const std::function<double(double)>& fault = [](double z) { return z; }) {
  constexpr std::size_t chunk = 50'000;
  const NoiseStream stream(seed, Purpose::test);
  Statistics s;
  std::vector<double> counts(bins, 0.0), a(chunk), b(chunk), sums(9, 0.0);
  for (std::size_t done = 0; done < n; done += chunk) {
    double* const rows[] = {a.data(), b.data()};
    stream.normals(0, chunk, done / chunk, rows);
    for (std::size_t k = 0; k < chunk; ++k) {
      for (double* z : {&a[k], &b[k]}) {
        *z = fault(*z);
        const double u = 0.5 * std::erfc(-*z * M_SQRT1_2);
        ++counts[std::min(bins - 1, static_cast<std::size_t>(u * bins))];
        double power = 1;
        for (int m = 1; m <= 8; ++m) sums[static_cast<std::size_t>(m)] += (power *= *z);
        for (int t = 0; t < 4; ++t) s.tails[t] += std::abs(*z) > 3 + t;
      }
      s.pair += a[k] * b[k];
      s.squares += (a[k] * a[k] - 1) * (b[k] * b[k] - 1);
    }
    s.n += 2 * chunk;
  }
  for (int m = 1; m <= 8; ++m) {
    const double expected = m % 2 == 0 ? factorial2(m - 1) : 0, square = factorial2(2 * m - 1);
    s.moments[static_cast<std::size_t>(m)] = (sums[static_cast<std::size_t>(m)] / s.n - expected) / std::sqrt((square - expected * expected) / s.n);
  }
  s.pair /= std::sqrt(s.n / 2);
  s.squares /= std::sqrt(4 * s.n / 2);
  double below = 0;
  for (std::size_t e = 1; e < bins; ++e) { // at the edges of the bins
    below += counts[e - 1];
    const double u = static_cast<double>(e) / bins, difference = below / s.n - u;
    s.ks = std::max(s.ks, std::sqrt(s.n) * std::abs(difference));
    s.ad += s.n * difference * difference / (u * (1 - u)) / bins;
  }
  return s;
}

void check(const Statistics& s) {
  CHECK(s.ks < ks_limit);
  CHECK(s.ad < ad_limit);
  for (int m = 1; m <= 8; ++m) {
    INFO("moment " << m);
    CHECK(std::abs(s.moments[static_cast<std::size_t>(m)]) < 3.5);
  }
  for (int t = 0; t < 4; ++t) {
    INFO("beyond " << 3 + t);
    const double expected = s.n * std::erfc((3 + t) * M_SQRT1_2);
    CHECK(std::abs(s.tails[t] - expected) < 3.5 * std::sqrt(expected) + 3);
  }
  CHECK(std::abs(s.pair) < 3.5);
  CHECK(std::abs(s.squares) < 3.5);
}

} // namespace

TEST_CASE("A million normal variates: Kolmogorov-Smirnov, Anderson-Darling, moments, tails") { check(statistics(500'000, 1)); }

TEST_CASE("1e8 normal variates: Kolmogorov-Smirnov, Anderson-Darling, moments, tails", "[slow]") { check(statistics(50'000'000, 2)); }

TEST_CASE("The statistics notice a small fault") {
  CHECK(statistics(500'000, 1, [](double z) { return 1.005 * z; }).ad > ad_limit);
  CHECK(statistics(500'000, 1, [](double z) { return z + 0.004; }).ks > ks_limit);
  CHECK(std::abs(statistics(500'000, 1, [](double z) { return std::clamp(z, -3.7, 3.7); }).moments[8]) > 3.5);
}

TEST_CASE("Neighbours are not correlated: particles, steps, draws, seeds, purposes") {
  constexpr std::size_t n = 200'000;
  const auto row = [&](std::uint64_t seed, Purpose purpose, std::uint64_t first, std::uint64_t step, std::uint32_t draw) {
    std::vector<double> a(n), b(n);
    double* const rows[] = {a.data(), b.data()};
    NoiseStream(seed, purpose).normals(first, n, step, rows, draw);
    return a;
  };
  const auto base = row(1, Purpose::steps, 0, 0, 0);
  for (const auto& other : {row(1, Purpose::steps, 1, 0, 0), row(1, Purpose::steps, 0, 1, 0), row(1, Purpose::steps, 0, 0, 2), row(2, Purpose::steps, 0, 0, 0),
                            row(1, Purpose::initial, 0, 0, 0)}) {
    double sum = 0, squares = 0;
    for (std::size_t k = 0; k < n; ++k) sum += base[k] * other[k], squares += (base[k] * base[k] - 1) * (other[k] * other[k] - 1);
    CHECK(std::abs(sum) < 4 * std::sqrt(n));
    CHECK(std::abs(squares) < 8 * std::sqrt(n));
  }
}

TEST_CASE("Two-point, three-point and uniform variates have their laws") {
  constexpr std::size_t n = 512, steps = 1000;
  const NoiseStream stream(3, Purpose::test);
  std::vector<double> a(n), b(n), c(n);
  double* const rows[] = {a.data(), b.data(), c.data()};
  const double total = n * steps;
  double mean[3] = {0, 0, 0}, cross = 0, neighbours = 0, low = 0, high = 0, uniform = 0, square = 0, least = 1, most = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    stream.signs(0, n, step, rows);
    for (std::size_t k = 0; k < n; ++k) {
      REQUIRE(std::abs(a[k]) == 1.0);
      mean[0] += a[k], mean[1] += b[k], mean[2] += c[k];
      cross += a[k] * b[k] + b[k] * c[k];
      if (k > 0) neighbours += a[k] * a[k - 1];
    }
    stream.three_points(0, n, step, rows);
    for (std::size_t k = 0; k < n; ++k) {
      REQUIRE((b[k] == 0 || std::abs(b[k]) == std::sqrt(3.0)));
      low += b[k] < 0, high += b[k] > 0;
    }
    stream.uniforms(0, n, step, rows);
    for (std::size_t k = 0; k < n; ++k) uniform += c[k] - 0.5, square += c[k] * c[k] - 1.0 / 3, least = std::min(least, c[k]), most = std::max(most, c[k]);
  }
  for (const double m : mean) CHECK(std::abs(m) < 4 * std::sqrt(total));
  CHECK(std::abs(cross) < 4 * std::sqrt(2 * total));
  CHECK(std::abs(neighbours) < 4 * std::sqrt(total));
  CHECK(std::abs(low - total / 6) < 4 * std::sqrt(total * 5 / 36));
  CHECK(std::abs(high - total / 6) < 4 * std::sqrt(total * 5 / 36));
  CHECK(std::abs(uniform) < 4 * std::sqrt(total / 12));
  CHECK(std::abs(square) < 4 * std::sqrt(total * 4 / 45));
  CHECK((least > 0 && least < 1e-5 && most < 1 && most > 1 - 1e-5));
}

// The test for white increments: against a slow transform and slow sums, on processes whose spectra are known.
#include "driftwell/core/error.hpp"
#include "driftwell/estimators/white_noise_test.hpp"

#include <catch2/catch.hpp>

#include <omp.h>
#include <random>

using namespace driftwell;
using namespace driftwell::estimators;

namespace {

constexpr double two_pi = 6.283185307179586;

/// One (group, variable) after the other; step() gives the next values.
template <class Step> WhiteNoise run(std::size_t groups, std::size_t variables, std::size_t length, std::size_t segments, Step step) {
  WhiteNoiseTest test(groups, variables, length);
  for (std::size_t t = 0; t <= length * segments; ++t) test.add(step());
  return test.result();
}

/// A random walk whose steps in one group are a linear mixture: covariance M M^T.
struct Walk {
  std::size_t groups, variables;
  std::vector<double> mixture;
  std::mt19937_64 random;
  std::normal_distribution<double> normal{};
  std::vector<double> x = std::vector<double>(groups * variables);
  std::vector<double> operator()() {
    std::vector<double> z(variables);
    for (std::size_t g = 0; g < groups; ++g) {
      for (double& v : z) v = normal(random);
      for (std::size_t i = 0; i < variables; ++i)
        for (std::size_t j = 0; j < variables; ++j) x[g * variables + i] += mixture[i * variables + j] * z[j];
    }
    return x;
  }
};

std::vector<double> identity(std::size_t n) {
  std::vector<double> m(n * n);
  for (std::size_t i = 0; i < n; ++i) m[i * n + i] = 1;
  return m;
}

} // namespace

TEST_CASE("powers and correlations are those of the sums written out") {
  constexpr std::size_t L = 10, segments = 3, groups = 2, variables = 3;
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<std::vector<double>> values; // a call
  WhiteNoiseTest test(groups, variables, L);
  for (std::size_t t = 0; t <= L * segments; ++t) {
    values.emplace_back();
    for (std::size_t i = 0; i < groups * variables; ++i) values.back().push_back(normal(random) + 0.3 * static_cast<double>(t * i));
    test.add(values.back());
  }
  const WhiteNoise white = test.result();
  const auto y = [&](std::size_t s, std::size_t i, std::size_t t) { return values[s * L + t + 1][i] - values[s * L + t][i]; };
  for (std::size_t j = 1; j <= L / 2; ++j) {
    double power = 0;
    for (std::size_t s = 0; s < segments; ++s)
      for (std::size_t i = 0; i < groups * variables; ++i) {
        double re = 0, im = 0;
        for (std::size_t t = 0; t < L; ++t) {
          re += y(s, i, t) * std::cos(two_pi * static_cast<double>(j * t) / L);
          im += y(s, i, t) * std::sin(two_pi * static_cast<double>(j * t) / L);
        }
        power += (re * re + im * im) / L / (segments * groups * variables);
      }
    CHECK(white.power[j - 1].value == Approx(power).epsilon(1e-10));
  }
  std::vector<double> c(L / 2 + 1);
  for (std::size_t l = 0; l <= L / 2; ++l)
    for (std::size_t s = 0; s < segments; ++s)
      for (std::size_t i = 0; i < groups * variables; ++i)
        for (std::size_t t = 0; t + l < L; ++t) c[l] += y(s, i, t) * y(s, i, t + l) / static_cast<double>(L - l);
  for (std::size_t l = 0; l <= L / 2; ++l) CHECK(white.autocorrelation[l].value == Approx(c[l] / c[0]).epsilon(1e-10));
  CHECK(white.segments == groups * segments);
}

TEST_CASE("white increments stay in the band; correlated variables count as the fewer that they are") {
  // Four equal copies and two of their own: C has eigenvalues 4, 1, 1.
  std::vector<double> copies(36);
  for (std::size_t i = 0; i < 4; ++i) copies[i * 6] = 1;
  copies[4 * 6 + 4] = copies[5 * 6 + 5] = 1;
  const WhiteNoise few = run(4, 6, 64, 100, Walk{4, 6, copies, std::mt19937_64(3)});
  CHECK(few.effective_variables == Approx(36.0 / 18).epsilon(0.05));
  CHECK(few.white_level == Approx(1).epsilon(0.05));
  CHECK(few.spectrum.chance > 0.001);
  CHECK(few.correlation.chance > 0.001);
  // Over many tests 1 % of the numbers lie outside, and not the 14 % that a band for six variables would leave out.
  double outside = 0, correlation = 0, all = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const WhiteNoise white = run(4, 6, 32, 12, Walk{4, 6, copies, std::mt19937_64(100 + seed)});
    outside += static_cast<double>(white.spectrum.outside);
    correlation += static_cast<double>(white.correlation.outside);
    all += static_cast<double>(white.spectrum.all);
  }
  CHECK(outside / all < 0.025);
  CHECK(correlation / all < 0.025);
  const WhiteNoise own = run(2, 6, 64, 100, Walk{2, 6, identity(6), std::mt19937_64(5)});
  CHECK(own.effective_variables == Approx(6).epsilon(0.1));
}

TEST_CASE("an AR(1) process has the spectrum of its formula and is found out") {
  const double rho = 0.8;
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  std::vector<double> x(40);
  for (double& v : x) v = normal(random) / std::sqrt(1 - rho * rho);
  const WhiteNoise white = run(40, 1, 256, 12, [&] {
    for (double& v : x) v = rho * v + normal(random);
    return x;
  });
  int beyond = 0;
  for (std::size_t j = 0; j < white.frequency.size(); ++j) {
    const double w = two_pi * white.frequency[j], exact = (2 - 2 * std::cos(w)) / (1 - 2 * rho * std::cos(w) + rho * rho);
    if (std::abs(white.power[j].value - exact) > 4 * white.power[j].standard_error + 0.02) ++beyond;
  }
  CHECK(beyond <= 1);
  // rho_1 of the increments: (2 rho - 1 - rho^2)/(2 (1 - rho)) = -(1 - rho)/2
  CHECK(std::abs(white.autocorrelation[1].value + (1 - rho) / 2) < 4 * white.autocorrelation[1].standard_error);
  CHECK(white.spectrum.chance < 1e-20);
  CHECK(white.correlation.chance < 1e-4);
}

TEST_CASE("a rotation shows as a peak at its frequency") {
  const double decay = 0.98, angle = two_pi * 20 / 128;
  std::mt19937_64 random(13);
  std::normal_distribution<double> normal;
  std::vector<double> x(12); // six planes
  const WhiteNoise white = run(6, 2, 128, 40, [&] {
    for (std::size_t r = 0; r < 6; ++r) {
      const double a = x[2 * r], b = x[2 * r + 1];
      x[2 * r] = decay * (a * std::cos(angle) - b * std::sin(angle)) + normal(random);
      x[2 * r + 1] = decay * (a * std::sin(angle) + b * std::cos(angle)) + normal(random);
    }
    return x;
  });
  CHECK(white.peak_frequency == Approx(20.0 / 128).margin(1.01 / 128));
  CHECK(white.peak_power > 5 * white.white_level);
}

TEST_CASE("same bits for one thread and two; what cannot be tested is refused") {
  const auto all = [] { return run(3, 40, 64, 5, Walk{3, 40, identity(40), std::mt19937_64(3)}); };
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const WhiteNoise one = all();
  omp_set_num_threads(2);
  const WhiteNoise two = all();
  omp_set_num_threads(threads);
  for (std::size_t j = 0; j < one.power.size(); ++j) CHECK(one.power[j].value == two.power[j].value);
  CHECK_THROWS_AS(WhiteNoiseTest(0, 1, 8), std::invalid_argument);
  CHECK_THROWS_AS(WhiteNoiseTest(1, 1, 7), std::invalid_argument);
  WhiteNoiseTest test(1, 2, 8);
  CHECK_THROWS_AS(test.result(), NumericalFailure);
  CHECK_THROWS_AS(test.add(std::vector<double>{1}), std::invalid_argument);
  CHECK_THROWS_AS(test.add(std::vector<double>{1, std::nan("")}), NumericalFailure);
  WhiteNoiseTest still(1, 1, 8);
  for (int t = 0; t < 9; ++t) still.add(std::vector<double>{2});
  CHECK_THROWS_AS(still.result(), NumericalFailure);
}

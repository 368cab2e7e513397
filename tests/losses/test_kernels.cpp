// The fast kernels against slow and obvious ones.
#include "losses/detail/exponential.hpp"
#include "losses/detail/product.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace driftwell::sgd::detail;

TEST_CASE("matrix products of every shape, transposed or not, added or not") {
  std::mt19937 generator(1);
  std::normal_distribution<double> normal;
  for (const std::size_t m : {1UL, 3UL, 4UL, 9UL})
    for (const std::size_t n : {1UL, 7UL, 8UL, 10UL, 16UL, 29UL})
      for (const std::size_t k : {1UL, 5UL, 32UL})
        for (const bool turned : {false, true})
          for (const bool add : {false, true}) {
            std::vector<double> A(m * k), B(k * n), C(m * n), expected;
            for (auto* matrix : {&A, &B, &C})
              for (double& x : *matrix) x = normal(generator);
            expected = C;
            for (std::size_t i = 0; i < m; ++i)
              for (std::size_t j = 0; j < n; ++j) {
                double sum = add ? C[i * n + j] : 0;
                for (std::size_t p = 0; p < k; ++p) sum = std::fma(turned ? A[p * m + i] : A[i * k + p], B[p * n + j], sum);
                expected[i * n + j] = sum;
              }
            multiply(m, n, k, A.data(), turned ? 1 : k, turned ? m : 1, B.data(), n, C.data(), n, add);
            CHECK(C == expected); // the same order of fused multiply-adds: the same bits
          }
}

TEST_CASE("exp is within two units in the last place, from end to end") {
  std::mt19937_64 generator(2);
  std::uniform_real_distribution<double> wide(-708, 709.7), narrow(-1, 1);
  std::vector<double> x, y;
  for (int k = 0; k < 20000; ++k) x.push_back(k % 2 ? wide(generator) : narrow(generator));
  y = x;
  y.insert(y.end(), 8, 0.0);
  exponential(y.data(), x.size());
  double worst = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double exact = std::exp(x[k]);
    worst = std::max(worst, std::abs(y[k] - exact) / (exact * std::numeric_limits<double>::epsilon()));
  }
  CHECK(worst < 2);
  std::vector<double> corners{0, -800, 800, std::nan(""), -INFINITY, INFINITY, 0, 0};
  exponential(corners.data(), 6);
  CHECK(corners[0] == 1);
  CHECK(corners[1] == 0);
  CHECK(std::isinf(corners[2]));
  CHECK(std::isnan(corners[3]));
  CHECK(corners[4] == 0);
  CHECK(std::isinf(corners[5]));
  std::vector<double> s{0, 40, -40, 1e4, -1e4, std::nan(""), 0, 0};
  sigmoid(s.data(), 6);
  CHECK(s[0] == 0.5);
  CHECK(s[1] == 1);
  CHECK(s[2] == Approx(std::exp(-40)).epsilon(1e-14));
  CHECK(s[3] == 1);
  CHECK(s[4] == 0);
  CHECK(std::isnan(s[5]));
}

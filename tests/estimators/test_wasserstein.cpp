// Wasserstein-2 of clouds: slow quantile integrals, closed forms, bias, coverage.
#include "cloud.hpp"

#include "driftwell/estimators/wasserstein.hpp"

#include <algorithm>

using namespace cloud;

namespace {

Numbers shifted(std::size_t n, std::uint64_t seed, double m = 0, double s = 1) {
  Random random(seed);
  return make(1, n, [&] { return m + s * random.normal(); }).data[0];
}

struct Cells {
  Numbers faces, weights;
};

Cells uniform_law(std::size_t cells) {
  Cells c;
  for (std::size_t i = 0; i <= cells; ++i) c.faces.push_back(static_cast<double>(i) / static_cast<double>(cells));
  c.weights = Numbers(cells, 3.0);
  return c;
}

Cells normal_law(std::size_t cells = 2000) {
  Cells c;
  for (std::size_t i = 0; i <= cells; ++i) c.faces.push_back(-6 + 12.0 * static_cast<double>(i) / static_cast<double>(cells));
  for (std::size_t i = 0; i < cells; ++i) c.weights.push_back((std::erf(c.faces[i + 1] / std::sqrt(2.0)) - std::erf(c.faces[i] / std::sqrt(2.0))) / 2);
  return c;
}

double quantile_of(const Cells& c, double u) {
  double total = 0, below = 0;
  for (const double w : c.weights) total += w;
  for (std::size_t i = 0; i < c.weights.size(); ++i) {
    if (c.weights[i] > 0 && below + c.weights[i] >= u * total) return c.faces[i] + (c.faces[i + 1] - c.faces[i]) * (u * total - below) / c.weights[i];
    below += c.weights[i];
  }
  return c.faces.back();
}

} // namespace

TEST_CASE("W2 to a density is the integral of quantiles") {
  Numbers x = shifted(37, 1);
  const Cells c{{-2, -1, 0.5, 0.6, 3, 4}, {1, 0, 4, 2, 0}};
  const double found = wasserstein_2_to_density(x, c.faces, c.weights).plain;
  std::sort(x.begin(), x.end());
  double slow = 0;
  const int points = 370'000;
  for (int i = 0; i < points; ++i) slow += std::pow(x[static_cast<std::size_t>(i / (points / 37))] - quantile_of(c, (i + 0.5) / points), 2) / points;
  CHECK(found == Approx(slow).epsilon(1e-5));
}

TEST_CASE("W2 of two samples of different sizes is the integral of quantiles") {
  Numbers a = shifted(30, 1), b = shifted(42, 2, 1);
  const double found = wasserstein_2_two_sample(a, b).plain;
  CHECK(found == Approx(wasserstein_2_two_sample(b, a).plain));
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double slow = 0; // both quantile functions are constant between multiples of 1/210
  for (std::size_t i = 0; i < 210; ++i) slow += std::pow(a[i / 7] - b[i / 5], 2) / 210;
  CHECK(found == Approx(slow).epsilon(1e-12));
}

TEST_CASE("W2: bias of the plain value at equality, and its removal") {
  // Uniform: E W2^2 = (1/n) int u (1 - u) du = 1/(6n)
  const Cells law = uniform_law(10);
  for (const std::size_t n : {50u, 400u}) {
    const auto of = [&](std::uint64_t s) {
      Random random(s);
      return wasserstein_2_to_density(make(1, n, [&] { return random.uniform(); }).data[0], law.faces, law.weights);
    };
    const Estimate plain = bias(300, 0, [&](std::uint64_t s) { return of(s).plain; }), less = bias(300, 0, [&](std::uint64_t s) { return of(s).squared.value; });
    CHECK(plain.value == Approx(1 / (6.0 * static_cast<double>(n))).margin(4 * plain.standard_error + 0.05 / static_cast<double>(n) / 6));
    CHECK(std::abs(less.value) < 4 * less.standard_error + 0.08 * plain.value);
  }
}

TEST_CASE("W2 errors cover the truth away from equality") {
  const Cells law = normal_law();
  const double truth = 0.25 + 0.04; // shift 1/2, deviation 1.2
  const auto one = [&](std::uint64_t s) { return wasserstein_2_to_density(shifted(400, s, 0.5, 1.2), law.faces, law.weights); };
  covers(coverage(200, truth, [&](std::uint64_t s) { return one(s).squared; }));
  covers(coverage(200, std::sqrt(truth), [&](std::uint64_t s) { return one(s).distance; }));
  covers(coverage(200, truth, [](std::uint64_t s) { return wasserstein_2_two_sample(shifted(300, s, 0.5, 1.2), shifted(500, s + 99'999)).squared; }));
}

TEST_CASE("sliced W2 of shifted and scaled Gaussians") {
  for (const std::size_t d : {1u, 2u, 3u, 8u}) {
    const std::size_t n = 2000;
    Cloud a = gaussian(d, n, d), b = gaussian(d, n + 500, 100 + d);
    for (double& x : a.data[0]) x += 2;
    const SlicedEstimate s = sliced_wasserstein_2(a.columns(), n, b.columns(), n + 500);
    CAPTURE(d, s.distance.squared.value, s.distance.squared.standard_error, s.direction_error);
    CHECK(std::abs(s.distance.squared.value - 4.0 / static_cast<double>(d)) < 4 * s.distance.squared.standard_error + 4 * s.direction_error);
    CHECK(s.directions >= (d == 1 ? 1 : 32));
    CHECK((d <= 2) == (s.direction_error == 0));
  }
  covers(coverage(200, 0.5, [](std::uint64_t seed) {
    Cloud a = gaussian(2, 200, seed);
    for (double& x : a.data[1]) x += 1;
    return sliced_wasserstein_2(a.columns(), 200, gaussian(2, 200, seed + 55'555).columns(), 200, 8).distance.squared;
  }));
}

TEST_CASE("W2: same bits for every number of threads; hostile input") {
  const Numbers x = shifted(5000, 1);
  const Cloud c = gaussian(3, 500, 1), e = gaussian(3, 400, 2);
  const Cells law = normal_law(100);
  same_bits([&] {
    const auto one = wasserstein_2_to_density(x, law.faces, law.weights);
    const auto two = sliced_wasserstein_2(c.columns(), 500, e.columns(), 400);
    return Numbers{one.squared.value, one.squared.standard_error, two.distance.squared.value, two.direction_error};
  });
  CHECK_THROWS_AS(wasserstein_2_to_density(shifted(19, 1), law.faces, law.weights), NumericalFailure);
  CHECK_THROWS_AS(wasserstein_2_to_density(x, law.faces, Numbers(99, 1)), std::invalid_argument);
  CHECK_THROWS_AS(wasserstein_2_to_density(x, Numbers{0, 1, 1}, Numbers{1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(wasserstein_2_to_density(x, Numbers{0, 1, 2}, Numbers{0, 0}), std::invalid_argument);
  CHECK_THROWS_AS(wasserstein_2_to_density(x, Numbers{0, 1, 2}, Numbers{1, NAN}), std::invalid_argument);
  Numbers bad = x;
  bad[7] = NAN;
  CHECK_THROWS_WITH(wasserstein_2_two_sample(x, bad), "wasserstein: the value of particle 7 is nan");
  CHECK_THROWS_AS(sliced_wasserstein_2(c.columns(), 500, gaussian(2, 400, 2).columns(), 400), std::invalid_argument);
  CHECK_THROWS_AS(sliced_wasserstein_2(c.columns(), 500, e.columns(), 400, 0), std::invalid_argument);
  CHECK(wasserstein_2_two_sample(Numbers(20, 1.0), Numbers(20, 3.0)).distance.value == Approx(2)); // equal points are a law here
}

// Nearest-neighbour entropy: brute force, closed forms, periods, ties, coverage, bias, hostile clouds.
#include "cloud.hpp"

#include "driftwell/estimators/entropy.hpp"
#include "estimators/neighbours.hpp"

#include <boost/math/special_functions/digamma.hpp>

#include <algorithm>

using namespace cloud;

namespace {

NeighbourOptions options(std::size_t k, bool subtract = false) {
  NeighbourOptions result;
  result.k = k;
  result.subtract_bias = subtract;
  result.bias_particles = subtract ? 2000 : 0;
  return result;
}

double gaussian_entropy(std::size_t d) { return static_cast<double>(d) / 2 * std::log(2 * M_PI * M_E); }

/// All distances, sorted; images of periodic axes by the nearest one.
double slow_entropy(const Cloud& c, std::size_t k, const Numbers& period) {
  const std::size_t d = c.data.size(), n = c.size();
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Numbers squares;
    for (std::size_t j = 0; j < n; ++j) {
      double s = 0;
      for (std::size_t a = 0; a < d; ++a) {
        const double x = c.data[a][i] - c.data[a][j];
        s += std::pow(period.empty() || period[a] == 0 ? x : std::remainder(x, period[a]), 2);
      }
      if (j != i) squares.push_back(s);
    }
    std::sort(squares.begin(), squares.end());
    sum += std::log(std::sqrt(squares[k - 1]));
  }
  const double half = static_cast<double>(d) / 2, log_ball = half * std::log(M_PI) - std::lgamma(half + 1);
  return static_cast<double>(d) * sum / static_cast<double>(n) + log_ball + std::log(static_cast<double>(n - 1)) - boost::math::digamma(static_cast<double>(k));
}

} // namespace

TEST_CASE("entropy agrees with brute force in 1 to 12 dimensions") {
  for (const std::size_t d : {1u, 2u, 3u, 4u, 7u, 12u})
    for (const std::size_t k : {3u, 5u}) {
      const Cloud c = gaussian(d, 300, 10 * d + k);
      NeighbourOptions plain = options(k);
      plain.whiten = false;
      CAPTURE(d, k);
      CHECK(neighbour_entropy(c.columns(), 300, plain).entropy.value == Approx(slow_entropy(c, k, {})).epsilon(1e-11));
    }
}

TEST_CASE("entropy on periodic axes agrees with brute force, and is that of the torus") {
  Random random(3);
  for (const auto& period : std::vector<Numbers>{{2}, {2, 0}, {2, 0.5}, {0, 2, 1}, {1, 1, 1}}) {
    const std::size_t d = period.size(), n = 400;
    Cloud c = make(d, n, [&] { return random.uniform(); });
    double log_volume = 0;
    for (std::size_t a = 0; a < d; ++a)
      for (double& x : c.data[a]) x = period[a] > 0 ? 7 + period[a] * (x + std::floor(5 * random.uniform())) : x;
    for (const double p : period) log_volume += std::log(p > 0 ? p : 1);
    NeighbourOptions o = options(4);
    o.period = period;
    o.whiten = false;
    const NeighbourEntropy e = neighbour_entropy(c.columns(), n, o);
    CHECK(e.entropy.value == Approx(slow_entropy(c, 4, period)).epsilon(1e-10));
    if (std::all_of(period.begin(), period.end(), [](double p) { return p > 0; })) CHECK(std::abs(e.entropy.value - log_volume) < 4 * e.entropy.standard_error);
  }
}

TEST_CASE("entropy of known laws") {
  Random random(8);
  const std::size_t n = 20'000;
  const auto near = [&](const Cloud& c, double truth, double allowance = 0) {
    const NeighbourEntropy e = neighbour_entropy(c.columns(), c.size(), options(4));
    CAPTURE(e.entropy.value, truth, e.entropy.standard_error);
    CHECK(std::abs(e.entropy.value - truth) < 4 * e.entropy.standard_error + allowance);
    CHECK(e.tied == 0);
  };
  near(make(1, n, [&] { return random.normal(); }), gaussian_entropy(1));
  near(make(2, n, [&] { return random.normal(); }), gaussian_entropy(2));
  near(make(3, n, [&] { return random.normal(); }), gaussian_entropy(3), 0.01);
  near(make(1, n, [&] { return random.exponential(); }), 1);
  near(make(2, n, [&] { return 3 * random.uniform(); }), 2 * std::log(3.0), 0.01); // the rim
  near(make(1, n, [&] { return random.normal() + (random.uniform() < 0.5 ? -20 : 20); }), gaussian_entropy(1) + std::log(2.0));
}

TEST_CASE("entropy moves with linear maps as it must") {
  const Cloud c = gaussian(3, 2000, 4);
  Cloud mapped = c;
  for (std::size_t i = 0; i < c.size(); ++i) {
    mapped.data[0][i] = 1e6 + 1e-3 * c.data[0][i];
    mapped.data[1][i] = 50 * (c.data[1][i] + 0.9 * c.data[0][i]);
    mapped.data[2][i] = 2 * c.data[2][i] - c.data[1][i];
  }
  const double before = neighbour_entropy(c.columns(), 2000).entropy.value, after = neighbour_entropy(mapped.columns(), 2000).entropy.value;
  CHECK(after - before == Approx(std::log(1e-3 * 50 * 2)).epsilon(0.01));
  // Scales alone change nothing, not even by rounding of note.
  for (double& x : mapped.data[1]) x *= 1e4;
  CHECK(neighbour_entropy(mapped.columns(), 2000).entropy.value - after == Approx(std::log(1e4)).epsilon(1e-9));
}

TEST_CASE("entropy errors cover the truth") {
  const auto of = [](const Cloud& c, const NeighbourOptions& o) { return neighbour_entropy(c.columns(), c.size(), o).entropy; };
  covers(coverage(200, gaussian_entropy(1), [&](std::uint64_t s) { return of(gaussian(1, 300, s), options(3)); }));
  covers(coverage(200, gaussian_entropy(2), [&](std::uint64_t s) { return of(gaussian(2, 300, s), options(4)); }));
  covers(coverage(200, gaussian_entropy(5), [&](std::uint64_t s) { return of(gaussian(5, 400, s), options(3, true)); }));
  for (const std::size_t d : {1u, 2u}) // only the neighbours' own noise is left on a torus
    covers(coverage(200, 0.0, [&](std::uint64_t s) {
      Random random(s);
      NeighbourOptions o = options(5);
      o.period = Numbers(d, 1.0);
      return of(make(d, 300, [&] { return random.uniform(); }), o);
    }));
  covers(coverage(200, gaussian_entropy(2), [&](std::uint64_t s) { // a quarter of the particles asked
    NeighbourOptions o = options(4);
    o.queries = 200;
    o.seed = s;
    return of(gaussian(2, 800, s), o);
  }));
}

TEST_CASE("entropy: the bias is what is said, also for a cloud that is not Gaussian") {
  const auto skewed = [](std::size_t d, std::size_t n, std::uint64_t seed) { // two modes along the first axis
    Random random(seed);
    Cloud c = make(d, n, [&] { return random.normal(); });
    for (double& x : c.data[0]) x += random.uniform() < 0.5 ? -6 : 6;
    return c;
  };
  for (const bool modes : {false, true})
    for (const std::size_t d : {3u, 6u, 10u}) {
      const double truth = gaussian_entropy(d) + (modes ? std::log(2.0) : 0);
      const Estimate said = neighbour_entropy(gaussian(d, 800, 1).columns(), 800).bias;
      Numbers plain;
      for (std::uint64_t s = 0; s < 30; ++s) {
        const std::size_t n = 800;
        const Cloud c = modes ? skewed(d, n, 4000 + s) : gaussian(d, n, 3000 + s);
        const NeighbourEntropy e = neighbour_entropy(c.columns(), n, options(4));
        double exact = 0; // control variate: what this very sample says about the entropy
        for (std::size_t i = 0; i < n; ++i) {
          double square = 0;
          for (std::size_t a = 0; a < d; ++a) square += std::pow(a == 0 && modes ? std::abs(c.data[a][i]) - 6 : c.data[a][i], 2);
          exact += (square / 2 - static_cast<double>(d) / 2) / static_cast<double>(n);
        }
        plain.push_back(e.entropy.value - exact - truth);
      }
      const Estimate found = mean_of(plain, "p");
      CAPTURE(modes, d, found.value, found.standard_error, said.value, said.standard_error);
      if (!modes) CHECK(std::abs(found.value - said.value) < 3.5 * std::hypot(found.standard_error, said.standard_error));
      if (modes) CHECK(std::abs(found.value - said.value) < (d < 10 ? 0.15 : 0.3));
    }
}

TEST_CASE("entropy: the bias vanishes as n grows") {
  const auto of = [](std::size_t n) { return neighbour_entropy(gaussian(2, n, 1).columns(), n).bias; };
  CHECK(of(200).value < -0.02);
  CHECK(std::abs(of(20'000).value) < 0.01);
  CHECK(of(20'000).standard_error < 0.01);
  NeighbourOptions unknown = options(4, true);
  unknown.bias_particles = 0;
  CHECK_THROWS_AS(neighbour_entropy(gaussian(2, 200, 1).columns(), 200, unknown), std::invalid_argument);
  // Periods too short for the reference cloud: nothing is subtracted, and that is said.
  Random random(1);
  const Cloud torus = make(6, 400, [&] { return random.uniform(); });
  NeighbourOptions o = options(4, true);
  o.period = {3, 3, 3, 3, 3, 0};
  const NeighbourEntropy e = neighbour_entropy(torus.columns(), 400, o);
  CHECK(e.bias_subtracted == std::isfinite(e.bias.value));
}

TEST_CASE("entropy: subsamples repeat themselves, all queries are no subsample, threads do not matter") {
  const Cloud c = gaussian(4, 3000, 2);
  NeighbourOptions o;
  o.queries = 500;
  const NeighbourEntropy e = neighbour_entropy(c.columns(), 3000, o), all = neighbour_entropy(c.columns(), 3000);
  CHECK(e.contributions.size() == 500);
  for (std::size_t q = 0; q < 500; ++q) CHECK(e.contributions[q] == all.contributions[e.particles[q]]);
  CHECK(std::abs(e.entropy.value - all.entropy.value) < 4 * e.entropy.standard_error);
  o.queries = 3000;
  CHECK(neighbour_entropy(c.columns(), 3000, o).contributions == all.contributions);
  same_bits([&] { return neighbour_entropy(c.columns(), 3000).contributions; });
}

TEST_CASE("entropy: a few equal particles are passed over, many are atoms") {
  Cloud c = gaussian(2, 2000, 7);
  const double before = neighbour_entropy(c.columns(), 2000).entropy.value;
  for (std::size_t i = 1; i < 8; ++i)
    for (auto& column : c.data) column[i] = column[0];
  const NeighbourEntropy e = neighbour_entropy(c.columns(), 2000);
  CHECK(e.tied == 8);
  CHECK(std::abs(e.entropy.value - before) < 0.05);
  CHECK(std::isfinite(e.entropy.standard_error));
  for (std::size_t i = 1; i < 40; ++i)
    for (auto& column : c.data) column[i] = column[0];
  CHECK_THROWS_WITH(neighbour_entropy(c.columns(), 2000), Catch::Contains("the cloud has atoms"));
  Cloud coarse = gaussian(1, 2000, 7);
  for (double& x : coarse.data[0]) x = std::round(4 * x) / 4;
  CHECK_THROWS_AS(neighbour_entropy(coarse.columns(), 2000), NumericalFailure);
}

TEST_CASE("entropy of hostile clouds") {
  Cloud c = gaussian(2, 50, 1);
  const auto entropy = [&](NeighbourOptions o = {}) { return neighbour_entropy(c.columns(), c.size(), o); };
  CHECK_THROWS_AS(entropy(options(2)), std::invalid_argument);
  CHECK_THROWS_AS(entropy(options(65)), std::invalid_argument);
  CHECK_THROWS_AS(entropy(options(49)), NumericalFailure);
  NeighbourOptions o;
  o.period = {1};
  CHECK_THROWS_AS(entropy(o), std::invalid_argument);
  o.period = {1, -1};
  CHECK_THROWS_AS(entropy(o), std::invalid_argument);
  o.period = {1e-6, 0}; // neighbours meet themselves around the period
  CHECK_THROWS_WITH(entropy(o), Catch::Contains("half a period"));
  o = {};
  o.queries = 51;
  CHECK_THROWS_AS(entropy(o), std::invalid_argument);
  CHECK_THROWS_AS(neighbour_entropy({}, 50), std::invalid_argument);
  CHECK_THROWS_AS(neighbour_entropy(c.columns(), 3), NumericalFailure);
  c.data[1] = Numbers(50, 0.1);
  CHECK_THROWS_WITH(entropy(), Catch::Contains("variable 2 is 0.1 in all 50 particles"));
  for (std::size_t i = 0; i < 50; ++i) c.data[1][i] = 3 - 2 * c.data[0][i];
  CHECK_THROWS_WITH(entropy(), Catch::Contains("linearly dependent"));
  c.data[1][3] = NAN;
  CHECK_THROWS_WITH(entropy(), Catch::Contains("coordinate 2 of particle 3 is nan"));
}

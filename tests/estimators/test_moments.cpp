// Moments: a plain second implementation, known laws, coverage, parts and whole, hostile clouds.
#include "cloud.hpp"

#include "driftwell/estimators/expectation.hpp"
#include "driftwell/estimators/moments.hpp"

using namespace cloud;

namespace {

struct Plain {
  double covariance, error;
};

Plain plain_covariance(const Numbers& x, const Numbers& y) {
  const double n = static_cast<double>(x.size());
  double mx = 0, my = 0, xy = 0, xx = 0, yy = 0, fourth = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mx += x[i] / n, my += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double u = x[i] - mx, v = y[i] - my;
    xy += u * v / (n - 1), xx += u * u / (n - 1), yy += v * v / (n - 1), fourth += u * u * v * v / n;
  }
  return {xy, std::sqrt((fourth - xy * xy) / n + (xx * yy + xy * xy) / n / (n - 1))};
}

Cloud correlated(std::size_t d, std::size_t n, std::uint64_t seed, double offset = 0) {
  Cloud c = gaussian(d, n, seed);
  for (std::size_t a = 1; a < d; ++a)
    for (std::size_t i = 0; i < n; ++i) c.data[a][i] = 0.6 * c.data[a - 1][i] + c.data[a][i] * c.data[a][i];
  for (auto& column : c.data)
    for (double& x : column) x += offset;
  return c;
}

void agrees(const Moments& m, const Cloud& c, double tolerance) {
  const std::size_t d = c.data.size();
  for (std::size_t i = 0; i < d; ++i) {
    const Estimate mean = mean_of(c.data[i], "x");
    CHECK(m.mean[i].value == Approx(mean.value).epsilon(tolerance));
    CHECK(m.mean[i].standard_error == Approx(mean.standard_error).epsilon(tolerance));
    for (std::size_t j = 0; j < d; ++j) {
      const Plain plain = plain_covariance(c.data[i], c.data[j]);
      CHECK(m.covariance[i * d + j].value == Approx(plain.covariance).epsilon(tolerance).margin(1e-12));
      CHECK(m.covariance[i * d + j].standard_error == Approx(plain.error).epsilon(tolerance));
      CHECK(m.covariance[i * d + j].value == m.covariance[j * d + i].value);
    }
  }
}

} // namespace

TEST_CASE("moments agree with the plain sums, also far from the origin and in many dimensions") {
  for (const auto& [d, n] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {1, 9000}, {3, 5000}, {20, 700}}) {
    const Cloud c = correlated(d, n, d + n);
    agrees(moments(c.columns(), n), c, 1e-10);
  }
  const Cloud far = correlated(2, 3000, 5, 1e6);
  agrees(moments(far.columns(), 3000), far, 1e-7);
}

TEST_CASE("parts added and merged make the whole") {
  const Cloud c = correlated(4, 3000, 8, 3);
  MomentAccumulator first(4), second(4), empty(4);
  auto columns = c.columns();
  const auto add = [&](MomentAccumulator& to, std::size_t begin, std::size_t end) {
    std::vector<const double*> shifted;
    for (const double* column : columns) shifted.push_back(column + begin);
    to.add(shifted, end - begin);
  };
  add(first, 0, 10), add(first, 10, 900), add(second, 900, 901), add(second, 901, 3000);
  first.merge(empty);
  first.merge(second);
  empty.merge(first);
  CHECK(first.count() == 3000);
  agrees(first.result(), c, 1e-9);
  agrees(empty.result(), c, 1e-9);
}

TEST_CASE("errors of mean, variance and covariance cover the truth") {
  const auto entry = [](const Cloud& c, std::size_t k) { return moments(c.columns(), c.size()).covariance[k]; };
  covers(coverage(200, 0.0, [](std::uint64_t s) { return moments(gaussian(1, 100, s).columns(), 100).mean[0]; }));
  covers(coverage(200, 1.0, [&](std::uint64_t s) { return entry(gaussian(1, 200, s), 0); }));
  covers(coverage(200, 0.6, [&](std::uint64_t s) { return entry(correlated(2, 400, s), 1); }));
  covers(coverage(200, 1.0 / 12, [&](std::uint64_t s) {
    Random random(s);
    return entry(make(1, 200, [&] { return random.uniform(); }), 0);
  }));
}

TEST_CASE("central moments, skewness and kurtosis of known laws") {
  Random random(11);
  const Numbers e = make(1, 400'000, [&] { return random.exponential(); }).data[0];
  const CentralMoments m = central_moments(e, 6);
  const double truth[] = {1, 0, 1, 2, 9, 44, 265}; // subfactorials
  for (std::size_t r = 2; r <= 6; ++r) {
    CAPTURE(r, m.moment[r].value, m.moment[r].standard_error);
    CHECK(std::abs(m.moment[r].value - truth[r]) < 4 * m.moment[r].standard_error);
    CHECK(m.moment[r].standard_error < 0.2 * truth[r]);
  }
  CHECK(std::abs(m.skewness.value - 2) < 4 * m.skewness.standard_error);
  CHECK(std::abs(m.excess_kurtosis.value - 6) < 4 * m.excess_kurtosis.standard_error);
  // Gaussian: errors sqrt(6/n) and sqrt(24/n)
  const CentralMoments g = central_moments(gaussian(1, 100'000, 2).data[0]);
  CHECK(g.skewness.standard_error == Approx(std::sqrt(6e-5)).epsilon(0.08));
  CHECK(g.excess_kurtosis.standard_error == Approx(std::sqrt(24e-5)).epsilon(0.15));
  covers(coverage(200, 0.0, [](std::uint64_t s) { return central_moments(gaussian(1, 400, s).data[0]).skewness; }));
  covers(coverage(200, -1.2, [](std::uint64_t s) {
    Random uniform(s);
    return central_moments(make(1, 400, [&] { return uniform.uniform(); }).data[0]).excess_kurtosis;
  }));
}

TEST_CASE("expectations of formulas with the covariance of their errors") {
  expression::Symbols symbols;
  symbols.variables = {"x", "y"};
  const expression::Tape tape({expression::Expression::parse("x^2 + y", symbols), expression::Expression::parse("x*y", symbols)}, 2);
  const Cloud c = gaussian(2, 20'000, 21);
  const Expectation e = expectation(tape, c.columns(), c.size());
  Numbers f, g;
  for (std::size_t i = 0; i < c.size(); ++i) {
    f.push_back(c.data[0][i] * c.data[0][i] + c.data[1][i]);
    g.push_back(c.data[0][i] * c.data[1][i]);
  }
  CHECK(e.mean[0].value == Approx(mean_of(f, "f").value));
  CHECK(e.mean[0].standard_error == Approx(mean_of(f, "f").standard_error));
  CHECK(e.covariance[0] == Approx(std::pow(e.mean[0].standard_error, 2)));
  const Plain plain = plain_covariance(f, g);
  CHECK(e.covariance[1] == Approx(plain.covariance / 20'000));
  const expression::Tape root({expression::Expression::parse("sqrt(x)", symbols)}, 2);
  CHECK_THROWS_WITH(expectation(root, c.columns(), c.size()), Catch::Contains("formula 1 is") && Catch::Contains("at particle"));
  CHECK_THROWS_AS(expectation(tape, gaussian(3, 10, 1).columns(), 10), std::invalid_argument);
}

TEST_CASE("moments: same bits for every number of threads") {
  const Cloud c = correlated(12, 20'000, 9);
  same_bits([&] {
    Numbers all;
    for (const auto& e : moments(c.columns(), c.size()).covariance) all.push_back(e.value), all.push_back(e.standard_error);
    for (const auto& e : central_moments(c.data[3]).moment) all.push_back(e.standard_error);
    return all;
  });
}

TEST_CASE("moments of hostile clouds") {
  Cloud c = gaussian(2, 10, 1);
  CHECK_THROWS_AS(moments(c.columns(), 1), NumericalFailure);
  CHECK_THROWS_AS(moments(c.columns(), 0), NumericalFailure);
  CHECK_THROWS_AS(MomentAccumulator(0), std::invalid_argument);
  CHECK_THROWS_AS(MomentAccumulator(3).add(c.columns(), 10), std::invalid_argument);
  CHECK_THROWS_AS(central_moments(c.data[0], 3), std::invalid_argument);
  CHECK_THROWS_AS(central_moments(c.data[0], 9), std::invalid_argument);
  CHECK_THROWS_AS(central_moments(Numbers(5, 0.3)), NumericalFailure);
  const Cloud equal_points{{Numbers(5, 0.25)}};
  const Moments equal = moments(equal_points.columns(), 5);
  CHECK(equal.covariance[0].value == 0);
  c.data[1][7] = INFINITY;
  CHECK_THROWS_WITH(moments(c.columns(), 10), "moments: coordinate 2 of particle 7 is inf");
  c.data[1][7] = 1e160;
  CHECK_THROWS_AS(moments(c.columns(), 10), NumericalFailure);
}

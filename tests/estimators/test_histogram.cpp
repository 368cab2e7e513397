// Histograms against counting by hand, and divergences from cells.
#include "cloud.hpp"

#include "driftwell/estimators/divergence.hpp"
#include "driftwell/estimators/histogram.hpp"

using namespace cloud;

namespace {

Axis axis(double lower, double upper, std::size_t cells, Boundary side = Boundary::reflecting) { return {lower, upper, cells, {side, side}, {}}; }

Grid line(double lower, double upper, std::size_t cells) { return Grid({axis(lower, upper, cells)}); }

double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

Numbers log_normal_cells(const Grid& grid, double mean = 0, double std = 1) {
  Numbers result;
  for (std::size_t i = 0; i < grid.size(); ++i)
    result.push_back(std::log(normal_cdf((grid.axis(0).face(i + 1) - mean) / std) - normal_cdf((grid.axis(0).face(i) - mean) / std)));
  return result;
}

/// KL of the cells themselves: what the estimate aims at.
double kl_of(const Numbers& log_p, const Numbers& log_q) {
  double p_sum = 0, q_sum = 0, kl = 0;
  for (std::size_t k = 0; k < log_p.size(); ++k) p_sum += std::exp(log_p[k]), q_sum += std::exp(log_q[k]);
  for (std::size_t k = 0; k < log_p.size(); ++k) kl += std::exp(log_p[k]) / p_sum * (log_p[k] - log_q[k] - std::log(p_sum / q_sum));
  return kl;
}

} // namespace

TEST_CASE("joint and marginal histograms count what a loop counts") {
  const Cloud c = gaussian(2, 10'000, 5);
  const Grid grid({axis(-2, 1, 7), axis(-1, 2, 5).stretched([](double s) { return s * (1 + s) / 2; })});
  const Histogram h = histogram(grid, c.columns(), c.size());
  std::vector<std::uint64_t> counts(35);
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < c.size(); ++i) {
    std::size_t a = 99, b = 99;
    for (std::size_t k = 0; k < 7; ++k) a = c.data[0][i] >= grid.axis(0).face(k) && c.data[0][i] < grid.axis(0).face(k + 1) ? k : a;
    for (std::size_t k = 0; k < 5; ++k) b = c.data[1][i] >= grid.axis(1).face(k) && c.data[1][i] < grid.axis(1).face(k + 1) ? k : b;
    a == 99 || b == 99 ? ++outside : ++counts[a * 5 + b];
  }
  CHECK(h.counts() == counts);
  CHECK(h.outside() == outside);
  CHECK(h.inside() + h.outside() == 10'000);
  const Histogram y = histogram(Grid({grid.axis(1)}), c.columns(), c.size(), std::vector<std::size_t>{1});
  std::uint64_t inside = 0;
  for (const auto k : y.counts()) inside += k;
  CHECK(inside == y.inside());
  CHECK(y.inside() > h.inside());
  double mass = 0;
  const auto density = h.density();
  for (std::size_t k = 0; k < grid.size(); ++k) mass += density[k].value * grid.volume(k);
  CHECK(mass == Approx(static_cast<double>(h.inside()) / 10'000));
}

TEST_CASE("periodic axes take every image; ends belong to the box") {
  const Grid grid({axis(-1, 1, 4, Boundary::periodic)});
  const Numbers x{-1, -0.9, 0.9, 1, 1.1, -1.1, 7.3, -1e9, -1 - 1e-17};
  const std::vector<const double*> columns{x.data()};
  const Histogram h = histogram(grid, columns, x.size());
  CHECK(h.outside() == 0);
  CHECK(h.counts() == std::vector<std::uint64_t>{6, 0, 1, 2}); // 1 is -1, 7.3 is -0.7, -1e9 is 0
  const Histogram box = histogram(line(-1, 1, 4), columns, x.size());
  CHECK(box.outside() == 4);
  CHECK(box.counts() == std::vector<std::uint64_t>{3, 0, 0, 2});
}

TEST_CASE("multinomial errors cover the truth, empty cells are not certain") {
  const Grid grid = line(-1, 1, 4);
  const double truth = std::exp(log_normal_cells(grid)[2]);
  covers(coverage(200, truth / 0.5, [&](std::uint64_t s) { return histogram(grid, gaussian(1, 200, s).columns(), 200).density()[2]; }));
  const Numbers x{0.1, 0.2};
  const auto p = histogram(grid, std::vector<const double*>{x.data()}, 2).probabilities();
  CHECK(p[0].value == 0);
  CHECK(p[0].standard_error == Approx(std::sqrt(0.25 * 0.75 / 2)));
  CHECK(p[2].value == 1);
  CHECK(p[2].standard_error == Approx(std::sqrt(0.25 * 0.75 / 2)));
}

TEST_CASE("histograms: merging, threads, hostile input") {
  const Cloud c = gaussian(1, 600'000, 6);
  const Grid grid = line(-3, 3, 50);
  same_bits([&] { return histogram(grid, c.columns(), c.size()).counts(); });
  Histogram parts(grid);
  for (const auto& [first, last] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 7}, {7, 300'000}, {300'000, 600'000}}) {
    Histogram part(grid);
    part.add(std::vector<const double*>{c.data[0].data() + first}, last - first);
    parts.merge(part);
  }
  CHECK(parts.counts() == histogram(grid, c.columns(), c.size()).counts());
  CHECK_THROWS_AS(parts.merge(Histogram(line(-3, 3, 51))), std::invalid_argument);
  CHECK_THROWS_AS(parts.add(gaussian(2, 3, 1).columns(), 3), std::invalid_argument);
  CHECK_THROWS_AS(histogram(grid, c.columns(), 3, std::vector<std::size_t>{1}), std::invalid_argument);
  CHECK_THROWS_AS(Histogram(grid).probabilities(), NumericalFailure);
  const Numbers bad{0.1, NAN};
  CHECK_THROWS_WITH(Histogram(grid).add(std::vector<const double*>{bad.data()}, 2), "histogram: coordinate 1 of particle 1 is nan");
}

TEST_CASE("KL from cells: bias of none, Miller-Madow and Grassberger at equality") {
  const Grid grid = line(-4, 4, 64);
  const Numbers q = log_normal_cells(grid);
  for (const std::size_t n : {100u, 1000u}) {
    const auto of = [&](BiasCorrection correction) {
      return bias(200, 0.0, [&](std::uint64_t s) { return kl_histogram(histogram(grid, gaussian(1, n, s).columns(), n), q, correction).kl.value; });
    };
    const Estimate none = of(BiasCorrection::none), miller = of(BiasCorrection::miller_madow), grass = of(BiasCorrection::grassberger);
    CAPTURE(n, none.value, miller.value, grass.value, grass.standard_error);
    CHECK(none.value > 15.0 / static_cast<double>(n));
    CHECK(std::abs(miller.value) < 0.5 * none.value);
    CHECK(std::abs(grass.value) < std::abs(miller.value) + grass.standard_error);
    CHECK(std::abs(grass.value) < 0.12 * none.value);
  }
}

TEST_CASE("KL from cells covers the truth, away from the law and at it") {
  const Grid grid = line(-4, 4, 32);
  const Numbers q = log_normal_cells(grid), p = log_normal_cells(grid, 0.5, 0.8);
  const auto shifted = [&](std::uint64_t s) {
    Random random(s);
    return kl_histogram(histogram(grid, make(1, 500, [&] { return 0.5 + 0.8 * random.normal(); }).columns(), 500), q).kl;
  };
  covers(coverage(200, kl_of(p, q), shifted));
  covers(coverage(200, 0.0, [&](std::uint64_t s) { return kl_histogram(histogram(grid, gaussian(1, 500, s).columns(), 500), q).kl; }));
  // Cells approach the continuous value.
  CHECK(kl_of(p, q) == Approx((0.64 + 0.25 - 1) / 2 - std::log(0.8)).epsilon(0.02));
}

TEST_CASE("KL from cells: constants of log q, impossible particles, hostile input") {
  const Grid grid = line(-4, 4, 8);
  Numbers q = log_normal_cells(grid);
  const Histogram h = histogram(grid, gaussian(1, 1000, 1).columns(), 1000);
  const double before = kl_histogram(h, q).kl.value;
  for (double& l : q) l -= 5000;
  CHECK(kl_histogram(h, q).kl.value == Approx(before));
  q[4] = -INFINITY;
  CHECK_THROWS_WITH(kl_histogram(h, q), Catch::Contains("particles in cell 4"));
  q[4] = NAN;
  CHECK_THROWS_AS(kl_histogram(h, q), NumericalFailure);
  CHECK_THROWS_AS(kl_histogram(h, Numbers(7)), std::invalid_argument);
  CHECK_THROWS_AS(kl_histogram(Histogram(grid), Numbers(8)), NumericalFailure);
}

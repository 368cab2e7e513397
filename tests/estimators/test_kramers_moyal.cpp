// Drift and noise of paths against the equations they come from.
#include "driftwell/estimators/kramers_moyal.hpp"
#include "driftwell/estimators/principal_components.hpp"
#include "driftwell/estimators/resampling.hpp"

#include "paths.hpp"

#include <Eigen/Dense>

using namespace driftwell;
using namespace driftwell::estimators;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Fields with the bootstrap's standard errors, and with those of the fits beside.
struct WithErrors {
  KramersMoyalFields fields;
  std::vector<VectorXd> drift_error, diffusion_error;
  std::vector<VectorXd> drift_bar, diffusion_bar;
};
WithErrors estimate(const KramersMoyal& estimator, std::size_t replicates) {
  WithErrors result{estimator.fields(), {}, {}, {}, {}};
  const auto zero = [](const std::vector<VectorXd>& like) { return std::vector<VectorXd>(like.size(), VectorXd::Zero(like[0].size())); };
  result.drift_error = zero(result.fields.drift);
  result.diffusion_error = zero(result.fields.diffusion);
  for (std::size_t r = 0; r < replicates; ++r) {
    const KramersMoyalFields drawn = estimator.fields(estimator.draw(1, r));
    for (std::size_t a = 0; a < drawn.drift.size(); ++a) result.drift_error[a] += (drawn.drift[a] - result.fields.drift[a]).cwiseAbs2() / static_cast<double>(replicates);
    for (std::size_t a = 0; a < drawn.diffusion.size(); ++a)
      result.diffusion_error[a] += (drawn.diffusion[a] - result.fields.diffusion[a]).cwiseAbs2() / static_cast<double>(replicates);
  }
  for (auto* all : {&result.drift_error, &result.diffusion_error})
    for (VectorXd& error : *all) error = error.cwiseSqrt();
  const KramersMoyalBias bias = estimator.bias();
  const auto bars = [](const std::vector<VectorXd>& errors, const std::vector<VectorXd>& width, const std::vector<VectorXd>& tau) {
    std::vector<VectorXd> all;
    for (std::size_t i = 0; i < errors.size(); ++i) all.push_back((errors[i].cwiseAbs2() + (width[i] + tau[i]).cwiseAbs2()).cwiseSqrt());
    return all;
  };
  result.drift_bar = bars(result.drift_error, bias.drift_width, bias.drift_tau);
  result.diffusion_bar = bars(result.diffusion_error, bias.diffusion_width, bias.diffusion_tau);
  return result;
}

struct Tally {
  int points = 0, within_two = 0;
  double worst = 0;
  void add(double value, double truth, double error) {
    const double z = std::abs(value - truth) / error;
    ++points;
    within_two += z <= 2;
    worst = std::max(worst, z);
  }
};

const std::vector<double> places{-1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2};

/// Against the standard errors alone, and against the bars that count the bias of the fits.
struct Tallies {
  Tally drift, noise, drift_alone, noise_alone;
};

/// Estimates at seven places for some seeds: none off by four standard errors (once in 16 000 by chance), and the bars neither too short nor too long.
void check_cover(const Tally& tally, double least) {
  CAPTURE(tally.points, tally.within_two, tally.worst);
  CHECK(tally.worst < 4);
  CHECK(tally.within_two >= least * tally.points);
}

struct Line {
  std::function<double(double)> b, TD;
  std::function<Trajectories(std::uint64_t)> paths;
  Grid grid;
  std::vector<double> bandwidth{};
};

/// Drift and noise in one dimension at the cells nearest to the places.
void check_line(const Line& line, std::uint64_t seed, Tallies& tallies) {
  KramersMoyalOptions options;
  options.bandwidth = line.bandwidth;
  const KramersMoyal estimator(line.grid, line.paths(seed), options);
  const WithErrors found = estimate(estimator, 40);
  for (const double at : places) {
    const std::size_t k = line.grid.axis(0).cell_of(at);
    const auto cell = static_cast<Index>(k);
    REQUIRE(estimator.supported()[k]);
    const double x = line.grid.axis(0).centre(k), drift = found.fields.drift[0][cell], noise = found.fields.diffusion[0][cell];
    tallies.drift.add(drift, line.b(x), found.drift_bar[0][cell]);
    tallies.noise.add(noise, line.TD(x), found.diffusion_bar[0][cell]);
    tallies.drift_alone.add(drift, line.b(x), found.drift_error[0][cell]);
    tallies.noise_alone.add(noise, line.TD(x), found.diffusion_error[0][cell]);
  }
}

std::vector<Line> lines() {
  const auto minus = [](double x) { return -x; };
  const auto well = [](double x) { return x - x * x * x; };
  const auto half = [](double) { return 0.5; };
  const auto quarter = [](double) { return 0.25; };
  const auto growing = [](double x) { return 0.25 * (1 + x * x); };
  return {{minus, half, [](std::uint64_t seed) { return paths::ornstein_uhlenbeck(10, 4000, 0.05, 1, 0.5, seed); }, Grid({{-3, 3, 60}})},
          {well, quarter, [=](std::uint64_t seed) { return paths::euler(40, 800, 0.02, 8, 1, well, quarter, seed); }, Grid({{-2, 2, 60}})},
          {minus, growing, [=](std::uint64_t seed) { return paths::euler(40, 800, 0.02, 8, 1, minus, growing, seed); }, Grid({{-3, 3, 60}})}};
}

/// Where the fits are biased: a drift with curvature, a deep well seen at long intervals, an Ornstein-Uhlenbeck process seen at very long ones.
std::vector<Line> biased() {
  const auto minus = [](double x) { return -x; };
  const auto deep = [](double x) { return 4 * (x - x * x * x); };
  const auto ripples = [](double x) { return -x - 2 * std::sin(4 * x); };
  const auto half = [](double) { return 0.5; };
  return {{ripples, half, [=](std::uint64_t seed) { return paths::euler(40, 3000, 0.01, 8, 1, ripples, half, seed); }, Grid({{-2, 2, 80}}), {0.25}},
          {deep, half, [=](std::uint64_t seed) { return paths::euler(40, 800, 0.02, 8, 1, deep, half, seed); }, Grid({{-2, 2, 60}})},
          {minus, half, [](std::uint64_t seed) { return paths::ornstein_uhlenbeck(10, 4000, 0.4, 1, 0.5, seed); }, Grid({{-3, 3, 60}})}};
}

} // namespace

TEST_CASE("drift and noise: Ornstein-Uhlenbeck, double well, D(x)") {
  Tallies all;
  for (const Line& line : lines())
    for (std::uint64_t seed = 1; seed <= 2; ++seed) check_line(line, seed, all);
  check_cover(all.drift, 0.8);
  check_cover(all.noise, 0.8);
  CHECK(all.drift.within_two - all.drift_alone.within_two <= 0.1 * all.drift.points); // little bias here, and little is added
}

TEST_CASE("drift and noise: error bars cover", "[slow]") {
  for (const Line& line : lines()) {
    Tallies all;
    for (std::uint64_t seed = 101; seed <= 130; ++seed) check_line(line, seed, all);
    CAPTURE(all.drift.within_two, all.noise.within_two, all.drift.worst, all.noise.worst);
    CHECK(all.drift.within_two >= 0.87 * all.drift.points); // nominally 0.95: 0.90 to 0.94 are found
    CHECK(all.noise.within_two >= 0.87 * all.noise.points);
    CHECK(all.drift.worst < 5);
    CHECK(all.noise.worst < 5);
  }
}

TEST_CASE("the bars cover where curvature and long intervals bias the fits, which standard errors alone do not") {
  std::vector<Tallies> found;
  for (const Line& line : biased()) {
    Tallies& all = found.emplace_back();
    for (std::uint64_t seed = 101; seed <= 108; ++seed) check_line(line, seed, all);
    CAPTURE(found.size(), all.drift.within_two, all.drift_alone.within_two, all.noise.within_two, all.noise_alone.within_two, all.drift.worst, all.noise.worst);
    CHECK(all.drift.within_two >= 0.87 * all.drift.points);
    CHECK(all.noise.within_two >= 0.87 * all.noise.points);
    CHECK(all.drift.worst < 5);
    CHECK(all.noise.worst < 5);
  }
  CHECK(found[0].drift_alone.within_two < 0.75 * found[0].drift.points); // the width
  CHECK(found[1].noise_alone.within_two < 0.85 * found[1].noise.points);
  CHECK(found[2].noise_alone.within_two < 0.1 * found[2].noise.points); // tau
}

TEST_CASE("what tau leaves after the extrapolation is estimated: the closed form of Ornstein-Uhlenbeck") {
  const double tau = 0.4;
  const Grid grid({{-3, 3, 60}});
  const KramersMoyal estimator(grid, paths::ornstein_uhlenbeck(50, 8000, tau, 1, 0.5, 3));
  const KramersMoyalBias bias = estimator.bias();
  const auto slope = [](double t) { return (1 - std::exp(-t)) / t; };
  const auto noise = [](double t) { return 0.5 * (1 - std::exp(-2 * t)) / (2 * t); };
  for (const double at : {-1.0, -0.5, 0.5, 1.0}) {
    const std::size_t k = grid.axis(0).cell_of(at);
    const auto cell = static_cast<Index>(k);
    CHECK(bias.drift_tau[0][cell] == Approx(-grid.axis(0).centre(k) * (2 * slope(tau) - slope(2 * tau) - 1)).epsilon(0.4)); // the next order is 0.3 of it
    CHECK(bias.diffusion_tau[0][cell] == Approx(2 * noise(tau) - noise(2 * tau) - 0.5).epsilon(0.4));
    CHECK(std::abs(bias.drift_width[0][cell]) < 0.01); // a line, and a constant
    CHECK(std::abs(bias.diffusion_width[0][cell]) < 0.005);
  }
}

TEST_CASE("drift and noise in two dimensions: a rotation") {
  const Trajectories paths = paths::rotating(20, 2000, 0.02, 5, 1);
  const Grid grid({{-4, 4, 32}, {-4, 4, 32}});
  const KramersMoyal estimator(grid, paths);
  const WithErrors found = estimate(estimator, 20);
  Tally drift, noise;
  for (const double x : {-1.0, 0.0, 1.0})
    for (const double y : {-1.0, 0.0, 1.0}) {
      const std::size_t k = grid.axis(0).cell_of(x) * grid.stride(0) + grid.axis(1).cell_of(y);
      const auto c = static_cast<Index>(k);
      const auto z = grid.centre(k);
      drift.add(found.fields.drift[0][c], -z[0] + 5 * z[1], found.drift_error[0][c]);
      drift.add(found.fields.drift[1][c], -5 * z[0] - z[1], found.drift_error[1][c]);
      for (const std::size_t entry : {0u, 1u, 2u}) noise.add(found.fields.diffusion[entry][c], entry == 1 ? 0 : 1, found.diffusion_error[entry][c]);
    }
  check_cover(drift, 0.8);
  check_cover(noise, 0.8);
}

TEST_CASE("the bias of a finite tau is taken out to second order") {
  // Exact increments of dx = -x dt: b_tau = -x (1 - e^-tau)/tau = -x (1 - tau/2 + tau^2/6): at tau = 0.4 off by 18 %, extrapolated by 4.4 %.
  const Trajectories paths = paths::ornstein_uhlenbeck(50, 8000, 0.4, 1, 0.5, 3);
  const Grid grid({{-3, 3, 60}});
  const KramersMoyal estimator(grid, paths);
  const KramersMoyalFields fields = estimator.fields();
  const auto k = static_cast<Index>(grid.axis(0).cell_of(1.0));
  const double x = grid.axis(0).centre(static_cast<std::size_t>(k)), tau = 0.4;
  const auto drift = [&](double t) { return -x * (1 - std::exp(-t)) / t; };
  const auto noise = [](double t) { return 0.5 * (1 - std::exp(-2 * t)) / (2 * t); };
  CHECK(fields.drift_tau[0][k] == Approx(drift(tau)).epsilon(0.03));
  CHECK(fields.drift[0][k] == Approx(2 * drift(tau) - drift(2 * tau)).epsilon(0.03));
  CHECK(fields.diffusion_tau[0][k] == Approx(noise(tau)).epsilon(0.01));
  CHECK(fields.diffusion[0][k] == Approx(2 * noise(tau) - noise(2 * tau)).epsilon(0.02));
}

TEST_CASE("local regression is the one of the textbook: weighted least squares, point by point") {
  // A second implementation without sums over cells: the kernel's weight of a sample is that of the centre of its cell.
  const Trajectories paths = paths::ornstein_uhlenbeck(2, 300, 0.1, 1, 0.5, 5);
  const Grid grid({{-3, 3, 40}});
  KramersMoyalOptions options;
  options.bandwidth = {0.4};
  options.least_points = 10;
  const KramersMoyal estimator(grid, paths, options);
  const KramersMoyalFields fields = estimator.fields();
  for (const double at : {-0.8, 0.1, 1.0}) {
    const std::size_t k = grid.axis(0).cell_of(at);
    const double z = grid.axis(0).centre(k);
    std::array<double, 2> drift{}, second{};
    for (const std::size_t lag : {1u, 2u}) {
      MatrixXd A = MatrixXd::Zero(3, 3);
      VectorXd first = VectorXd::Zero(3), square = VectorXd::Zero(3);
      for (std::size_t r = 0; r < 2; ++r)
        for (std::size_t t = 0; t + 2 < 300; ++t) {
          const double x = paths.path(0, r)[t], dx = paths.path(0, r)[t + lag] - x, tau = 0.1 * static_cast<double>(lag);
          const double u = (grid.axis(0).centre(grid.axis(0).cell_of(x)) - z) / 0.4;
          if (std::abs(u) > 4 + 1e-9) continue;
          const double w = std::exp(-u * u / 2);
          const Eigen::Vector3d v(1, (x - z) / 0.4, (x - z) * (x - z) / 0.16);
          A += w * v * v.transpose();
          first += w * v * dx / tau;
          square += w * v * dx * dx / (2 * tau);
        }
      drift[lag - 1] = A.ldlt().solve(first)[0];
      second[lag - 1] = A.ldlt().solve(square)[0] - 0.05 * static_cast<double>(lag) * drift[lag - 1] * drift[lag - 1];
    }
    const auto cell = static_cast<Index>(k);
    CHECK(fields.drift_tau[0][cell] == Approx(drift[0]).epsilon(1e-4));
    CHECK(fields.drift[0][cell] == Approx(2 * drift[0] - drift[1]).epsilon(1e-4));
    CHECK(fields.diffusion[0][cell] == Approx(2 * second[0] - second[1]).epsilon(1e-4));
  }
}

TEST_CASE("a diffusion passes the test of its increments; a moving average and jumps do not") {
  const Grid grid({{-3, 3, 60}});
  Trajectories paths = paths::ornstein_uhlenbeck(20, 2000, 0.05, 1, 0.5, 7);
  {
    const KramersMoyal estimator(grid, paths);
    const DiffusionTest test = diffusion_test(estimator, estimator.fields(), paths);
    CHECK(std::abs(test.correlation[0].value) < 4 * test.correlation[0].standard_error);
    CHECK(std::abs(test.excess_kurtosis[0].value) < 4 * test.excess_kurtosis[0].standard_error);
    CHECK(test.correlation[0].standard_error == Approx(1 / std::sqrt(40000.0)).epsilon(0.4));
  }
  cloud::Random random(8);
  Trajectories noisy = paths; // what is measured is not the state: increments are anticorrelated
  for (double& x : noisy.values) x += 0.1 * random.normal();
  const KramersMoyal estimator(grid, noisy);
  const DiffusionTest test = diffusion_test(estimator, estimator.fields(), noisy);
  CHECK(test.correlation[0].value < -20 * test.correlation[0].standard_error);
  Trajectories jumping = paths;
  for (std::size_t r = 0; r < jumping.replicas; ++r) {
    double shift = 0;
    for (std::size_t t = 0; t < jumping.times; ++t) {
      shift = 0.9 * shift + (random.uniform() < 0.02 ? random.normal() : 0);
      jumping.path(0, r)[t] += shift;
    }
  }
  const KramersMoyal with_jumps(grid, jumping);
  CHECK(diffusion_test(with_jumps, with_jumps.fields(), jumping).excess_kurtosis[0].value > 3);
}

TEST_CASE("the same bits for every number of threads") {
  const Trajectories paths = paths::rotating(4, 500, 0.05, 2, 1);
  const Grid grid({{-3, 3, 16}, {-3, 3, 16}});
  std::vector<VectorXd> first;
  for (const int threads : {1, 2}) {
    omp_set_num_threads(threads);
    const KramersMoyal estimator(grid, paths);
    const KramersMoyalFields fields = estimator.fields();
    if (first.empty()) first = fields.drift;
    else
      for (std::size_t k = 0; k < grid.size(); ++k)
        if (estimator.supported()[k]) CHECK(fields.drift[0][static_cast<Index>(k)] == first[0][static_cast<Index>(k)]);
  }
}

TEST_CASE("paths that say nothing are refused") {
  const Grid grid({{-3, 3, 60}});
  Trajectories paths{1, 1, 3, 0.1, {0.1, 0.2, 0.3}};
  CHECK_THROWS_AS(KramersMoyal(grid, paths), NumericalFailure);
  paths = {1, 1, 50, 0.1, std::vector<double>(50, 0.5)};
  CHECK_THROWS_AS(KramersMoyal(grid, paths), NumericalFailure);
  paths.values[7] = std::nan("");
  CHECK_THROWS_AS(KramersMoyal(grid, paths), NumericalFailure);
  paths = {1, 1, 50, 0.1, std::vector<double>(49, 0.5)};
  CHECK_THROWS_AS(KramersMoyal(grid, paths), std::invalid_argument);
}

// Drift and noise of paths against the equations they come from.
#include "driftwell/estimators/kramers_moyal.hpp"
#include "driftwell/estimators/principal_components.hpp"
#include "driftwell/estimators/resampling.hpp"

#include "paths.hpp"

#include <iostream>

using namespace driftwell;
using namespace driftwell::estimators;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Fields with the bootstrap's standard errors.
struct WithErrors {
  KramersMoyalFields fields;
  std::vector<VectorXd> drift_error, diffusion_error;
};
WithErrors estimate(const KramersMoyal& estimator, std::size_t replicates) {
  WithErrors result{estimator.fields(), {}, {}};
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

/// Drift and noise in one dimension at the cells nearest to `at`.
void check_line(const Trajectories& paths, const Grid& grid, const std::vector<double>& at, const std::function<double(double)>& b,
                const std::function<double(double)>& TD, Tally& drift, Tally& noise) {
  const KramersMoyal estimator(grid, paths);
  const WithErrors found = estimate(estimator, 40);
  for (const double x : at) {
    const std::size_t k = grid.axis(0).cell_of(x);
    const auto cell = static_cast<Index>(k);
    REQUIRE(estimator.supported()[k]);
    drift.add(found.fields.drift[0][cell], b(grid.axis(0).centre(k)), found.drift_error[0][cell]);
    noise.add(found.fields.diffusion[0][cell], TD(grid.axis(0).centre(k)), found.diffusion_error[0][cell]);
  }
}

void report(const char* name, const Tally& drift, const Tally& noise) {
  std::cerr << name << ": drift within 2: " << drift.within_two << "/" << drift.points << " worst " << drift.worst << "; noise " << noise.within_two << "/" << noise.points
            << " worst " << noise.worst << "\n";
}

const std::vector<double> places{-1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2};

} // namespace

TEST_CASE("Ornstein-Uhlenbeck: drift and noise within their error bars, which cover") {
  Tally drift, noise;
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    check_line(paths::ornstein_uhlenbeck(10, 4000, 0.05, 1, 0.5, seed), Grid({{-3, 3, 100}}), places, [](double x) { return -x; }, [](double) { return 0.5; }, drift, noise);
  report("ou", drift, noise);
}

TEST_CASE("double well") {
  Tally drift, noise;
  const auto b = [](double x) { return x - x * x * x; };
  const auto TD = [](double) { return 0.25; };
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    check_line(paths::euler(40, 1000, 0.02, 8, 1, b, TD, seed), Grid({{-2, 2, 100}}), places, b, TD, drift, noise);
  report("dw", drift, noise);
}

TEST_CASE("D(x)") {
  Tally drift, noise;
  const auto b = [](double x) { return -x; };
  const auto TD = [](double x) { return 0.25 * (1 + x * x); };
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    check_line(paths::euler(40, 1000, 0.02, 8, 1, b, TD, seed), Grid({{-3, 3, 120}}), places, b, TD, drift, noise);
  report("D(x)", drift, noise);
}

TEST_CASE("rotating") {
  Tally drift, noise;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Trajectories paths = paths::rotating(20, 4000, 0.02, 5, seed);
    const Grid grid({{-4, 4, 48}, {-4, 4, 48}});
    const KramersMoyal estimator(grid, paths);
    const WithErrors found = estimate(estimator, 30);
    std::cerr << "h " << estimator.drift_bandwidth()[0] << " " << estimator.noise_bandwidth()[0] << "\n";
    for (const double x : {-1.0, 0.0, 1.0})
      for (const double y : {-1.0, 0.0, 1.0}) {
        const std::size_t k = grid.axis(0).cell_of(x) * grid.stride(0) + grid.axis(1).cell_of(y);
        const auto c = static_cast<Index>(k);
        const auto z = grid.centre(k);
        drift.add(found.fields.drift[0][c], -z[0] + 5 * z[1], found.drift_error[0][c]);
        drift.add(found.fields.drift[1][c], -5 * z[0] - z[1], found.drift_error[1][c]);
        noise.add(found.fields.diffusion[0][c], 1, found.diffusion_error[0][c]);
        noise.add(found.fields.diffusion[1][c], 0, found.diffusion_error[1][c]);
        noise.add(found.fields.diffusion[2][c], 1, found.diffusion_error[2][c]);
      }
    const DiffusionTest test = diffusion_test(estimator, found.fields, paths);
    for (const Estimate& e : test.correlation) std::cerr << e.value << " +- " << e.standard_error << "  ";
    for (const Estimate& e : test.excess_kurtosis) std::cerr << " k " << e.value << " +- " << e.standard_error;
    std::cerr << "\n";
  }
  report("rot", drift, noise);
}

// The error that every propagator reports, against the truth: dense exponentials in extended precision.
#include "exact.hpp"
#include "random_models.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace engine;

namespace {

using Long = long double;
using LongMatrix = Eigen::Matrix<Long, Eigen::Dynamic, Eigen::Dynamic>;
using LongVector = Eigen::Matrix<Long, Eigen::Dynamic, 1>;

/// exp(tQ) p at times t, 16 t, 256 t with the diagonal of Q formed from its rates in extended precision: mass is exact.
std::vector<LongVector> truth(const Generator& generator, const RandomProblem& problem) {
  LongMatrix Q = dense(generator.rates()).cast<Long>();
  for (Index k = 0; k < Q.cols(); ++k) {
    Q(k, k) = 0;
    Q(k, k) = -Q.col(k).sum();
    if (generator.loss().size()) Q(k, k) -= static_cast<Long>(generator.loss()[k]);
  }
  LongMatrix E = positive_exponential<Long>(Q, problem.times[1]);
  std::vector<LongVector> p{problem.initial.cast<Long>()};
  for (std::size_t i = 1; i < problem.times.size(); ++i) {
    if (i > 1)
      for (int doubling = 0; doubling < 4; ++doubling) E = (E * E).eval();
    p.push_back(E * problem.initial.cast<Long>());
  }
  return p;
}

struct Tally {
  std::vector<double> ratios; ///< reported / true, where the true error is more than rounding
  std::size_t checked = 0, missed = 0;
  double worst = 0; ///< true / reported of the misses

  void add(double reported, double error) {
    ++checked;
    if (error > reported) {
      ++missed;
      worst = std::max(worst, error / reported);
    }
    if (error > 1e-14) ratios.push_back(reported / error);
  }
  [[nodiscard]] double median() {
    if (ratios.empty()) return 0;
    std::nth_element(ratios.begin(), ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2), ratios.end());
    return ratios[ratios.size() / 2];
  }
};

void check(unsigned seed, int problems) {
  const std::vector<std::pair<std::string, double>> ways{{"krylov", 1e-6}, {"krylov", 1e-10}, {"chebyshev", 1e-6}, {"chebyshev", 1e-10},
    {"uniformisation", 1e-6}, {"implicit_euler", 1e-6}, {"odeint_dopri5", 1e-4}, {"odeint_dopri5", 1e-8}};
  std::map<std::string, Tally> tallies;
  RandomModels models(seed);
  for (int i = 0; i < problems; ++i) {
    const RandomProblem problem = models.next();
    CAPTURE(i, problem.story);
    const Model model = problem.model();
    const Grid grid = problem.grid();
    std::vector<LongVector> exact;
    for (const auto& [name, tolerance] : ways) {
      if ((name == "odeint_dopri5" || name == "uniformisation") && i % 4) continue; // many products
      CAPTURE(name, tolerance);
      std::optional<double> dt;
      if (name == "implicit_euler") dt = problem.times.back() / 256;
      const Run run = evolve(model, grid, problem.initial, problem.times, name, tolerance, dt);
      if (exact.empty()) exact = truth(run.generator, problem);
      REQUIRE(run.report.errors.size() == problem.times.size());
      for (std::size_t t = 1; t < problem.times.size(); ++t) {
        const double error = static_cast<double>((run.p[t].cast<Long>() - exact[t]).cwiseAbs().sum());
        REQUIRE(std::isfinite(error));
        Tally& tally = tallies[fmt::format("{} {:g}", name, tolerance)];
        if (error > run.report.errors[t]) UNSCOPED_INFO(fmt::format("t = {:g}: error {:.2e}, reported {:.2e} ({})", problem.times[t], error, run.report.errors[t], run.report.summary));
        tally.add(run.report.errors[t], error);
      }
    }
  }
  for (auto& [name, tally] : tallies) {
    const double median = tally.median(), share = static_cast<double>(tally.missed) / static_cast<double>(tally.checked);
    fmt::print("{:24} {:5} checked {:3} missed, worst {:.3g}, median ratio {:.3g} of {}\n", name, tally.checked, tally.missed, tally.worst, median, tally.ratios.size());
    CAPTURE(name, tally.checked, tally.missed, tally.worst, median);
    CHECK(share <= 0.03);
    CHECK(tally.worst < 3);
    CHECK(median < 3e3);
  }
}

} // namespace

TEST_CASE("reported errors in time bound the true ones on random models") { check(1, 16); }

TEST_CASE("random models make Markov chains that forget monotonically, however they are propagated") {
  RandomModels models(3);
  for (int i = 0; i < 60; ++i) {
    const RandomProblem problem = models.next();
    CAPTURE(i, problem.story);
    const Run run = evolve(problem.model(), problem.grid(), problem.initial, problem.times, "krylov", 1e-9);
    const MatrixXd Q = dense(run.generator.rates());
    const double scale = Q.diagonal().cwiseAbs().maxCoeff();
    CHECK((Q - MatrixXd(Q.diagonal().asDiagonal())).minCoeff() >= 0);
    VectorXd sums = Q.colwise().sum().transpose();
    if (run.generator.loss().size()) sums += run.generator.loss();
    CHECK(sums.cwiseAbs().maxCoeff() < 1e-13 * scale);
    CHECK(run.steady.p.minCoeff() >= 0);
    CHECK(run.steady.p.sum() == Approx(1).epsilon(1e-12));
    const Run other = evolve(problem.model(), problem.grid(), problem.initial, problem.times, "chebyshev", 1e-9);
    for (std::size_t t = 1; t < problem.times.size(); ++t) {
      CHECK(run.at("mass", t) <= run.at("mass", t - 1) + 1e-11);
      if (run.generator.conservative()) CHECK(run.at("kl", t) <= run.at("kl", t - 1) + 1e-9);
      CHECK((run.p[t] - other.p[t]).cwiseAbs().sum() <= 1.5 * (run.report.errors[t] + other.report.errors[t]));
    }
  }
}
TEST_CASE("reported errors in time bound the true ones on 200 random models", "[slow]") { check(2, 200); }

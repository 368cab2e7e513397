// Random polynomials, noise (all classes and readings), forces, circulations, walls and spacings: what every chain keeps, and every propagator
// that takes the problem against a dense exponential, within the error it states. A failing seed can be run alone: RandomModels(seed).
#include "chain_faults.hpp"
#include "propagators/exact.hpp"
#include "propagators/random_models.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

/// p(t) at the times of a problem: t, 16 t, 256 t. In extended precision: in double thirty squarings cost 1e-8 where rates reach 1e8 (seed 1096).
std::vector<VectorXd> truth(const Generator& generator, const RandomProblem& problem) {
  using Long = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
  Long Q = dense(generator.rates()).cast<long double>();
  for (Index k = 0; k < Q.cols(); ++k) { // mass is exact
    Q(k, k) = 0;
    Q(k, k) = -Q.col(k).sum() - (generator.loss().size() ? static_cast<long double>(generator.loss()[k]) : 0.0L);
  }
  Long E = positive_exponential<long double>(Q, problem.times[1]);
  std::vector<VectorXd> p{problem.initial};
  for (std::size_t i = 1; i < problem.times.size(); ++i) {
    for (int doubling = 0; i > 1 && doubling < 4; ++doubling) E = (E * E).eval();
    p.push_back((E * problem.initial.cast<long double>()).cast<double>());
  }
  return p;
}

void check(unsigned seed, std::map<std::string, int>& runs) {
  const RandomProblem problem = RandomModels(seed).next();
  CAPTURE(seed, problem.story);
  const Model m = problem.model();
  const Grid grid = problem.grid();
  const Generator generator = build_generator(m, grid);
  const SteadyState steady = steady_state(generator);
  for (const std::string& fault : chain_faults(generator.rates(), generator.loss(), steady.p, problem.initial)) FAIL_CHECK(fault);
  const std::vector<VectorXd> exact = truth(generator, problem);
  for (const std::string& name : PropagatorCatalogue::names()) {
    std::optional<double> dt;
    if (name == "implicit_euler") dt = problem.times.back() / 512;
    const EvolutionProblem evolution{generator, steady, problem.initial, problem.times, 1e-8, dt};
    if (!PropagatorCatalogue::find(name)->make()->applies(evolution)) continue;
    std::vector<VectorXd> p;
    const EvolutionReport report = choose_propagator(name, evolution, 1e10).propagator->propagate(evolution, [&](std::size_t, const VectorXd& at) { p.push_back(at); });
    ++runs[name];
    CAPTURE(name, report.summary);
    REQUIRE(p.size() == problem.times.size());
    for (std::size_t t = 1; t < p.size(); ++t) {
      CAPTURE(problem.times[t]);
      // The truth has rounding of its own: squarings of a dense matrix.
      CHECK((p[t] - exact[t]).cwiseAbs().sum() <= 1.5 * report.errors[t] + 2e-12);
      CHECK(p[t].minCoeff() >= -report.errors[t] - 1e-13);
      if (generator.conservative()) {
        CHECK(p[t].sum() == Approx(1).epsilon(1e-11));
        CHECK(divergence(p[t], steady.p) <= divergence(p[t - 1], steady.p) + 1e-12 + 100 * report.errors[t]); // log(p/p_ss) is below 100
      } else CHECK(p[t].sum() <= p[t - 1].sum() + report.errors[t] + 1e-12);
    }
  }
}

} // namespace

TEST_CASE("random models: Markov chains that forget, and propagators within their bounds") {
  std::map<std::string, int> runs;
  for (unsigned seed = 100; seed < 108; ++seed) check(seed, runs);
  for (const char* name : {"krylov", "chebyshev", "uniformisation", "implicit_euler", "odeint_dopri5"}) CHECK(runs[name] > 4);
}

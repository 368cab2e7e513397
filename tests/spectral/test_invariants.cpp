// What must hold on every model: mass, falling KL, the steady state, the same bits; and agreement with Markov chains.
#include "driftwell/spectral/faber_series.hpp"
#include "random_quartic.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

using namespace spectral_test;

TEST_CASE("random quartics: mass 1, KL falls, F - F_ss = T KL, dKL/dt = -T I") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const SpectralRun run(random_problem(seed), "48");
    check_invariants(run, 1e-6);
  }
}

TEST_CASE("walls that cut through random densities keep mass and monotony") {
  for (unsigned seed = 2; seed <= 8; seed += 2) { // without circulation, which would be refused there
    Problem problem = random_problem(seed);
    problem.box = "lower = -1.3\nupper = 1.1";
    problem.initial = "gaussian = { mean = [-0.1, -0.1], std = 0.25 }";
    const SpectralRun run(problem, "24");
    for (std::size_t i = 0; i < run.p.size(); ++i) {
      CHECK(std::abs(run.at("mass", i) - 1) < 1e-13);
      if (i > 0) CHECK(run.at("kl", i) < run.at("kl", i - 1) + 1e-14);
    }
  }
}

// Points enough that sqrt(p_ss) is the slowest mode to round-off; else the two ways differ by what it is not.
TEST_CASE("where the potential separates, the modes of the axes give what a series gives, in one to three dimensions") {
  for (const auto& [variables, potential, mean, cells] :
       {std::array<std::string, 4>{R"(["x"])", "x^4/4 - x^2/3 + 0.2*x", "[-0.4]", "40"},
        {R"(["x", "y"])", "x^4/4 - x^2/2 + y^4/3 + 0.3*y", "[-0.4, 0.3]", "40"},
        {R"(["x", "y", "z"])", "x^4/4 + y^4/4 - y^2/3 + z^2/2 + z^4/8", "[0.2, -0.3, 0.1]", "40"}}) {
    CAPTURE(potential);
    const Problem problem{"variables = " + variables + "\npotential = \"" + potential + "\"\ntemperature = 0.8", "gaussian = { mean = " + mean + ", std = 0.4 }",
                          "at = [0, 0.05, 0.5, 3, 9]", "lower = -3.2\nupper = 3.2"};
    const SpectralRun run(problem, cells);
    const SpectralOperator& L = run.density.generator();
    REQUIRE(L.separable());
    const Eigen::VectorXd& s = L.root();
    const Eigen::VectorXd start = run.p[0].cwiseQuotient(s) - s;
    std::vector<Eigen::VectorXd> out;
    faber_series({L.size(), [&](const double* u, double* y) { L.apply(u, y); }}, {L.decay_bound(), 0}, start, run.spec.time.at, 1e-15, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      CAPTURE(i);
      CHECK((run.p[i].cwiseQuotient(s) - s - out[i]).norm() < 1e-12 * start.norm());
    }
  }
}

TEST_CASE("a coupled or circulating model is not taken for a separable one") {
  Problem problem = random_problem(2);
  CHECK_FALSE(SpectralRun(problem, "40").density.generator().separable());
  problem.model = "variables = [\"x\", \"y\"]\npotential = \"x^4/4 + y^4/4\"\ncirculation = \"exp(-x^2-y^2)\"\ntemperature = 0.7";
  CHECK_FALSE(SpectralRun(problem, "40").density.generator().separable());
}

TEST_CASE("the steady state stays") {
  Problem problem = random_problem(3);
  problem.initial = "steady_state = true";
  const SpectralRun run(problem, "48");
  for (std::size_t i = 0; i < run.p.size(); ++i) CHECK(run.at("kl", i) < 1e-24);
}

TEST_CASE("agreement with extrapolated Markov chains, coupled and circulating") {
  for (const unsigned seed : {1u, 2u}) {
    Problem problem = random_problem(seed);
    problem.time = "end = 1\nat = [0.2, 1]";
    const SpectralRun run(problem, "48");
    const VolumeRun volumes(problem, 128);
    for (const char* name : {"kl", "entropy", "mean_potential", "fisher_information"})
      for (std::size_t i = 1; i < 3; ++i) {
        const run::Richardson& value = volumes.values.at(name)[i];
        CAPTURE(seed, name, i, value.error, run.at(name, i), value.extrapolated);
        CHECK(std::abs(run.at(name, i) - value.extrapolated) < 0.1 * value.error + 1e-8);
      }
  }
}

TEST_CASE("Example 19: entropy production, and the same KL as the chain") {
  const Problem problem{"variables = [\"x\", \"y\"]\npotential = \"(x^2-1)^2/4 + y^2/2\"\nparameters = { lambda = 1.5 }\n"
                        "force = [\"-lambda*y*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)\", \"lambda*x*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)\"]\ntemperature = 1",
                        "gaussian = { mean = [-1, 1], std = 0.3 }", "end = 2\nat = [0.5, 2]", "lower = [-3.5, -5]\nupper = [3.5, 5]"};
  const SpectralRun run(problem, "56");
  CHECK(run.density.entropy_production() == Approx(0.6813816129 * 2.25).epsilon(2e-5)); // the box cuts off 5e-7 of the density
  const VolumeRun volumes(problem, 112);
  for (std::size_t i = 1; i < 3; ++i) {
    const run::Richardson& value = volumes.values.at("kl")[i];
    CHECK(std::abs(run.at("kl", i) - value.extrapolated) < 0.2 * value.error);
  }
}

TEST_CASE("same bits for one and two threads") {
  const Problem problem{"variables = [\"x\", \"y\", \"z\"]\npotential = \"(x^2-1)^2/4 + y^2/2 + z^2/2 + 0.3*x*y + 0.2*y*z\"\ncirculation = [[\"0\", \"0.3\", \"0\"], [\"-0.3\", \"0\", \"0\"], [\"0\", \"0\", \"0\"]]\ntemperature = 0.8",
                        "gaussian = { mean = [-0.5, 0.3, 0], std = 0.6 }", "end = 0.005\nat = [0.005]", "lower = [-3.4, -9, -9]\nupper = [3.4, 9, 9]"};
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const SpectralRun one(problem, "40", false);
  omp_set_num_threads(2);
  const SpectralRun two(problem, "40", false);
  omp_set_num_threads(before);
  CHECK(one.p.back() == two.p.back());
  CHECK(one.series.at("kl") == two.series.at("kl"));
  CHECK(one.series.at("fisher_information") == two.series.at("fisher_information"));
}

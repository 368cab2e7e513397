// Values of the theory sheet and closed forms, each to many more digits than finite volumes reach.
#include "spectral_run.hpp"

#include <catch2/catch.hpp>

using namespace spectral_test;

namespace {

Problem quartic(double T) {
  return {fmt::format("variables = [\"x\"]\npotential = \"(x^2-1)^2/4\"\ntemperature = {}", T), "gaussian = { mean = [-0.8], std = 0.2 }", "end = 1\nat = [1]",
          T < 0.2 ? "lower = [-2.5]\nupper = [2.5]" : "lower = [-3.4]\nupper = [3.4]"};
}

} // namespace

TEST_CASE("KL of the quartic double well at three temperatures") {
  struct Row { double T, kl; };
  for (const auto& [T, kl] : {Row{1, 0.0950293008514}, Row{0.5, 0.240562761794}, Row{0.1, 0.636137854571}}) {
    CAPTURE(T);
    const SpectralRun run(quartic(T), "96");
    CHECK(std::abs(run.at("kl", 1) - kl) < 2e-12);
  }
  CHECK(std::abs(SpectralRun(quartic(0.5), "96").at("dissipation", 1) + 0.236681706217) < 2e-11);
}

TEST_CASE("the error falls exponentially with the points") {
  const double exact = 0.240562761794;
  std::vector<double> error;
  for (const char* n : {"28", "42", "56"}) error.push_back(std::abs(SpectralRun(quartic(0.5), n, false).at("kl", 1) - exact));
  CAPTURE(error[0], error[1], error[2]);
  // Any fixed order p would gain 1.5^p and then 1.33^p: order 10 gives 58 and 18.
  CHECK(error[1] < error[0] / 58);
  CHECK(error[2] < error[1] / 18);
}

TEST_CASE("Ornstein-Uhlenbeck: every series in closed form") {
  const Problem problem{"variables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = 1", "gaussian = { mean = [2], std = 0.5 }",
                        "end = 5\nat = [0.5, 1, 5]", "lower = [-9]\nupper = [9]"};
  const SpectralRun run(problem, "96");
  CHECK(std::abs(run.at("kl", 0) - 2.318147180560) < 1e-11);
  CHECK(std::abs(run.at("kl", 1) - 0.759223594956) < 1e-11);
  CHECK(std::abs(run.at("kl", 2) - 0.273434935455) < 1e-11);
  CHECK(std::abs(run.at("kl", 3) - 9.080014938e-5) < 1e-13);
  CHECK(std::abs(run.at("fisher_information", 2) - 0.552807536557) < 1e-10);
  for (std::size_t i = 0; i < 4; ++i) {
    const double t = run.spec.time.at[i], mean = 2 * std::exp(-t), variance = 1 - 0.75 * std::exp(-2 * t);
    CAPTURE(t);
    CHECK(std::abs(run.at("mean", i) - mean) < 1e-11);
    CHECK(std::abs(run.at("covariance", i) - variance) < 1e-11);
    CHECK(std::abs(run.at("entropy", i) - 0.5 * std::log(2 * M_PI * std::exp(1.0) * variance)) < 1e-10);
    CHECK(std::abs(run.at("mean_potential", i) - (mean * mean + variance) / 2) < 1e-11);
    CHECK(std::abs(run.at("dissipation", i) + run.at("fisher_information", i)) < 1e-8);
  }
}

TEST_CASE("late times decay at the gap of the double well, by many orders") {
  Problem problem = quartic(1);
  problem.time = "end = 24\nat = [8, 10, 22, 24]";
  const SpectralRun run(problem, "72");
  CHECK(std::abs(std::log(run.at("kl", 1) / run.at("kl", 2)) / 4 - 0.7920884265794527) < 1e-6);
  CHECK(std::abs(std::log(run.at("kl", 3) / run.at("kl", 4)) / 4 - 0.7920884265794527) < 1e-6);
  CHECK(run.at("kl", 4) < 1e-16);
}

TEST_CASE("diffusion on a circle is a wrapped Gaussian, for even and odd numbers of points") {
  const Problem problem{"variables = [\"x\"]\npotential = \"0*x\"\ntemperature = 0.3", "gaussian = { mean = [1], std = 0.4 }", "end = 2\nat = [0.5, 2]",
                        "lower = [0]\nupper = [6.283185307179586]\nboundary = \"periodic\""};
  for (const char* n : {"40", "41"}) {
    const SpectralRun run(problem, n);
    for (std::size_t i = 0; i < 3; ++i) {
      const double variance = 0.16 + 0.6 * run.spec.time.at[i];
      double worst = 0;
      for (std::size_t k = 0; k < run.density.grid().size(); ++k) {
        double rho = 1 / (2 * M_PI);
        const double x = run.density.grid().axis(0).centre(k);
        for (int m = 1; m < 40; ++m) rho += std::cos(m * (x - 1)) * std::exp(-m * m * variance / 2) / M_PI;
        worst = std::max(worst, std::abs(run.p[i][static_cast<Eigen::Index>(k)] / run.density.grid().volume(k) - rho));
      }
      CAPTURE(n, i);
      CHECK(worst < (i ? 1e-9 : 1e-12));
    }
  }
}

TEST_CASE("walls in the middle of the density: drift and diffusion in a box, by its cosines") {
  // f = x with walls at 0 and 1: u = rho exp(x / 2T) obeys a heat equation; compare with finite volumes, extrapolated.
  const Problem problem{"variables = [\"x\"]\npotential = \"x\"\ntemperature = 0.5", "gaussian = { mean = [0.5], std = 0.1 }", "end = 0.3\nat = [0.02, 0.1, 0.3]",
                        "lower = [0]\nupper = [1]"};
  const SpectralRun run(problem, "48");
  const VolumeRun volumes(problem, 800);
  for (std::size_t i = 1; i < 4; ++i) CHECK(std::abs(run.at("kl", i) - volumes.values.at("kl")[i].extrapolated) < 1e-9);
}

TEST_CASE("a separable problem in three dimensions is a sum of three in one") {
  const Problem three{"variables = [\"x\", \"y\", \"z\"]\npotential = \"(x^2-1)^2/4 + y^2/2 + z^2\"\ntemperature = 1",
                     "gaussian = { mean = [-0.5, 0.5, 0.2], std = 0.6 }", "end = 1\nat = [0.3, 1]", "lower = -3.2\nupper = 3.2"};
  const SpectralRun run(three, "36");
  const char* potentials[] = {"(x^2-1)^2/4", "x^2/2", "x^2"};
  const double means[] = {-0.5, 0.5, 0.2};
  for (std::size_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (int a = 0; a < 3; ++a) {
      const Problem one{fmt::format("variables = [\"x\"]\npotential = \"{}\"\ntemperature = 1", potentials[a]), fmt::format("gaussian = {{ mean = [{}], std = 0.6 }}", means[a]),
                        three.time, "lower = -3.2\nupper = 3.2"};
      sum += SpectralRun(one, "36").at("kl", i);
    }
    CHECK(run.at("kl", i) == Approx(sum).epsilon(1e-8));
  }
}

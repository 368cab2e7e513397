// Noise D(x) as a matrix: closed forms of processes whose coordinates are bent, invariants on random models, agreement with chains.
#include "driftwell/spectral/spectral_gap.hpp"
#include "spectral_run.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <unsupported/Eigen/MatrixFunctions>

#include <array>
#include <random>

using namespace spectral_test;
using Eigen::Matrix2d;
using Eigen::Vector2d;

namespace {

/// Two independent Ornstein-Uhlenbeck processes X = x + 0.4 sin y, Y = y of rates 1.1 and 0.6, written in x and y: with J the
/// derivative of (X, Y), det J = 1, D = J^-1 J^-T and f is what it is in X and Y.
constexpr double rate_x = 1.1, rate_y = 0.6, bent_T = 0.5;
const Problem bent{"variables = [\"x\", \"y\"]\npotential = \"0.55*(x + 0.4*sin(y))^2 + 0.3*y^2\"\ninterpretation = \"anti_ito\"\n"
                   "diffusion = [[\"1 + 0.16*cos(y)^2\", \"-0.4*cos(y)\"], [\"-0.4*cos(y)\", \"1\"]]\ntemperature = 0.5",
                   "gaussian = { mean = [-0.8, 0.7], std = 0.5 }", "at = [0.1, 0.5, 2, 5]", "lower = [-6, -7.4]\nupper = [6, 7.4]"};

double X(const std::vector<double>& at) { return at[0] + 0.4 * std::sin(at[1]); }
double Y(const std::vector<double>& at) { return at[1]; }

template <class Function> double expectation(const SpectralRun& run, std::size_t output, const Function& f) {
  double sum = 0;
  for (std::size_t k = 0; k < run.density.grid().size(); ++k) sum += run.p[output][static_cast<Eigen::Index>(k)] * f(run.density.grid().centre(k));
  return sum;
}

/// A random quartic with a random positive definite D(x) = M(x) M(x)^T + 0.3, with a random circulation or none.
Problem random_noise(unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto r = [&] { return fmt::format("({:.4f})", uniform(random)); };
  std::string f = "0.3*x^4 + 0.3*y^4";
  for (const char* term : {"x", "y", "x^2", "y^2", "x*y", "x^3", "y^3", "x^2*y", "x*y^2"}) f += "+0.2*" + r() + "*" + term;
  std::array<std::string, 4> m;
  for (std::string& entry : m) entry = "(" + r() + "+" + r() + "*sin(0.7*x+" + r() + "*y)+0.5*" + r() + "*cos(y))";
  const std::string D11 = "0.3+" + m[0] + "^2+" + m[1] + "^2", D12 = m[0] + "*" + m[2] + "+" + m[1] + "*" + m[3], D22 = "0.3+" + m[2] + "^2+" + m[3] + "^2";
  const std::string turn = seed % 2 ? "\ncirculation = \"2*" + r() + "*exp(-x^2-y^2)\"" : "";
  return {"variables = [\"x\", \"y\"]\ninterpretation = \"anti_ito\"\npotential = \"" + f + "\"\ndiffusion = [[\"" + D11 + "\", \"" + D12 + "\"], [\"" + D12 + "\", \"" + D22 +
              "\"]]\ntemperature = 0.7" + turn,
          "gaussian = { mean = [0.3, -0.2], std = 0.35 }", "end = 2\noutputs = 21", "lower = -3\nupper = 3"};
}

} // namespace

TEST_CASE("bent coordinates: the moments of two Ornstein-Uhlenbeck processes, through a full matrix D(x)") {
  const SpectralRun run(bent, "76");
  REQUIRE(run.density.generator().tensor());
  const auto odd = [](const std::vector<double>& at) { return X(at) * (Y(at) * Y(at) - bent_T / rate_y); };
  const auto square = [](const std::vector<double>& at) { return X(at) * X(at) - bent_T / rate_x; };
  for (std::size_t i = 1; i < run.p.size(); ++i) {
    const double t = run.spec.time.at[i];
    CAPTURE(t);
    CHECK(std::abs(expectation(run, i, X) - std::exp(-rate_x * t) * expectation(run, 0, X)) < 1e-9);
    CHECK(std::abs(expectation(run, i, Y) - std::exp(-rate_y * t) * expectation(run, 0, Y)) < 1e-9);
    CHECK(std::abs(expectation(run, i, square) - std::exp(-2 * rate_x * t) * expectation(run, 0, square)) < 1e-9);
    CHECK(std::abs(expectation(run, i, odd) - std::exp(-(rate_x + 2 * rate_y) * t) * expectation(run, 0, odd)) < 1e-9);
  }
  const auto gap = spectral_gap(run.density.generator());
  REQUIRE(gap);
  CHECK(gap->value.real() == Approx(-rate_y).epsilon(1e-8));
  CHECK(gap->value.imag() == 0);
}

TEST_CASE("a constant full matrix, turning: Gaussian all the time, KL in closed form") {
  // dx = -(D + Q) H x dt + sqrt(2 T D) dW
  const double T = 0.4, q = 0.7;
  const Matrix2d D = (Matrix2d() << 1, 0.6, 0.6, 0.5).finished(), H = (Matrix2d() << 1.2, 0.3, 0.3, 0.9).finished(), Q = (Matrix2d() << 0, q, -q, 0).finished();
  const Problem problem{"variables = [\"x\", \"y\"]\npotential = \"0.6*x^2 + 0.3*x*y + 0.45*y^2\"\ninterpretation = \"anti_ito\"\n"
                        "diffusion = [[\"1\", \"0.6\"], [\"0.6\", \"0.5\"]]\ncirculation = \"0.7\"\ntemperature = 0.4",
                        "gaussian = { mean = [0.6, -0.5], std = 0.5 }", "at = [0.1, 0.5, 2, 6]", "lower = -5\nupper = 5"};
  const SpectralRun run(problem, "56");
  const Matrix2d steady = T * H.inverse();
  for (std::size_t i = 0; i < run.p.size(); ++i) {
    const double t = run.spec.time.at[i];
    const Matrix2d E = Matrix2d(-(D + Q) * H * t).exp();
    const Vector2d mean = E * Vector2d(0.6, -0.5);
    const Matrix2d S = steady + E * (0.25 * Matrix2d::Identity() - steady) * E.transpose(), ratio = steady.inverse() * S;
    const double kl = (ratio.trace() - 2 - std::log(ratio.determinant()) + mean.dot(steady.inverse() * mean)) / 2;
    CAPTURE(t, kl);
    CHECK(std::abs(run.at("kl", i) - kl) < 1e-10 + 1e-7 * kl);
    CHECK(std::abs(run.series.at("mean")[i][0] - mean[0]) < 1e-10);
    CHECK(std::abs(run.series.at("covariance")[i][1] - S(0, 1)) < 1e-9);
  }
  // E[j . D^-1 j] / T, j = -Q H x: tr((QH)^T D^-1 Q H steady) / T
  const double production = ((Q * H).transpose() * D.inverse() * (Q * H) * steady).trace() / T;
  CHECK(run.density.entropy_production() == Approx(production).epsilon(1e-9));
}

TEST_CASE("random D(x): mass 1, KL falls, F - F_ss = T KL, dKL/dt = -T I") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    const SpectralRun run(random_noise(seed), "48");
    REQUIRE(run.density.generator().tensor());
    check_invariants(run, 1e-5);
  }
}

TEST_CASE("noise that turns with the place: finite volumes, extrapolated, say the same within their error bar") {
  const std::string c = "cos(0.5*x+0.3*y)", s = "sin(0.5*x+0.3*y)";
  const Problem problem{"variables = [\"x\", \"y\"]\ninterpretation = \"anti_ito\"\npotential = \"(x^2-1)^2/4 + y^2/2\"\ntemperature = 0.5\ndiffusion = [[\"" + c + "^2+0.2*" + s + "^2\", \"0.8*" + c + "*" + s +
                            "\"], [\"0.8*" + c + "*" + s + "\", \"" + s + "^2+0.2*" + c + "^2\"]]",
                        "gaussian = { mean = [-1, 0.5], std = 0.3 }", "at = [0.3, 1, 4]", "lower = -3.2\nupper = 3.2"};
  const SpectralRun run(problem, "56");
  const VolumeRun volumes(problem, 128);
  for (std::size_t i = 1; i < run.p.size(); ++i) {
    const run::Richardson& other = volumes.values.at("kl")[i];
    CAPTURE(i, run.at("kl", i), other.extrapolated);
    CHECK(std::abs(run.at("kl", i) - other.extrapolated) < other.error);
    CHECK(std::abs(run.at("kl", i) - other.extrapolated) < 1e-3 * run.at("kl", i));
  }
}

TEST_CASE("around two periods, and in three dimensions") {
  // f = 0: E cos(x) etc. have no closed form, but the uniform state is steady and dKL/dt = -T I.
  const Problem torus{"variables = [\"x\", \"y\"]\ninterpretation = \"anti_ito\"\npotential = \"0.3*cos(x)*sin(y)\"\ntemperature = 0.5\n"
                      "diffusion = [[\"1.2+cos(y)\", \"0.3*sin(x)\"], [\"0.3*sin(x)\", \"1\"]]",
                      "gaussian = { mean = [3, 3], std = 0.6 }", "at = [0.2, 1, 4]", "lower = 0\nupper = 6.283185307179586\nboundary = \"periodic\""};
  const SpectralRun even(torus, "40"), odd(torus, "41");
  const Problem solid{"variables = [\"x\", \"y\", \"z\"]\ninterpretation = \"anti_ito\"\npotential = \"x^2/2 + y^2/2 + z^2/2 + 0.1*x*y*z + 0.1*(x^4+y^4+z^4)\"\ntemperature = 0.6\n"
                      "diffusion = [[\"1\", \"0.3*sin(z)\", \"0\"], [\"0.3*sin(z)\", \"0.8\", \"0.2*sin(x)\"], [\"0\", \"0.2*sin(x)\", \"1.1\"]]",
                      "gaussian = { mean = [0.3, -0.2, 0.4], std = 0.6 }", "at = [0.3, 1]", "lower = -3.4\nupper = 3.4"};
  const SpectralRun fine(solid, "30"), coarse(solid, "24");
  for (std::size_t i = 1; i < even.p.size(); ++i) {
    CHECK(std::abs(even.at("kl", i) - odd.at("kl", i)) < 1e-9);
    CHECK(std::abs(even.at("dissipation", i) + 0.5 * even.at("fisher_information", i)) < 1e-8);
  }
  for (std::size_t i = 1; i < fine.p.size(); ++i) {
    CHECK(std::abs(fine.at("kl", i) - coarse.at("kl", i)) < 1e-5 * fine.at("kl", i));
    CHECK(std::abs(fine.at("dissipation", i) + 0.6 * fine.at("fisher_information", i)) < 1e-6);
  }
}

TEST_CASE("noise 100 : 1: bars from the file cover the error, also where coefficients fall slowly") {
  // Where the noise is nearly parallel to a wall its layer is thinner than the points, and the error does not fall exponentially.
  const std::string c = "cos(x/2+0.3*y)", s = "sin(x/2+0.3*y)", off = "0.99*" + c + "*" + s;
  const Problem problem{"variables = [\"x\", \"y\"]\ninterpretation = \"anti_ito\"\npotential = \"(x^2-1)^2/4 + y^2/2\"\ntemperature = 0.5\ndiffusion = [[\"" + c + "^2+0.01*" + s + "^2\", \"" + off +
                            "\"], [\"" + off + "\", \"" + s + "^2+0.01*" + c + "^2\"]]",
                        "gaussian = { mean = [-1, 0.5], std = 0.3 }", "at = [0.1, 0.2, 1]", "lower = -3.2\nupper = 3.2"};
  const SpectralRun truth(problem, "96"), run(problem, "56"), coarse(problem, "42");
  for (std::size_t i = 1; i < run.p.size(); ++i) {
    const double error = std::abs(run.at("kl", i) - truth.at("kl", i)), last = std::abs(run.at("kl", i) - coarse.at("kl", i));
    CAPTURE(i, error, last);
    CHECK(error < 1e-5);
    CHECK(error < std::max(last, std::min(10 * last, run.density.unresolved(run.p[i]) * run.at("kl", i))) + 1e-9);
  }
}

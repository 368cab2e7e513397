// The slowest eigenvalue against closed forms, and against all eigenvalues of the matrix.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/spectral/spectral_gap.hpp"
#include "random_quartic.hpp"

#include <catch2/catch.hpp>

using namespace spectral_test;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

SpectralOperator operator_of(const Problem& problem, const std::string& cells) {
  const input::Spec spec = read(problem, cells);
  return {run::build_model(spec), run::build_grid(*spec.fokker_planck)};
}

Problem problem(const std::string& variables, const std::string& model, const std::string& box) {
  return {fmt::format("variables = {}\n{}", variables, model), "steady_state = true", "end = 1", box};
}

/// From the matrix, without the steady state.
std::complex<double> slowest(const SpectralOperator& L) {
  const auto n = static_cast<Index>(L.size());
  MatrixXd matrix(n, n);
  for (Index k = 0; k < n; ++k) {
    const Eigen::VectorXd unit = Eigen::VectorXd::Unit(n, k);
    L.apply(unit.data(), matrix.col(k).data());
  }
  const driftwell::GeneralEigen solver(matrix, false);
  std::vector<std::complex<double>> values;
  for (Index k = 0; k < n; ++k) values.push_back(solver.eigenvalues()[k]);
  std::sort(values.begin(), values.end(), [](auto a, auto b) { return std::abs(a) < std::abs(b); });
  values.erase(values.begin());
  std::sort(values.begin(), values.end(), [](auto a, auto b) { return a.real() > b.real() + 1e-12 || (std::abs(a.real() - b.real()) <= 1e-12 && a.imag() > b.imag()); });
  return values[0];
}

} // namespace

TEST_CASE("the gap of Ornstein-Uhlenbeck processes, still and turning") {
  const auto still = spectral_gap(operator_of(problem(R"(["x", "y", "z"])", "potential = \"0.7*x^2/2 + y^2 + z^2/2 + 0.1*y*z\"\ntemperature = 0.5", "lower = -6\nupper = 6"), "36"));
  REQUIRE(still);
  CHECK(still->value.real() == Approx(-0.7).epsilon(1e-7));
  CHECK(still->value.imag() == 0);
  // b = -(1 + w J) x has eigenvalues -1 +- i w
  const auto turning = spectral_gap(operator_of(problem(R"(["x", "y"])", "potential = \"x^2/2 + y^2/2\"\nforce = [\"-1.3*y\", \"1.3*x\"]\ntemperature = 0.5", "lower = -6\nupper = 6"), "48"));
  REQUIRE(turning);
  CHECK(turning->value.real() == Approx(-1).epsilon(1e-7));
  CHECK(turning->value.imag() == Approx(1.3).epsilon(1e-7));
  CHECK(turning->products < 150);
}

TEST_CASE("gaps of the double well, with and without circulation, to the digits of the theory") {
  const std::string well = "(x^2-1)^2/4", plane = "potential = \"(x^2-1)^2/4 + y^2/2\"\ntemperature = 1";
  for (const auto& [beta, value] : {std::pair{1.0, 0.7920884265794527}, {5.0, 0.1347779837473546}, {10.0, 0.03354528730800061}}) {
    CAPTURE(beta);
    const auto gap = spectral_gap(operator_of(problem(R"(["x"])", fmt::format("potential = \"{}\"\ntemperature = {}", well, 1 / beta), beta > 1 ? "lower = -3\nupper = 3" : "lower = -4.5\nupper = 4.5"), "80"));
    REQUIRE(gap);
    CHECK(-gap->value.real() == Approx(value).epsilon(1e-8));
  }
  const std::string turn = "{0}*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)";
  for (const auto& [lambda, value] : {std::pair{0.5, std::complex<double>(-0.912040, 0.199716)}, {1.5, {-1.038601, 0.669975}}}) {
    CAPTURE(lambda);
    const std::string force = fmt::format(fmt::runtime("force = [\"-y*" + turn + "\", \"x*" + turn + "\"]"), lambda);
    const auto gap = spectral_gap(operator_of(problem(R"(["x", "y"])", plane + "\n" + force, "lower = [-3.6, -6.5]\nupper = [3.6, 6.5]"), "[60, 68]"));
    REQUIRE(gap);
    CHECK(std::abs(gap->value - value) < 2e-6);
  }
}

TEST_CASE("the gap of random models is that of the matrix") {
  for (const unsigned seed : {7u, 8u}) { // 26 points are enough for these two
    CAPTURE(seed);
    const SpectralOperator L = operator_of(random_problem(seed), "26");
    const auto gap = spectral_gap(L);
    REQUIRE(gap);
    const std::complex<double> truth = slowest(L);
    CAPTURE(truth, gap->value, gap->products);
    CHECK(std::abs(gap->value - truth) < (L.reversible() ? 1 : 20) * gap->residual + 1e-9);
  }
}

TEST_CASE("gaps do not depend on the points once these resolve the model, and take few products") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const auto fine = spectral_gap(operator_of(random_problem(seed), "48")), coarse = spectral_gap(operator_of(random_problem(seed), "40"));
    REQUIRE(fine);
    REQUIRE(coarse);
    CHECK(std::abs(fine->value - coarse->value) < 1e-7);
    CHECK(fine->products < 100);
  }
}

TEST_CASE("a gap that cannot be had is not guessed") {
  CHECK_FALSE(spectral_gap(operator_of(random_problem(1), "26"), 8));
}

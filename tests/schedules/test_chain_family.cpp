// Chains of one model at many temperatures: the shortcut against the chain built from the model.
#include "driftwell/generator/chain_family.hpp"
#include "engine.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace engine;

namespace {

double worst(const VectorXd& a, const VectorXd& b) {
  double most = 0;
  for (Index k = 0; k < a.size(); ++k)
    if (a[k] != b[k]) most = std::max(most, std::abs(a[k] - b[k]) / std::max(std::abs(a[k]), std::abs(b[k])));
  return most;
}

struct Case {
  ModelText text;
  std::vector<Axis> axes;
};

std::vector<Case> cases() {
  const Axis x = axis(-2, 2.5, 40), angle = ring(0, 2 * M_PI, 32);
  return {{{{"x"}, "(x^2-1)^2/4"}, {x}},
          {{{"x"}, "x^2/2", {}, {"1+x^2"}}, {x}},
          {{{"x"}, "x^2/2", {}, {"1+x^2"}, 1, Interpretation::stratonovich}, {x}},
          {{{"x"}, "x^2/2", {}, {"1+x^2"}, 1, Interpretation::anti_ito}, {x}},
          {{{"a"}, "cos(a) - 0.3*a"}, {angle}},
          {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-1.5*y", "1.5*x"}, {"1 + 0.1*x^2", "0.3"}}, {x, axis(-2, 2, 24)}},
          {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 1, Interpretation::anti_ito, {{"1", "0.4*sin(x)"}, {"0.4*sin(x)", "0.5"}}}, {axis(-2, 2, 12), axis(-2, 2, 12)}},
          {{{"x", "y"}, "x^2/2 + cos(pi*y)", {"sin(pi*y)", "0"}, {}, 1, Interpretation::ito, {{"1", "0.3"}, {"0.3", "0.5"}}}, {axis(-2, 2, 12), ring(0, 2, 10)}}};
}

} // namespace

TEST_CASE("chains between two temperatures are those built from the model") {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> temperature(0.05, 1.3);
  for (const Case& c : cases()) {
    CAPTURE(c.text.potential);
    const Model m = model(c.text);
    const Grid grid(c.axes);
    const ChainFamily family(m, grid, 0.05, 1.3);
    REQUIRE(family.interpolates());
    for (int trial = 0; trial < 5; ++trial) {
      const double T = temperature(random);
      const Stencil fast = family.rates(T);
      const Generator slow = build_generator(m.with_temperature(T), grid);
      CHECK(slow.temperature() == T);
      for (std::size_t a = 0; a < c.axes.size(); ++a) {
        CHECK(worst(fast.edges()[a].up, slow.rates().edges()[a].up) < 1e-12);
        CHECK(worst(fast.edges()[a].down, slow.rates().edges()[a].down) < 1e-12);
      }
      REQUIRE(fast.links().same_pairs(slow.rates().links()));
      CHECK(worst(fast.links().up, slow.rates().links().up) < 1e-12);
      CHECK(worst(fast.links().down, slow.rates().links().down) < 1e-12);
      CHECK(dense(fast).colwise().sum().cwiseAbs().maxCoeff() < 1e-12 * dense(fast).cwiseAbs().maxCoeff());
      CHECK(family.reversible() == slow.reversible());
      if (!slow.reversible()) continue;
      const VectorXd difference = family.local_potential(T) - slow.local_potential();
      CHECK((difference.array() - difference[0]).abs().maxCoeff() < 1e-9);
    }
  }
}

TEST_CASE("where links cannot be inverted every chain is built from the model") {
  const auto check = [](const Model& m, const Grid& grid, double coldest) {
    const ChainFamily family(m, grid, coldest, 1);
    CHECK_FALSE(family.interpolates());
    const MatrixXd difference = dense(family.rates(0.4)) - dense(build_generator(m.with_temperature(0.4), grid).rates());
    CHECK(difference.cwiseAbs().maxCoeff() == 0);
  };
  check(model({{"x"}, "x^2/2"}), Grid({axis(-2, 2, 16, Boundary::reflecting, Boundary::absorbing)}), 0.1);
  check(model({{"x"}, "1000*x^2"}), Grid({axis(-3, 3, 12)}), 0.1); // rates underflow
}

TEST_CASE("a sum of generators is their sum") {
  const bool oblique = GENERATE(false, true);
  ModelText text{{"x", "a"}, "x^2/2 + cos(a)", {"sin(a)", "0.4"}};
  if (oblique) text.tensor = {{"1", "0.4"}, {"0.4", "0.3"}};
  const Model m = model(text);
  const Grid grid({axis(-2, 2, 8), ring(0, 2 * M_PI, 6)});
  const Stencil A = build_generator(m, grid).rates(), B = build_generator(m.with_temperature(0.3), grid).rates();
  const GeneratorSum sum{0.7, A, 0.2, B};
  const VectorXd s = (VectorXd::Random(A.diagonal().size()).array() + 1.5).matrix();
  const MatrixXd expected = s.cwiseInverse().asDiagonal() * (0.7 * dense(A) + 0.2 * dense(B)) * s.asDiagonal();
  CHECK((dense(sum.scaled(s)) - expected).cwiseAbs().maxCoeff() < 1e-13 * expected.cwiseAbs().maxCoeff());
  CHECK(sum.is_markov());
  CHECK_FALSE(GeneratorSum{0.1, A, -0.9, B}.is_markov());
  CHECK(sum.bound() >= (0.7 * dense(A) + 0.2 * dense(B)).eigenvalues().cwiseAbs().maxCoeff());
}

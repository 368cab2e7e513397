#include "bounds_cases.hpp"

#include "driftwell/bounds/tails.hpp"

using namespace bounds_cases;

TEST_CASE("growth of potentials of one variable") {
  const auto growth = [](const std::string& text) { return tails(in({"x"}, text), 1).growth; };
  CHECK(growth("(x^2-1)^2/4") == Growth::quadratic);
  CHECK(growth("x^2/2 + (1-cos(5*x))/4") == Growth::quadratic);
  CHECK(growth("x^2/2 + 3*abs(x)") == Growth::quadratic);
  CHECK(growth("exp(x^2)") == Growth::quadratic);
  CHECK(growth("exp(x) + exp(-x)") == Growth::quadratic);
  CHECK(growth("sqrt(1+x^2)") == Growth::linear);
  CHECK(growth("abs(x)^1.5") == Growth::linear);
  CHECK(growth("sqrt(abs(x))") == Growth::sublinear);
  CHECK(growth("log(1+x^2)") == Growth::sublinear);
  CHECK(growth("cos(x)") == Growth::unconfined);
  CHECK(growth("x") == Growth::unconfined);
  CHECK(growth("-x^2") == Growth::unconfined);
  CHECK(growth("log(x - 1)") == Growth::undefined);
}

TEST_CASE("what shells tell is true on them") {
  const Tails well = tails(in({"x"}, "(x^2-1)^2/4"), 1, 0, 6);
  REQUIRE(well.shells.size() == 6);
  for (const Shell& shell : well.shells) {
    const double r = shell.inner;
    CHECK(shell.least_curvature <= 3 * r * r - 1);
    CHECK(shell.least_curvature >= 0.9 * (3 * r * r - 1));
    CHECK(shell.least_inward <= r * r - 1 + 1e-12);
    CHECK(shell.greatest_inward >= r * r - 1);
  }
  CHECK(well.convex_far_out);
  CHECK(well.confining);
  CHECK(well.exponent == Approx(4).epsilon(1e-2));
  const Tails kleinberg = tails(in({"x"}, "x^2/2 + (1-cos(5*x))/4"), 1);
  CHECK_FALSE(kleinberg.convex_far_out);
  CHECK(kleinberg.confining);
  CHECK_FALSE(tails(in({"x"}, "cos(x)"), 1).confining);
}

TEST_CASE("growth in the slowest direction") {
  const auto of = [](const std::string& text) { return tails(in({"x", "y"}, text), 2, 0, 9); };
  CHECK(of("(x^2-1)^2/4 + y^2/2").growth == Growth::quadratic);
  CHECK(of("(x^2-1)^2/4 + y^2/2").confining);
  CHECK_FALSE(of("(x^2-1)^2/4 + y^2/2").convex_far_out); // x = 0, y large
  CHECK(of("x^2 + sqrt(1 + y^2)").growth == Growth::linear);
  CHECK(of("x^2").growth == Growth::unconfined);
  CHECK(of("x^2*y^2").growth == Growth::unconfined);
  CHECK(of("x^2/2 + y^2/2 + 0.9*x*y").convex_far_out);
  CHECK_FALSE(of("x^2/2 + y^2/2 + 1.1*x*y").confining);
  CHECK_THROWS_AS(tails(Expression(0.0), 0), std::invalid_argument);
  CHECK_THROWS_AS(tails(Expression(0.0), 1, 3, 3), std::invalid_argument);
}

// Circulations given as Q or as a stream function: the steady state stays exp(-f/T) to round-off, whatever the strength.
#include "engine.hpp"

#include <catch2/catch.hpp>

using namespace engine;

namespace {

double residual(const Generator& generator, const VectorXd& p) {
  return (generator.rates() * p).cwiseAbs().sum() / (2 * (-generator.rates().diagonal().array() * p.array()).sum());
}

VectorXd gibbs(const Model& m, const Grid& grid) {
  VectorXd p = (-potential_on(m, grid) / m.temperature()).array().exp();
  for (std::size_t k = 0; k < grid.size(); ++k) p[static_cast<Index>(k)] *= grid.volume(k);
  return p / p.sum();
}

Axis stretched(double lower, double upper, std::size_t cells) {
  return axis(lower, upper, cells).stretched([](double s) { return s + 0.1 * std::sin(2 * M_PI * s); });
}

} // namespace

TEST_CASE("a circulation leaves the steady state exact for every strength") {
  for (const std::string strength : {"0.001", "1", "1000", "1000000"}) {
    CAPTURE(strength);
    const std::string q = strength + "*(1+0.5*sin(x*y))";
    struct Case { ModelText text; Grid grid; };
    const std::string f2 = "(x^2-1)^2/4 + y^2/2 + 0.2*x*y", f3 = "x^4/4 + y^2/2 + z^2 + x*y*z/5";
    const std::vector<std::vector<std::string>> Q2{{"0", q}, {"-(" + q + ")", "0"}};
    const std::vector<std::vector<std::string>> D2{{"1", "0.6*cos(x)"}, {"0.6*cos(x)", "1"}};
    const std::vector<std::vector<std::string>> Q3{{"0", q, "-z"}, {"-(" + q + ")", "0", "x^2"}, {"z", "-x^2", "0"}};
    const std::vector<Case> cases{
        {{{"x", "y"}, f2, {}, {}, 0.5, Interpretation::ito, {}, Q2}, Grid({axis(-2, 2, 30), axis(-2, 2.5, 27)})},
        {{{"x", "y"}, f2, {}, {}, 0.5, Interpretation::ito, {}, Q2}, Grid({stretched(-2, 2, 30), stretched(-2, 2.5, 27)})},
        {{{"x", "y"}, f2, {}, {}, 0.5, Interpretation::anti_ito, D2, Q2}, Grid({axis(-2, 2, 30), axis(-2, 2.5, 27)})},
        {{{"x", "y"}, f2, {}, {}, 0.5, Interpretation::anti_ito, // offsets without the axes
          {{"cos(x/2)^2+0.01*sin(x/2)^2", "0.99*cos(x/2)*sin(x/2)"}, {"0.99*cos(x/2)*sin(x/2)", "sin(x/2)^2+0.01*cos(x/2)^2"}}, Q2},
         Grid({axis(-2, 2, 30), axis(-2, 2.5, 27)})},
        {{{"x", "y"}, "cos(x)+y^2/2", {}, {"1+0.5*cos(x)", "1"}, 0.5, Interpretation::anti_ito, {}, {{"0", strength + "*cos(x)"}, {"-" + strength + "*cos(x)", "0"}}},
         Grid({ring(0, 2 * M_PI, 24), axis(-2, 2, 20)})},
        {{{"x", "y", "z"}, f3, {}, {}, 0.5, Interpretation::ito, {}, Q3}, Grid({axis(-2, 2, 10), axis(-2, 2, 9), axis(-2, 2, 11)})}};
    for (const Case& c : cases) {
      const Model m = model(c.text);
      const Generator generator = build_generator(m, c.grid);
      REQUIRE(generator.steady_known());
      CHECK(!generator.reversible());
      const MatrixXd Q = dense(generator.rates());
      CHECK(Q.colwise().sum().cwiseAbs().maxCoeff() < 1e-12 * Q.cwiseAbs().maxCoeff());
      CHECK((Q - MatrixXd(Q.diagonal().asDiagonal())).minCoeff() >= 0);
      CHECK(residual(generator, gibbs(m, c.grid)) < 1e-13);
      const SteadyState steady = steady_state(generator);
      CHECK((steady.p - gibbs(m, c.grid)).cwiseAbs().sum() < 1e-12);
      CHECK(entropy_production(generator, steady) > 0);
    }
  }
}

TEST_CASE("the flows of a stream function are those of the force written out: Example 19") {
  // J Z = lambda e^{-|x|^4/4} (-y, x) = (d_y psi, -d_x psi) with psi = -(lambda/2) int e^{-s^2/4} ds, s = |x|^2
  const std::string psi = "-0.75*sqrt(pi)*erf((x^2+y^2)/2)", f = "(x^2-1)^2/4 + y^2/2";
  const std::string q = psi + "*exp(" + f + ")", factor = "1.5*exp((x^2-1)^2/4 + y^2/2 - (x^2+y^2)^2/4)";
  const Model given = model({{"x", "y"}, f, {}, {}, 1, Interpretation::ito, {}, {{"0", q}, {"-(" + q + ")", "0"}}});
  const Model written = model({{"x", "y"}, f, {"-y*" + factor, "x*" + factor}});
  std::vector<double> gap, production, difference;
  for (const std::size_t cells : {60u, 120u}) {
    const Grid grid({axis(-3.5, 3.5, cells), axis(-5, 5, cells)});
    const Generator a = build_generator(given, grid), b = build_generator(written, grid);
    const SteadyState pa = steady_state(a), pb = steady_state(b);
    difference.push_back((pa.p - pb.p).cwiseAbs().sum());
    gap.push_back(leading_eigenvalues(a, pa, 1)[0].real());
    production.push_back(entropy_production(a, pa));
    const auto ja = steady_current(a, pa), jb = steady_current(b, pb);
    if (cells == 120) CHECK((ja[0] - jb[0]).cwiseAbs().maxCoeff() < 5e-3 * jb[0].cwiseAbs().maxCoeff());
  }
  CHECK(difference[0] / difference[1] == Approx(4).epsilon(0.1)); // the written force is second order, the stream function exact
  CHECK(extrapolated(gap[1], gap[0]) == Approx(-1.038601).epsilon(2e-4));
  CHECK(extrapolated(production[1], production[0]) == Approx(0.6813816129 * 2.25).epsilon(2e-4));
}

TEST_CASE("entropy production with a full matrix: an Ornstein-Uhlenbeck process with constant Q") {
  // anti-Ito, f = |x|^2/2, D constant: j = -Q x, beta E[j^T D^-1 j] = tr(Q^T D^-1 Q) = q^2 tr D / det D.
  const Model m = model({{"x", "y"}, "(x^2+y^2)/2", {}, {}, 0.5, Interpretation::anti_ito, {{"1", "0.6"}, {"0.6", "0.8"}}, {{"0", "0.7"}, {"-0.7", "0"}}});
  std::vector<double> production, gap;
  for (const std::size_t cells : {40u, 80u}) {
    const Grid grid({axis(-4, 4, cells), axis(-4, 4, cells)});
    const Generator generator = build_generator(m, grid);
    const SteadyState steady = steady_state(generator);
    production.push_back(entropy_production(generator, steady));
    gap.push_back(leading_eigenvalues(generator, steady, 1)[0].real());
  }
  CHECK(extrapolated(production[1], production[0]) == Approx(0.49 * 1.8 / 0.44).epsilon(2e-3));
  // drift -(D + Q) x: eigenvalues -0.9 +- i sqrt(0.49 + 0.44 - 0.81)
  CHECK(extrapolated(gap[1], gap[0]) == Approx(-0.9).epsilon(3e-2));
}

TEST_CASE("stretched axes: second order, with the eigenvalues of theory") {
  const Model m = model({{"x"}, "(x^2-1)^2/4", {}, {}, 0.2});
  std::vector<double> gap;
  for (const std::size_t cells : {100u, 200u, 400u}) {
    const Grid grid({axis(-3, 3, cells).stretched([](double s) { return 0.5 + 0.5 * std::sinh(1.5 * (2 * s - 1)) / std::sinh(1.5); })});
    const Generator generator = build_generator(m, grid);
    gap.push_back(leading_eigenvalues(generator, steady_state(generator), 1)[0].real());
  }
  const double order = std::log2((gap[0] - gap[1]) / (gap[1] - gap[2]));
  CHECK(order == Approx(2).margin(0.05));
  CHECK(extrapolated(gap[2], gap[1]) == Approx(-0.1347779837473546).epsilon(1e-6));
  const Grid grid({axis(-3, 3, 120).stretched([](double s) { return s + 0.1 * std::sin(2 * M_PI * s); }), axis(-4, 4, 90)});
  const Model two = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.2});
  const Generator generator = build_generator(two, grid);
  CHECK(generator.reversible());
  CHECK(steady_state(generator).log_partition == Approx(std::log(1.789459492354 * std::sqrt(2 * M_PI * 0.2))).epsilon(1e-3));
}

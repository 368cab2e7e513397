// Convexifications against brute force; constants on a line against eigenvalues, trial densities and closed forms.
#include "bounds/convexification_parts.hpp"
#include "bounds/legendre.hpp"
#include "bounds_cases.hpp"
#include "driftwell/bounds/log_sobolev.hpp"
#include "driftwell/core/eigen_systems.hpp"

using namespace bounds_cases;

namespace {

std::vector<double> values_on(const Expression& f, const Interval& domain, std::size_t cells) {
  const Tape tape({f}, 1);
  std::vector<double> values;
  for (std::size_t i = 0; i <= cells; ++i)
    values.push_back(tape(std::vector<double>{domain.lower + (domain.upper - domain.lower) * static_cast<double>(i) / static_cast<double>(cells)})[0]);
  return values;
}

/// The slow and obvious one: the envelope at a point is the least chord over it; the best of many kappa.
double brute_force_rho(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  const std::vector<double> values = values_on(f, domain, cells);
  const double step = (domain.upper - domain.lower) / static_cast<double>(cells);
  double best = 0;
  for (double kappa = 1e-2; kappa < 50; kappa *= 1.05) {
    std::vector<double> g = values;
    for (std::size_t i = 0; i <= cells; ++i) g[i] -= 0.5 * kappa * std::pow(domain.lower + step * static_cast<double>(i), 2);
    double oscillation = 0;
    for (std::size_t i = 0; i <= cells; ++i)
      for (std::size_t a = 0; a <= i; ++a)
        for (std::size_t b = i; b <= cells; ++b) {
          const double chord = a == b ? g[a] : g[a] + (g[b] - g[a]) * static_cast<double>(i - a) / static_cast<double>(b - a);
          oscillation = std::max(oscillation, g[i] - chord);
        }
    best = std::max(best, kappa / temperature * std::exp(-oscillation / temperature));
  }
  return best;
}

/// lambda_P by finite volumes: rates exp(-(f_j - f_i)/2T)/h^2, symmetric form.
double poincare_by_eigenvalues(const Expression& f, double temperature, const Interval& domain, std::size_t cells) {
  const double step = (domain.upper - domain.lower) / static_cast<double>(cells);
  const std::vector<double> values = values_on(f, {domain.lower + step / 2, domain.upper - step / 2}, cells - 1);
  Eigen::VectorXd diagonal = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(cells)), off(static_cast<Eigen::Index>(cells - 1));
  for (std::size_t i = 0; i + 1 < cells; ++i) {
    const auto k = static_cast<Eigen::Index>(i);
    const double jump = (values[i + 1] - values[i]) / (2 * temperature);
    off(k) = -1 / (step * step);
    diagonal(k) += std::exp(-jump) / (step * step);
    diagonal(k + 1) += std::exp(jump) / (step * step);
  }
  return driftwell::SymmetricEigen(diagonal, off, Eigen::EigenvaluesOnly).eigenvalues()(1);
}

/// I/(2 KL) of densities proportional to exp(-f/T + a x) (b: + b x^2): rho_LS is at most the least of them.
double least_trial_ratio(const Expression& f, double temperature, const Interval& domain) {
  constexpr std::size_t n = 4000;
  const std::vector<double> values = values_on(f, domain, n);
  double least = 1e300;
  for (double a = -3; a <= 3; a += 0.25)
    for (double b = -0.4; b <= 0.4; b += 0.1) {
      double z = 0, zt = 0, entropy = 0, fisher = 0;
      for (std::size_t i = 0; i <= n; ++i) {
        const double x = domain.lower + (domain.upper - domain.lower) * static_cast<double>(i) / n, tilt = a * x + b * x * x;
        const double p = std::exp(-values[i] / temperature), q = p * std::exp(tilt);
        z += p;
        zt += q;
        entropy += q * tilt;
        fisher += q * std::pow(a + 2 * b * x, 2);
      }
      const double kl = entropy / zt - std::log(zt / z);
      if (kl > 1e-8) least = std::min(least, fisher / zt / (2 * kl));
    }
  return least;
}

const std::vector<std::string> wells{"(x^2-1)^2/4", "x^4/4", "x^2/2 + (1-cos(5*x))/4", "x^2/2 + 0.3*sin(3*x)", "sqrt(1+x^2)"};

} // namespace

TEST_CASE("convex potentials: Bakry and Emery's constant at least") {
  for (const double t : {1.0, 0.25}) {
    for (const Interval& domain : {Interval(-4, 4), Interval::whole(), Interval(0, Interval::infinity)}) {
      const Convexification c = best_convexification(in({"x"}, "3*x^2/2"), t, domain);
      REQUIRE(c.holds);
      CHECK(c.rho == Approx(3 / t).epsilon(1e-12));
      CHECK(c.rho <= 3 / t);
      CHECK(c.oscillation == 0);
    }
    CHECK(best_convexification(in({"x"}, "x^2 + x^4"), t, Interval(-3, 3)).rho >= 2 / t * (1 - 1e-12));
  }
}

TEST_CASE("the best convexification on a line agrees with brute force") {
  for (const std::string& text : wells)
    for (const double t : {1.0, 0.3}) {
      const Convexification c = best_convexification(in({"x"}, text), t, Interval(-2, 2.5));
      const double expected = brute_force_rho(in({"x"}, text), t, {-2, 2.5}, 60);
      INFO(fmt::format("{} at T = {}: rho {}, brute force {}", text, t, c.rho, expected));
      REQUIRE(c.holds);
      CHECK(c.rho == Approx(expected).epsilon(0.02));
      CHECK(c.rho == Approx(c.kappa / t * std::exp(-c.oscillation / t)).epsilon(1e-9));
    }
}

TEST_CASE("on the line the convex part must reach infinity") {
  const Convexification well = best_convexification(in({"x"}, "(x^2-1)^2/4"), 1, Interval::whole());
  CHECK(well.holds);
  CHECK(well.kappa == Approx(1).epsilon(1e-3)); // g = x^4/4 - (1 + kappa) x^2/2: osc = (1 + kappa)^2/4, kappa (1 + kappa) = 2 T
  CHECK(well.oscillation == Approx(1).epsilon(1e-3));
  for (const std::string text : {"sqrt(1+x^2)", "log(1+x^2)", "x", "-x^2"}) {
    const Convexification c = best_convexification(in({"x"}, text), 1, Interval::whole());
    CHECK_FALSE(c.holds);
    CHECK(c.rho == 0);
    CHECK_FALSE(c.reason.empty());
  }
  const Convexification corner = best_convexification(in({"x"}, "x^2/2 + abs(x - 0.3)"), 1, Interval(-4, 4));
  CHECK(corner.rho > 0.9); // 1, but for what the corner costs on the grid
  CHECK(corner.rho <= 1.3);
  CHECK_FALSE(best_convexification(in({"x"}, "where(x < 0, x^2, x^2 + 1)"), 1, Interval(-4, 4)).holds);
  CHECK_FALSE(best_convexification(in({"x"}, "1/x^2 + x^2"), 1, Interval(-4, 4)).holds);
  CHECK_THROWS_AS(best_convexification(in({"x"}, "x^2"), 0, Interval(-4, 4)), std::invalid_argument);
  CHECK_THROWS_AS(best_convexification(in({"x"}, "x^2"), 1, Interval::empty()), std::invalid_argument);
}

TEST_CASE("every lower bound is below every upper bound") {
  for (const std::string& text : wells)
    for (const double t : {1.0, 0.4, 0.15}) {
      const Expression f = in({"x"}, text);
      const Interval domain(-4, 4);
      const LineConstants line = line_constants(f, t, domain);
      const Convexification c = best_convexification(f, t, domain);
      const double gap = poincare_by_eigenvalues(f, t, domain, 500), trial = least_trial_ratio(f, t, domain);
      INFO(fmt::format("{} at T = {}: rho in [{}, {}], Holley-Stroock {}, lambda_P in [{}, {}], eigenvalue {}, trial densities {}", text, t,
                       line.log_sobolev.lower, line.log_sobolev.upper, c.rho, line.poincare.lower, line.poincare.upper, gap, trial));
      CHECK(line.poincare.lower <= gap * 1.01);
      CHECK(line.poincare.upper >= gap * 0.99);
      CHECK(line.poincare.upper <= 1.01 * line.poincare.lower);
      CHECK(line.log_sobolev.lower <= std::min(gap, trial) * 1.001);
      CHECK(line.log_sobolev.upper <= line.poincare.upper);
      CHECK(c.rho <= std::min({gap, trial, line.log_sobolev.upper}) * 1.001);
      CHECK(line.log_sobolev.lower <= line.log_sobolev.upper);
    }
}

TEST_CASE("constants on a line: closed forms and their scaling") {
  const LineConstants gauss = line_constants(in({"x"}, "x^2/2"), 1, {-8, 8});
  CHECK(gauss.log_sobolev.contains(1.0));
  CHECK(gauss.poincare.contains(1.0));
  CHECK(std::abs(gauss.median) < 0.01);
  const LineConstants uniform = line_constants(Expression(0.0), 1, {0, 1});
  CHECK(uniform.poincare.contains(M_PI * M_PI)); // both constants of a uniform law are pi^2
  CHECK(uniform.log_sobolev.contains(M_PI * M_PI));
  CHECK(uniform.median == Approx(0.5).margin(1e-3));
  // f(x/s) has constants over s^2; f/T depends on f/T alone
  const LineConstants wide = line_constants(in({"x"}, "x^2/8"), 1, {-16, 16}), warm = line_constants(in({"x"}, "3*x^2/2"), 3, {-8, 8});
  CHECK(wide.log_sobolev.lower == Approx(gauss.log_sobolev.lower / 4).epsilon(1e-9));
  CHECK(warm.poincare.upper == Approx(gauss.poincare.upper).epsilon(1e-9));
  // corners: the criteria alone. exp(-|x|) on the line has lambda_P = 1/4, and no log-Sobolev constant
  const LineConstants corner = line_constants(in({"x"}, "abs(x)"), 1, {-40, 40});
  CHECK(corner.poincare.contains(0.25 + std::pow(M_PI / 40, 2)));
  CHECK(corner.poincare.upper <= 8.5 * corner.poincare.lower);
  CHECK(corner.log_sobolev.upper < 0.2);
  CHECK_THROWS_AS(line_constants(in({"x"}, "where(x < 0, 0, 1)"), 1, {-1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(line_constants(in({"x"}, "log(x)"), 1, {-1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(line_constants(in({"x"}, "x^2"), 1, Interval::whole()), std::invalid_argument);
  CHECK_THROWS_AS(line_constants(in({"x"}, "x^2"), -1, {0, 1}), std::invalid_argument);
}

TEST_CASE("the Poincare constant of the double well at all temperatures") {
  for (const auto& [beta, gap] : {std::pair{1.0, 0.7920884265794527}, {5.0, 0.1347779837473546}, {10.0, 0.03354528730800061}}) {
    const LineConstants c = line_constants(in({"x"}, "(x^2-1)^2/4"), 1 / beta, {-3, 3});
    INFO(fmt::format("beta = {}: [{}, {}]", beta, c.poincare.lower / beta, c.poincare.upper / beta));
    CHECK(c.poincare.lower <= gap * beta * (1 + 1e-9)); // the walls at 3 change it by less
    CHECK(c.poincare.upper >= gap * beta * (1 - 1e-9));
    CHECK(c.poincare.upper <= gap * beta * (1 + 1e-6));
    CHECK(c.poincare.lower >= gap * beta * 0.9995);
  }
  // exp(-f/T) of the barrier 1e-22, of the walls 1e-700: nothing overflows
  const LineConstants cold = line_constants(in({"x"}, "(x^2-1)^2/4"), 0.005, {-2, 2});
  CHECK(cold.poincare.lower > 0);
  const double kramers = std::sqrt(2.0) / M_PI * std::exp(-50.0); // twice the rate over the barrier
  CHECK(0.005 * cold.poincare.upper == Approx(kramers).epsilon(0.02));
  CHECK(0.005 * cold.poincare.lower == Approx(kramers).epsilon(0.02));
  CHECK(cold.log_sobolev.lower > 0);
}

TEST_CASE("mixtures of wells: below every trial law, sharp where it is cold", "[slow]") {
  for (const std::string& text : std::vector<std::string>{"(x^2-1)^2/4", "(x^2-1)^2/4 + 0.15*x", "x^2/2 + (1-cos(5*x))/4", "(x^2-1)^2*(x^2-0.1)/2", "x^2*(x^2-4)^2/20"})
    for (const double t : {1.0, 0.3, 0.1, 0.04}) {
      const Expression f = in({"x"}, text);
      const Interval domain(-3, 3.2);
      const LowerBound best = log_sobolev_lower(f, t, {domain});
      const LineConstants line = line_constants(f, t, domain);
      const double trial = least_trial_ratio(f, t, domain), convex = best_convexification(f, t, domain).rho;
      INFO(fmt::format("{} at T = {}: {} by {}; lambda_P {}, trial laws {}, Holley-Stroock {}", text, t, best.rho, best.method, line.poincare.upper, trial, convex));
      CHECK(best.rho <= std::min(line.poincare.upper, trial) * (1 + 1e-3)); // of the quadrature of the trial laws
      CHECK(best.rho >= std::max(convex, line.log_sobolev.lower));
    }
  // Equal wells: the ratio to the gap, an upper bound of rho, tends to 1 as it gets colder; Holley and Stroock's tends to 0
  double before = 0.6;
  for (const double t : {0.2, 0.1, 0.05, 0.025, 0.0125}) {
    const Expression f = in({"x"}, "(x^2-1)^2/4");
    const LowerBound best = log_sobolev_lower(f, t, {Interval(-3, 3)});
    const double ratio = best.rho / line_constants(f, t, Interval(-3, 3)).poincare.lower;
    INFO(fmt::format("T = {}: {} of the gap, {}", t, ratio, best.method));
    CHECK(ratio > before);
    before = ratio;
  }
  CHECK(before > 0.99);
  CHECK(log_sobolev_lower(in({"x", "y"}, "(x^2-1)^2/4 + y^2"), 0.1, {{-3, 3}, {-3, 3}}).rho == log_sobolev_lower(in({"y"}, "(y^2-1)^2/4"), 0.1, {{-3, 3}}).rho);
  CHECK(log_sobolev_lower(in({"x"}, "where(x < 0, 0, 5)"), 1, {{-1, 1}}).rho == 0);
}

TEST_CASE("variables that are not coupled are taken apart") {
  const Expression f = in({"x", "y", "z", "u"}, "x^2*z + y^4 + exp(u) + z^2");
  CHECK(coupled_variables(f, 4) == std::vector<std::vector<std::size_t>>{{0, 2}, {1}, {3}});
  CHECK(coupled_variables(in({"x", "y"}, "(x + y)^2 - 2*x*y"), 2).size() <= 2);
  const Box box{{-3, 3}, {-3, 3}};
  const Convexification both = best_convexification(in({"x", "y"}, "(x^2-1)^2/4 + y^2/2"), 1, box);
  const Convexification one = best_convexification(in({"x"}, "(x^2-1)^2/4"), 1, Interval(-3, 3));
  CHECK(both.rho == one.rho);
  const Convexification flat = best_convexification(in({"x", "y"}, "(x^2-1)^2/4 + y^2/20"), 1, box); // the flat axis is slower
  CHECK(flat.rho == Approx(best_convexification(in({"x"}, "x^2/20"), 1, Interval(-3, 3)).rho).epsilon(1e-9));
  CHECK(flat.rho >= 0.1);
  CHECK(flat.rho <= 0.35); // about pi^2/36 + 1/20
}

TEST_CASE("Legendre transforms on a grid") {
  const auto spaced = [](double first, double step, std::size_t count) {
    GridPoints points;
    for (std::size_t i = 0; i < count; ++i) points.push_back(first + step * static_cast<double>(i));
    return points;
  };
  GridFunction f{{spaced(-1, 0.1, 21), spaced(-2, 0.25, 17)}, {}};
  std::mt19937_64 random(4);
  for (std::size_t i = 0; i < 21 * 17; ++i) f.values.push_back(std::normal_distribution()(random));
  std::vector<GridPoints> slopes{spaced(-6, 0.7, 18), spaced(-3, 0.5, 13)};
  slopes[0][5] += 0.3; // need not be evenly spaced
  const GridFunction star = legendre(f, slopes);
  for (std::size_t k = 0; k < star.size(); ++k) {
    double expected = -1e300;
    for (std::size_t i = 0; i < f.size(); ++i)
      expected = std::max(expected, slopes[0][k / 13] * f.axes[0][i / 17] + slopes[1][k % 13] * f.axes[1][i % 17] - f.values[i]);
    CHECK(star.values[k] == Approx(expected).margin(1e-12));
  }
}

TEST_CASE("the best convexification on a grid") {
  const Box box{{-2, 2}, {-2, 2}};
  // uncoupled, the envelope is the sum of envelopes: the line's answer, from below
  const Expression apart = in({"x", "y"}, "(x^2-1)^2/4 + y^2");
  const Convexification grid = convexify_grid(apart, {0, 1}, 1, box, 96);
  const Convexification line = best_convexification(in({"x"}, "(x^2-1)^2/4"), 1, Interval(-2, 2));
  CHECK(grid.holds);
  CHECK(grid.rho <= line.rho);
  CHECK(grid.rho >= 0.97 * line.rho);
  // a ring: g = (r^2-1)^2/4 - kappa r^2/2 is flattened inside r^2 = 1 + kappa, osc = (1 + kappa)^2/4, kappa (1 + kappa) = 2 T
  const Convexification ring = best_convexification(in({"x", "y"}, "(x^2+y^2-1)^2/4"), 1, box);
  CHECK(ring.rho <= std::exp(-1.0));
  CHECK(ring.rho >= 0.85 * std::exp(-1.0));
  // finer grids come closer
  const Convexification coarse = convexify_grid(apart, {0, 1}, 1, box, 24);
  CHECK(coarse.rho < grid.rho);
  CHECK(best_convexification(in({"x", "y"}, "x^2/2 + y^2/2 + x*y/2"), 1, box).rho == Approx(0.5).epsilon(1e-9));
  CHECK_FALSE(convexify_grid(in({"x", "y"}, "x^2 + y^2 + abs(x*y)"), {0, 1}, 1, box, 16).holds);
}

TEST_CASE("many coupled variables: a quadratic part and a bounded rest") {
  const Expression f = in({"x", "y", "z", "u"}, "x^2/2 + y^2/2 + z^2/2 + u^2/2 + 0.1*sin(3*x + 2*y - z + u)");
  const Box box(4, Interval(-1, 1));
  const Convexification c = best_convexification(f, 1, box);
  CHECK(c.holds);
  CHECK(c.rho >= 0.7); // exp(-0.2) with the best plane
  CHECK(c.rho <= 1.2);
}

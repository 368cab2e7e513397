// Eigenvalues over boxes: worked models, constant matrices, random potentials against sampling.
#include "bounds_cases.hpp"
#include "driftwell/bounds/curvature.hpp"
#include "driftwell/core/eigen_systems.hpp"

#include <Eigen/Eigenvalues>
#include <omp.h>

using namespace bounds_cases;

namespace {

double smallest_sampled(const Expression& f, std::size_t d, const std::vector<double>& x) {
  const ExpressionMatrix h = hessian(f, d);
  Eigen::MatrixXd m(d, d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = Tape({h[i][j]}, d)(x)[0];
  return driftwell::SymmetricEigen(m).eigenvalues()(0);
}

Eigen::MatrixXd random_positive(Eigen::Index d, std::mt19937_64& random) {
  Eigen::MatrixXd a(d, d);
  for (double& entry : a.reshaped()) entry = std::normal_distribution()(random);
  const Eigen::MatrixXd product = a * a.transpose() + 0.1 * Eigen::MatrixXd::Identity(d, d);
  return 0.5 * (product + product.transpose());
}

} // namespace

TEST_CASE("curvatures of worked models") {
  const Expression well = in({"x"}, "(x^2-1)^2/4");
  encloses(convexity(well, {{-2, 2}}), -1, 1e-8);
  encloses(largest_curvature(well, {{-2, 2}}), 11, 2e-5);
  encloses(gradient_lipschitz(well, {{-2, 2}}), 11, 2e-5);
  encloses(convexity(in({"x"}, "x^4/4"), {{-1, 2}}), 0, 1e-8);
  encloses(convexity(in({"x", "y"}, "(x^2+y^2-1)^2/4"), {{-2, 2}, {-2, 2}}), -1, 1e-5);
  encloses(largest_curvature(in({"x", "y"}, "(x^2+y^2-1)^2/4"), {{-2, 2}, {-2, 2}}), 23, 1e-4); // 3 r^2 - 1 at the corners
  encloses(gradient_lipschitz(in({"x"}, "x^2/2 + (1-cos(5*x))/4"), {{-3, 3}}), 1 + 25.0 / 4, 1e-5);
  const Enclosure e = convexity(in({"x", "y"}, mueller_brown), {{-1.5, 1.2}, {-0.2, 2}});
  CHECK(e.reached);
  CHECK(e.smooth);
  CHECK(e.boxes < 10'000);
  CHECK(smallest_sampled(in({"x", "y"}, mueller_brown), 2, e.point) == Approx(e.upper).epsilon(1e-9));
}

TEST_CASE("quadratic forms have the eigenvalues of their matrix, also in a metric") {
  std::mt19937_64 random(3);
  for (const Eigen::Index d : {1, 2, 3, 6}) {
    Eigen::MatrixXd a = random_positive(d, random);
    a(0, 0) -= 2; // often indefinite
    const Eigen::MatrixXd metric = random_positive(d, random);
    Expression f(0.0);
    for (Eigen::Index i = 0; i < d; ++i)
      for (Eigen::Index j = 0; j < d; ++j)
        f = f + Expression(0.5 * a(i, j)) * Expression::variable(static_cast<std::size_t>(i)) * Expression::variable(static_cast<std::size_t>(j));
    const Box box(static_cast<std::size_t>(d), Interval(-1, 1));
    const Eigen::VectorXd plain = driftwell::SymmetricEigen(a).eigenvalues();
    encloses(convexity(f, box), plain(0), 1e-10);
    encloses(largest_curvature(f, box), plain(d - 1), 1e-10);
    // D^1/2 A D^1/2 has the eigenvalues of the pencil A v = lambda D^-1 v
    const Eigen::VectorXd seen = Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd>(a, metric.inverse()).eigenvalues();
    encloses(convexity(f, box, metric), seen(0), 1e-8);
    encloses(largest_curvature(f, box, metric), seen(d - 1), 1e-8);
  }
  CHECK_THROWS_AS(convexity(in({"x"}, "x^2"), Box{{0, 1}}, Eigen::MatrixXd::Constant(1, 1, -1.0)), std::invalid_argument);
  CHECK_THROWS_AS(convexity(in({"x"}, "x^2"), Box{{0, 1}}, Eigen::MatrixXd::Identity(2, 2)), std::invalid_argument);
}

TEST_CASE("random potentials against sampling") {
  std::mt19937_64 random(5);
  const auto coefficient = [&] { return fmt::format("({:.3f})", std::uniform_real_distribution(-2.0, 2.0)(random)); };
  for (int trial = 0; trial < 9; ++trial) {
    const bool space = trial % 3 == 2;
    std::string text = coefficient() + "*x^4 + " + coefficient() + "*x^2*y + " + coefficient() + "*sin(2*x + y) + " + coefficient() + "*exp(-x^2 - y^2) + " +
                       coefficient() + "*x*y^3/(1 + x^2)";
    if (space) text += " + " + coefficient() + "*x*y*z + z^4/4 + cos(z - x)";
    const std::size_t d = space ? 3 : 2;
    const Expression f = in({"x", "y", "z"}, text);
    const Box box(d, Interval(-1.1, 1));
    const Search search{1e-6, 1e-4, 20'000};
    const Enclosure low = convexity(f, box, {}, search), high = largest_curvature(f, box, {}, search);
    INFO(text << fmt::format(": [{}, {}] after {} boxes, largest [{}, {}] after {}", low.lower, low.upper, low.boxes, high.lower, high.upper, high.boxes));
    if (d == 2) CHECK(low.reached);
    CHECK(smallest_sampled(f, d, low.point) == Approx(low.upper).epsilon(1e-9));
    for (int sample = 0; sample < 60; ++sample) {
      const std::vector<double> x = random_point(box, random);
      CHECK(smallest_sampled(f, d, x) >= low.lower - 1e-9);
      CHECK(-smallest_sampled(-f, d, x) <= high.upper + 1e-9);
    }
  }
}

TEST_CASE("fields: contraction, Lipschitz constant") {
  const Symbols symbols{{"x", "y"}, false, "x", {}, {}};
  const std::vector<Expression> rotating{in({"x", "y"}, "-x + 5*y"), in({"x", "y"}, "-5*x - y")};
  encloses(contraction(rotating, {{-1, 1}, {-1, 1}}), 1, 1e-9);
  encloses(lipschitz(rotating, {{-1, 1}, {-1, 1}}), std::sqrt(26.0), 1e-8);
  const std::vector<Expression> shear{in({"x", "y"}, "y^2")};
  encloses(lipschitz(shear, {{-1, 1}, {-1, 2}}), 4, 1e-5);
}

TEST_CASE("corners and jumps of the gradient are told") {
  CHECK_FALSE(convexity(in({"x"}, "abs(x)"), {{-1, 1}}).smooth);
  CHECK_FALSE(convexity(in({"x"}, "-abs(x) + x^2"), {{-1, 1}}).smooth);
  CHECK(convexity(in({"x"}, "abs(x) + x^2"), {{0.5, 1}}).smooth);
  CHECK(convexity(in({"x"}, "relu(x^2 + 1)"), {{-1, 1}}).smooth);
  CHECK_FALSE(convexity(in({"x", "y"}, "max(x, y)"), {{-1, 1}, {-1, 1}}).smooth);
}

TEST_CASE("one-point strong convexity") {
  const Expression kleinberg = in({"x"}, "x^2/2 + (1-cos(5*x))/4");
  encloses(one_point_convexity(kleinberg.gradient(1), {0}, {{-3, 3}}), -0.357710176320, 1e-6);
  encloses(one_point_convexity(kleinberg.gradient(1), {0}, {{-0.5, 0.5}}), 1 + 1.25 * std::sin(2.5) / 0.5, 1e-6); // least at the ends
  encloses(one_point_convexity(in({"x"}, "(x^2-1)^2/4").gradient(1), {1}, {{0.5, 2}}), 0.75, 1e-6);               // x (x + 1)
  encloses(one_point_convexity(in({"x"}, "x^2/2 + x^4").gradient(1), {0}, {{-1, 2}}), 1, 1e-6);                   // the limit at x*
  encloses(one_point_convexity({in({"x", "y"}, "x - 5*y"), in({"x", "y"}, "5*x + y")}, {0, 0}, {{-1, 1}, {-1, 2}}), 1, 1e-6);
  // (f(x + s) - f(x - s))/2s is the mean of f', however small s: c of cosh is sinh(s)/s, that of the ripples tends to what it is without.
  for (const char* s : {"1e-2", "1e-5", "1e-8"}) {
    const auto difference = [s](const std::string& up, const std::string& down) { return std::vector<Expression>{in({"x"}, "(" + up + " - " + down + ")/(2*" + s + ")")}; };
    const std::string x(s);
    const double reach = std::stod(s);
    const Enclosure c = one_point_convexity_of_mean(in({"x"}, "cosh(x)"), reach, difference("cosh(x + " + x + ")", "cosh(x - " + x + ")"), {0}, {{-2, 2}}, {1e-6, 1e-6, 3000});
    CHECK(c.lower >= 1 - 1e-12);
    CHECK(c.lower <= std::sinh(reach) / reach);
    CHECK(c.upper >= std::sinh(reach) / reach - 1e-12);
    const auto ripples = [](const std::string& at) { return "((" + at + ")^2/2 + (1 - cos(5*(" + at + ")))/4)"; };
    const Enclosure wavy = one_point_convexity_of_mean(in({"x"}, ripples("x")), reach, difference(ripples("x + " + x), ripples("x - " + x)), {0}, {{-3, 3}}, {1e-6, 1e-6, 3000});
    const double exact = 1 + std::sin(5 * reach) / (5 * reach) * (-0.357710176320 - 1); // the ripples keep their shape
    CHECK(wavy.lower <= exact + 1e-9);
    CHECK(wavy.lower > exact - 0.05);
    CHECK(wavy.upper >= exact - 1e-9);
  }
  CHECK_THROWS_AS(one_point_convexity_of_mean(in({"x", "y"}, "x^2 + y^2"), 1, in({"x", "y"}, "x^2 + y^2").gradient(2), {0, 0}, {{-1, 1}, {-1, 1}}), std::invalid_argument);
  CHECK_THROWS_AS(one_point_convexity(kleinberg.gradient(1), {4}, {{-3, 3}}), std::invalid_argument);
  CHECK_THROWS_AS(one_point_convexity(kleinberg.gradient(1), {0, 0}, {{-3, 3}}), std::invalid_argument);
  // against sampling, in the plane
  std::mt19937_64 random(8);
  const Expression f = in({"x", "y"}, "x^2 + y^2/2 + 0.3*x*y^2 + cos(2*x + y) - 1");
  const Box box{{-1, 1.5}, {-1.2, 1}};
  const Enclosure e = one_point_convexity(f.gradient(2), {0, 0}, box, {1e-6, 1e-3, 20'000});
  const Tape tape(f.gradient(2), 2);
  CHECK(e.reached);
  double least = 1e300;
  for (int sample = 0; sample < 20'000; ++sample) {
    const std::vector<double> x = random_point(box, random), g = tape(x);
    least = std::min(least, (x[0] * g[0] + x[1] * g[1]) / (x[0] * x[0] + x[1] * x[1]));
  }
  CHECK(e.lower <= least);
  CHECK(e.upper <= least + 0.02);
}

TEST_CASE("many variables: the budget counts operations") {
  // a chain of 24 coupled wells: far too many boxes to settle, but bounded in time and right
  Expression f(0.0);
  const std::size_t d = 24;
  for (std::size_t i = 0; i < d; ++i) {
    const Expression x = Expression::variable(i), y = Expression::variable((i + 1) % d);
    f = f + Expression(0.25) * x * x * x * x - Expression(0.5) * x * x + Expression(0.1) * (x - y) * (x - y);
  }
  const Enclosure e = convexity(f, Box(d, Interval(-1, 1.5)), {}, {1e-9, 1e-6, 100'000, 2'000'000});
  CHECK(e.boxes <= 328);
  CHECK(e.lower <= -1); // at 0, along (1, ..., 1)
  CHECK(e.upper >= -1 - 1e-9);
  CHECK(e.upper <= -0.5);
  CHECK(e.lower >= -3);
}

TEST_CASE("same bits for any number of threads") {
  const int before = omp_get_max_threads();
  std::vector<Enclosure> results;
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    results.push_back(convexity(in({"x", "y"}, mueller_brown), {{-1.5, 1.2}, {-0.2, 2}}, {}, {1e-9, 1e-4, 3000}));
  }
  omp_set_num_threads(before);
  for (const Enclosure& e : results) {
    CHECK(e.lower == results[0].lower);
    CHECK(e.upper == results[0].upper);
    CHECK(e.boxes == results[0].boxes);
    CHECK(e.point == results[0].point);
  }
}

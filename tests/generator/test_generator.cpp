#include "driftwell/core/eigen_systems.hpp"
#include "engine.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <random>

using namespace engine;

TEST_CASE("the Bernoulli function has no cancellation and no overflow") {
  CHECK(bernoulli(0) == 1);
  CHECK(bernoulli(1e-12) == Approx(1 - 5e-13).epsilon(1e-15));
  CHECK(bernoulli(1) == Approx(0.5819767068693265).epsilon(1e-15));
  CHECK(bernoulli(-1) == Approx(1.5819767068693265).epsilon(1e-15));
  CHECK(bernoulli(1e-5) == Approx(1 - 5e-6 + 1e-10 / 12).epsilon(1e-15));
  CHECK(bernoulli(5000) == 0);
  CHECK(bernoulli(705) == Approx(705 * std::exp(-705)).epsilon(1e-12));
  CHECK(bernoulli(-5000) == 5000);
}

namespace {

/// A random polynomial (degree 4, confining) in the given variables.
std::string random_potential(const std::vector<std::string>& names, std::mt19937& random) {
  std::uniform_real_distribution<double> c(-1, 1);
  std::string text;
  for (const auto& x : names) text += (text.empty() ? "" : " + ") + x + "^4/4 + " + std::to_string(c(random)) + "*" + x + "^2";
  for (std::size_t i = 1; i < names.size(); ++i) text += " + " + std::to_string(0.5 * c(random)) + "*" + names[i - 1] + "*" + names[i];
  return text;
}

std::vector<std::string> random_force(const std::vector<std::string>& names, std::mt19937& random) {
  std::uniform_real_distribution<double> c(-2, 2);
  std::vector<std::string> force;
  for (std::size_t i = 0; i < names.size(); ++i)
    force.push_back(std::to_string(c(random)) + "*sin(" + names[(i + 1) % names.size()] + ") + " + std::to_string(c(random)));
  return force;
}

Boundary random_side(std::mt19937& random) { return random() % 3 == 0 ? Boundary::absorbing : Boundary::reflecting; }

} // namespace

TEST_CASE("random models give generators: columns sum to minus the loss, rates >= 0, p_ss >= 0, KL falls") {
  std::mt19937 random(7);
  const std::vector<std::string> all{"x", "y", "z"};
  for (int trial = 0; trial < 40; ++trial) {
    const std::size_t d = 1 + trial % 3;
    const std::vector<std::string> names(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(d));
    ModelText text{names, random_potential(names, random)};
    if (trial % 2) text.force = random_force(names, random);
    if (trial % 4 >= 2)
      for (const auto& x : names) text.diffusion.push_back("1 + 0.5*sin(" + x + ")^2");
    text.temperature = 0.3 + 0.1 * (trial % 7);
    text.interpretation = static_cast<Interpretation>(trial % 3);
    std::vector<Axis> axes;
    for (std::size_t a = 0; a < d; ++a)
      axes.push_back(axis(-2.5, 2.3, std::vector<std::size_t>{60, 14, 7}[d - 1] + a, random_side(random), random_side(random)));
    const Grid grid(axes);
    CAPTURE(trial, text.potential);
    const Generator generator = build_generator(model(text), grid);
    const MatrixXd Q = dense(generator.rates());
    VectorXd sums = Q.colwise().sum().transpose();
    if (generator.loss().size()) sums += generator.loss();
    CHECK(sums.cwiseAbs().maxCoeff() < 1e-12 * Q.cwiseAbs().maxCoeff());
    CHECK((Q - MatrixXd(Q.diagonal().asDiagonal())).minCoeff() >= 0);
    if (generator.loss().size()) CHECK(generator.loss().minCoeff() >= 0);
    CHECK(generator.rates().spectral_bound() <= driftwell::GeneralEigen(Q, false).eigenvalues().real().minCoeff());
    const SteadyState steady = steady_state(generator);
    CHECK(steady.p.minCoeff() >= 0);
    CHECK(steady.p.sum() == Approx(1).epsilon(1e-13));
    CHECK(steady.residual < 1e-12);
    if (!generator.conservative()) continue;
    // Backward Euler by hand: any step of a Markov chain lowers KL.
    VectorXd p = gaussian(grid, std::vector<double>(d, 0.7), 0.3);
    const Eigen::PartialPivLU<MatrixXd> step(MatrixXd::Identity(Q.rows(), Q.cols()) - 0.05 * Q);
    double before = 1e300;
    for (int i = 0; i < 20; ++i) {
      const double kl = ObservableCatalogue::find("kl")->make()->evaluate(DensityState(generator, steady, steady.p, p))[0];
      CHECK(kl <= before * (1 + 1e-12) + 1e-14);
      before = kl;
      p = step.solve(p);
    }
  }
}

TEST_CASE("a gradient model has exp(-f/T) as its discrete steady state to round-off") {
  struct Case { ModelText text; std::vector<Axis> axes; };
  const std::vector<Case> cases{
      {{{"x"}, "(x^2-1)^2/4", {}, {}, 0.1}, {axis(-3, 3, 200)}},
      {{{"x", "y"}, "(x^2-1)^2/4 + y^2/2 + 0.3*x*y", {}, {}, 0.25}, {axis(-3, 3, 40), axis(-2, 2.5, 31)}},
      {{{"x", "y", "z"}, "x^4/4 + y^2/2 + z^2 + x*y*z/5", {}, {}, 0.5}, {axis(-2, 2, 12), axis(-2, 2, 13), axis(-2, 2, 11)}},
      {{{"x", "y"}, "cos(x) + y^2/2", {}, {}, 0.5}, {ring(0, 2 * M_PI, 30), axis(-3, 3, 20)}},
      // anti-Ito: every D(x)
      {{{"x", "y"}, "x^4/4 + y^2/2 + 0.3*x*y", {}, {"1 + x^2", "2 + sin(x*y)"}, 0.5, Interpretation::anti_ito}, {axis(-2, 2, 30), axis(-3, 3, 30)}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.potential);
    const Grid grid(c.axes);
    const Model m = model(c.text);
    const Generator generator = build_generator(m, grid);
    REQUIRE(generator.reversible());
    VectorXd p = (-potential_on(m, grid) / c.text.temperature).array().exp();
    p /= p.sum();
    const VectorXd flow = generator.rates() * p;
    const double scale = 2 * (-generator.rates().diagonal().array() * p.array()).sum();
    CHECK(flow.cwiseAbs().sum() / scale < 1e-13);
    CHECK((steady_state(generator).p - p).cwiseAbs().sum() < 1e-13);
  }
}

TEST_CASE("potential and force are composed before rates are made: the diffusion counts once") {
  // Free diffusion, Var(t) = 2 T t, with a zero potential, a zero force, and both (a respected peer gets 4 T t here).
  const Grid grid({axis(-12, 12, 1200)});
  const VectorXd start = gaussian(grid, {0}, 0.5);
  for (const auto& [potential, force] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"0*x", {}}, {"", {"0"}}, {"0*x", {"0"}}, {"x^2/2", {"x"}}, {"-0.3*x", {"-0.3"}}}) {
    CAPTURE(potential, force);
    const Run run = evolve(model({{"x"}, potential, force}), grid, start, {0, 1});
    CHECK(run.at("covariance", 1) == Approx(0.25 + 2).epsilon(1e-6));
    CHECK(run.at("mean", 1) == Approx(0).margin(1e-9));
  }
}

TEST_CASE("detailed balance is found where it holds, and only there") {
  const Grid plane({axis(-2, 2, 20), axis(-2, 2, 20)});
  const auto reversible = [](const ModelText& text, const Grid& grid) { return build_generator(model(text), grid).reversible(); };
  CHECK(reversible({{"x", "y"}, "x^2 + y^2", {"y", "x"}}, plane));              // a force that is a gradient
  CHECK(reversible({{"x", "y"}, "x^2 + y^2", {}, {"1", "2"}}, plane));          // anisotropic, separable
  CHECK_FALSE(reversible({{"x", "y"}, "x^2 + y^2 + x*y", {}, {"1", "2"}}, plane)); // anisotropic, coupled: not
  CHECK_FALSE(reversible({{"x", "y"}, "x^2 + y^2", {"-y", "x"}}, plane));
  CHECK(reversible({{"x"}, "x^2/2", {}, {"1 + x^2"}}, Grid({axis(-3, 3, 50)})));
  CHECK_FALSE(reversible({{"x"}, "cos(x)", {"0.5"}}, Grid({ring(0, 2 * M_PI, 50)})));
  CHECK_FALSE(reversible({{"x"}, "cos(x) - 0.5*x", {}}, Grid({ring(0, 2 * M_PI, 50)}))); // the tilt in the potential
}

TEST_CASE("a tilt written as potential or as force is the same model") {
  const Grid grid({ring(0, 2 * M_PI, 60)});
  const MatrixXd a = dense(build_generator(model({{"x"}, "cos(x) - 0.5*x"}), grid).rates());
  const MatrixXd b = dense(build_generator(model({{"x"}, "cos(x)", {"0.5"}}), grid).rates());
  CHECK((a - b).cwiseAbs().maxCoeff() < 1e-9 * a.cwiseAbs().maxCoeff());
}

TEST_CASE("vanishing diffusion tends to upwind transport") {
  const Grid grid({axis(-1, 1, 20)});
  const Generator generator = build_generator(model({{"x"}, "x^2/2", {}, {"0"}}), grid);
  const MatrixXd Q = dense(generator.rates());
  for (Index k = 0; k + 1 < 20; ++k) { // drift -x at the face x = (k + 1) h - 1
    const double v = 1 - static_cast<double>(k + 1) * 0.1;
    CHECK(Q(k + 1, k) == Approx(std::max(v, 0.0) / 0.1).margin(1e-12));
    CHECK(Q(k, k + 1) == Approx(std::max(-v, 0.0) / 0.1).margin(1e-12));
  }
}

TEST_CASE("what a model must not do is reported with the place") {
  using Quantity = DomainError::Quantity;
  const auto fails = [](const ModelText& text, const Grid& grid) {
    try {
      (void)build_generator(model(text), grid);
    } catch (const DomainError& error) {
      return error.quantity;
    }
    FAIL("accepted");
    throw 0;
  };
  const Grid line({axis(-1, 1, 10)});
  CHECK(fails({{"x"}, "log(x)"}, line) == Quantity::potential);
  CHECK(fails({{"x"}, "x^2", {"1/x*log(-abs(x))"}}, line) == Quantity::force);
  CHECK(fails({{"x"}, "x^2", {}, {"x"}}, line) == Quantity::diffusion_negative);
  CHECK(fails({{"x"}, "x^2", {}, {"sqrt(x)"}}, line) == Quantity::diffusion);
  CHECK(fails({{"x"}, "x^2"}, Grid({ring(-1, 2, 10)})) == Quantity::gradient_not_periodic);
}

TEST_CASE("the stencil agrees with its matrix, its transform and its recurrence") {
  std::mt19937 random(3);
  for (const Grid& grid : {Grid({ring(0, 1, 9)}), Grid({axis(0, 1, 5), ring(0, 2, 7)}), Grid({ring(0, 1, 4), axis(0, 1, 5), ring(0, 1, 6)})}) {
    std::vector<std::string> names{"x", "y", "z"};
    names.resize(grid.dimension());
    ModelText text{names, ""};
    for (std::size_t a = 0; a < grid.dimension(); ++a)
      text.force.push_back(fmt::format("sin({:.17g}*{}) + 0.4", 2 * M_PI / (grid.axis(a).upper - grid.axis(a).lower), names[a]));
    const Generator generator = build_generator(model(text), grid);
    const Stencil& Q = generator.rates();
    const MatrixXd full = dense(Q);
    const MatrixXd sparse = MatrixXd(Q.matrix(0.5, 2.0));
    CHECK((sparse - (0.5 * MatrixXd::Identity(full.rows(), full.cols()) + 2 * full)).cwiseAbs().maxCoeff() < 1e-10);
    const VectorXd s = VectorXd::Random(full.rows()).array().abs() + 0.1;
    const MatrixXd scaled = dense(Q.scaled(s));
    CHECK((scaled - s.cwiseInverse().asDiagonal() * full * s.asDiagonal()).cwiseAbs().maxCoeff() < 1e-9 * full.cwiseAbs().maxCoeff());
    const VectorXd u = VectorXd::Random(full.rows()), old = VectorXd::Random(full.rows());
    VectorXd out = old, y = VectorXd::Ones(full.rows());
    const Stencil::Accumulate sum{y.data(), 0.5, 0.25};
    Q.recurrence(u.data(), out.data(), 1.5, -2, 3, {&sum, 1});
    const VectorXd expected = 1.5 * full * u - 2 * u + 3 * old;
    CHECK((out - expected).cwiseAbs().maxCoeff() < 1e-10 * full.cwiseAbs().maxCoeff());
    CHECK((y - (VectorXd::Ones(y.size()) + 0.5 * expected + 0.25 * u)).cwiseAbs().maxCoeff() < 1e-10 * full.cwiseAbs().maxCoeff());
  }
}

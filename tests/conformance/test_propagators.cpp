// Every propagator of the catalogue against the dense exponential, and what each one promises.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/propagators/implicit_euler.hpp"
#include "engine.hpp"

#include <boost/numeric/odeint/integrate/integrate_const.hpp>
#include <catch2/catch.hpp>
#include <unsupported/Eigen/MatrixFunctions>

#include <omp.h>

#include <functional>

using namespace engine;

namespace {

struct Case {
  std::string name;
  ModelText text;
  std::vector<Axis> axes;
  std::vector<double> mean;
  double std;
};

const std::vector<Case> cases{
    {"gradient 1-D", {{"x"}, "(x^2-1)^2/4", {}, {}, 0.25}, {axis(-2.5, 2.5, 80)}, {-1}, 0.2},
    {"gradient 2-D", {{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.25}, {axis(-2.5, 2.5, 18), axis(-2.5, 2.5, 15)}, {-1, 0.5}, 0.4},
    {"gradient 3-D", {{"x", "y", "z"}, "(x^2-1)^2/4 + y^2/2 + z^2/2 + 0.2*x*y*z", {}, {}, 0.5}, {axis(-2, 2, 7), axis(-2, 2, 6), axis(-2, 2, 8)}, {-1, 0.5, 0}, 0.6},
    {"circulation", {{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {"-2*y", "2*x*(x^2-1)"}, {}, 1}, {axis(-2.5, 2.5, 16), axis(-3, 3, 17)}, {-1, 0.5}, 0.5},
    {"washboard", {{"x"}, "cos(x)", {"0.7"}, {}, 0.3}, {ring(0, 2 * M_PI, 60)}, {3}, 0.3},
    {"state-dependent", {{"x"}, "x^2/2", {}, {"1 + x^2"}, 0.5}, {axis(-6, 6, 90)}, {2}, 0.4},
    {"absorbing", {{"x"}, "x^2/4", {}, {}, 0.5}, {axis(-2, 2, 60, Boundary::absorbing, Boundary::absorbing)}, {0.5}, 0.3},
    {"absorbing with force", {{"x", "y"}, "x^2/2 + y^2/2", {"-y", "x"}, {}, 0.5}, {axis(-2, 2, 14, Boundary::absorbing, Boundary::reflecting), axis(-2, 2, 15)}, {0.5, 0}, 0.5},
    // Wider than the steady state: the chi^2 of the start is astronomic and the symmetric form would drown in rounding.
    {"wide start", {{"x"}, "(x^2-1)^2/4", {}, {}, 0.05}, {axis(-3, 3, 90)}, {0}, 1.0},
};

const std::vector<double> times{0, 0.02, 0.1, 0.5, 2, 10};

double tolerance_of(const std::string& propagator) { return propagator == "implicit_euler" ? 2e-2 : 1e-9; }

} // namespace

TEST_CASE("propagators agree with the dense exponential") {
  for (const Case& c : cases) {
    const Grid grid(c.axes);
    const VectorXd start = gaussian(grid, c.mean, c.std);
    const MatrixXd Q = dense(build_generator(model(c.text), grid).rates());
    std::vector<VectorXd> exact;
    for (const double t : times) exact.push_back(MatrixXd(t * Q).exp() * start);
    for (const std::string& name : PropagatorCatalogue::names()) {
      CAPTURE(name, c.name);
      if (!applies(name, model(c.text), grid, start, times)) continue;
      const Run run = evolve(model(c.text), grid, start, times, name, 1e-10, 2e-3);
      for (std::size_t i = 1; i < times.size(); ++i) {
        CAPTURE(times[i]);
        CHECK((run.p[i] - exact[i]).cwiseAbs().sum() < tolerance_of(name) * exact[i].sum());
        if (run.generator.conservative()) CHECK(run.p[i].sum() == Approx(1).epsilon(1e-12));
        CHECK(run.p[i].minCoeff() > -1e-13);
        if (name == "implicit_euler" || name == "uniformisation") CHECK(run.p[i].minCoeff() >= 0);
        // KL relative to a converged run
        const DensityState state(run.generator, run.steady, run.loss, exact[i]);
        const double kl = ObservableCatalogue::find("kl")->make()->evaluate(state)[0];
        if (name == "krylov" || name == "chebyshev") CHECK(run.at("kl", i) == Approx(kl).epsilon(1e-9).margin(1e-13));
      }
      if (run.generator.conservative())
        for (std::size_t i = 1; i < times.size(); ++i) CHECK(run.at("kl", i) <= run.at("kl", i - 1) + 1e-12);
    }
  }
}

TEST_CASE("log-spaced times over eight decades in one run") {
  const Grid grid({axis(-3, 3, 300)});
  std::vector<double> decades{0};
  for (int i = 0; i <= 32; ++i) decades.push_back(std::pow(10, -5 + i * 0.25));
  const Model m = model({{"x"}, "(x^2-1)^2/4", {}, {}, 0.2});
  const Run run = evolve(m, grid, gaussian(grid, {-1}, 0.2), decades);
  const driftwell::SymmetricEigen eigen(dense(run.generator.symmetrised()));
  const VectorXd root = run.steady.p.array().sqrt();
  const VectorXd u0 = eigen.eigenvectors().transpose() * run.p[0].cwiseQuotient(root);
  for (std::size_t i = 1; i < decades.size(); ++i) {
    const VectorXd decay = (decades[i] * eigen.eigenvalues().cwiseMin(0.0)).array().exp();
    const VectorXd p = root.cwiseProduct(eigen.eigenvectors() * decay.cwiseProduct(u0));
    CHECK((p - run.p[i]).cwiseAbs().sum() < 1e-9);
  }
}

TEST_CASE("declared order: backward Euler is first order, driven by Odeint through its Stepper concept") {
  const Grid grid({axis(-2.5, 2.5, 60)});
  const Generator generator = build_generator(model({{"x"}, "(x^2-1)^2/4", {}, {}, 0.25}), grid);
  const VectorXd start = gaussian(grid, {-1}, 0.3), exact = dense(generator.rates()).exp() * start;
  std::vector<double> errors;
  for (const double dt : {0.02, 0.01, 0.005}) {
    VectorXd p = start;
    const GeneratorSystem system(generator);
    boost::numeric::odeint::integrate_const(ImplicitEuler(), std::cref(system), p, 0.0, 1.0, dt);
    errors.push_back((p - exact).cwiseAbs().sum());
  }
  CHECK(std::log2(errors[0] / errors[1]) == Approx(ImplicitEuler::order()).margin(0.05));
  CHECK(std::log2(errors[1] / errors[2]) == Approx(ImplicitEuler::order()).margin(0.05));
}

TEST_CASE("the a-posteriori error covers the true one") {
  const Grid grid({axis(-2.5, 2.5, 24), axis(-2.5, 2.5, 24)});
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.25});
  const VectorXd start = gaussian(grid, {-1, 0.5}, 0.4);
  const Run truth = evolve(m, grid, start, times, "krylov", 1e-12);
  for (const std::string name : {"krylov", "chebyshev"})
    for (const double tolerance : {1e-3, 1e-6, 1e-9}) {
      CAPTURE(name, tolerance);
      const Run run = evolve(m, grid, start, times, name, tolerance);
      for (std::size_t i = 1; i < times.size(); ++i) {
        const VectorXd s = truth.steady.p.array().sqrt();
        const double error = (run.p[i] - truth.p[i]).cwiseQuotient(s).norm() / (truth.p[i] - truth.steady.p).cwiseQuotient(s).norm();
        CHECK(error < tolerance);
        CHECK(error < 3 * run.report.error + 1e-11);
      }
    }
}

TEST_CASE("the same bits for one thread and for two") {
  const Grid grid({axis(-3, 3, 300), axis(-3, 3, 300)}); // large enough to be run in parallel
  const Model m = model({{"x", "y"}, "(x^2-1)^2/4 + y^2/2", {}, {}, 0.25});
  const VectorXd start = gaussian(grid, {-1, 0.5}, 0.4);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Run one = evolve(m, grid, start, {0, 0.05, 0.1}, "chebyshev");
  omp_set_num_threads(2);
  const Run two = evolve(m, grid, start, {0, 0.05, 0.1}, "chebyshev");
  omp_set_num_threads(threads);
  for (std::size_t i = 0; i < 3; ++i) CHECK(one.p[i] == two.p[i]);
  CHECK(one.series == two.series);
}

TEST_CASE("auto says what it weighed") {
  const Grid grid({axis(-3, 3, 100)});
  const Model m = model({{"x"}, "x^2/2"});
  const Generator generator = build_generator(m, grid);
  const SteadyState steady = steady_state(generator);
  const VectorXd p = gaussian(grid, {1}, 0.3);
  const std::vector<double> until{0, 10};
  const EvolutionProblem problem{generator, steady, p, until, 1e-9, {}};
  const Choice choice = choose_propagator("auto", problem, 1e9);
  CHECK(choice.name == "krylov");
  CHECK(choice.reason.find("chebyshev") != std::string::npos);
  CHECK_THROWS_AS(choose_propagator("auto", problem, 1.0), NumericalFailure);
  CHECK_THROWS_AS(choose_propagator("kryolv", problem, 1e9), std::invalid_argument);
}

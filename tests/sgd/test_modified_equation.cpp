// The modified equations: drift and noise against their definitions, clouds against closed forms, weak orders from exact moments.
#include "driftwell/sgd/modified_equation.hpp"

#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"
#include "driftwell/steppers/integrate.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <unsupported/Eigen/MatrixFunctions>

#include <cmath>

using namespace driftwell;
using namespace driftwell::sgd;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

std::unique_ptr<Loss> loss_of(const std::string& name, const LossOptions& options, std::shared_ptr<const Dataset> data = nullptr) {
  return LossCatalogue::find(name)->make()->make(options, std::move(data));
}

std::shared_ptr<const Dataset> mixture(std::size_t features) { return std::make_shared<Dataset>(gaussian_mixture({300, features, 2, 1.5, 3})); }

std::vector<std::unique_ptr<Loss>> some_losses() {
  std::vector<std::unique_ptr<Loss>> losses;
  LossOptions decay;
  decay.weight_decay = 0.02;
  losses.push_back(loss_of("logistic", decay, mixture(3)));
  losses.push_back(loss_of("logistic", decay, mixture(12)));
  LossOptions network;
  network.hidden = {3};
  losses.push_back(loss_of("mlp", network, mixture(2)));
  return losses;
}

VectorXd somewhere(std::size_t d) {
  return VectorXd::NullaryExpr(static_cast<Eigen::Index>(d), [](Eigen::Index i) { return 0.5 * std::sin(1.0 + 2.3 * static_cast<double>(i)); });
}

/// s(x) with s s^T the covariance of a unit of time, one column a noise.
MatrixXd amplitude(const ModifiedEquation& equation, const VectorXd& x, double T) {
  const auto d = static_cast<std::size_t>(x.size()), q = equation.noises();
  RowBuffer at(d), out(d), xi(q);
  const auto scratch = equation.scratch();
  MatrixXd result(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(q));
  for (std::size_t j = 0; j < q; ++j) {
    for (std::size_t i = 0; i < d; ++i) at[i][0] = x[static_cast<Eigen::Index>(i)];
    for (std::size_t i = 0; i < q; ++i) xi[i][0] = i == j;
    equation.noise(at.const_rows(), xi.const_rows(), out.rows(), 1, T, *scratch);
    for (std::size_t i = 0; i < d; ++i) result(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = out[i][0];
  }
  return result;
}

} // namespace

TEST_CASE("drift of order 1 and 2 is minus the gradient of f and of f + (eta/4) |grad f|^2") {
  for (const auto& loss : some_losses()) {
    const VectorXd x = somewhere(loss->dimension());
    const double c = 0.125, eta = 0.3, T = eta * c / 2;
    Workspace workspace;
    for (const int order : {1, 2}) {
      const ModifiedEquation equation(*loss, {.order = order, .factor = c});
      const auto potential = [&](const VectorXd& w) {
        VectorXd g(w.size());
        const double f = full_loss(*loss, w.data(), g.data());
        return f + (order == 2 ? eta / 4 * g.squaredNorm() : 0);
      };
      VectorXd b(x.size() + 8);
      equation.drift(x.data(), T, b.data(), workspace);
      for (Eigen::Index i = 0; i < x.size(); ++i) {
        const double h = 1e-4;
        VectorXd more = x, less = x;
        more[i] += h;
        less[i] -= h;
        CHECK(b[i] == Approx(-(potential(more) - potential(less)) / (2 * h)).margin(1e-7));
      }
    }
  }
}

TEST_CASE("noise has the covariance 2 T D(x) exactly: roots, one noise a sample, constant at a place") {
  for (const auto& loss : some_losses()) {
    const VectorXd x = somewhere(loss->dimension()), place = 2 * x;
    const double T = 0.07;
    const MatrixXd D = gradient_covariance(*loss, x.data()), at = gradient_covariance(*loss, place.data());
    for (const bool square : {false, true}) {
      const ModifiedEquation equation(*loss, {.square = square});
      CHECK(equation.noise_class() == NoiseClass::general);
      CHECK(equation.noises() == (square ? loss->dimension() : loss->samples()));
      const MatrixXd s = amplitude(equation, x, T);
      CHECK((s * s.transpose() - 2 * T * D).norm() < 1e-12 * D.norm());
      const ModifiedEquation constant(*loss, {.noise_at = {place.data(), place.data() + place.size()}, .square = square});
      CHECK(constant.noise_class() == NoiseClass::additive);
      const MatrixXd r = amplitude(constant, x, T);
      CHECK((r * r.transpose() - 2 * T * at).norm() < 1e-12 * at.norm());
    }
    const MatrixXd P = MatrixXd::Random(x.size(), 2);
    Workspace workspace;
    CHECK((ModifiedEquation(*loss, {}).projected_noise(x.data(), P, workspace) - P.transpose() * D * P).norm() < 1e-12 * D.norm());
  }
  // fewer samples than weights: the centred gradients themselves are the root
  const auto few = loss_of("logistic", {}, std::make_shared<Dataset>(gaussian_mixture({6, 12, 2, 1.5, 3})));
  const VectorXd x = somewhere(13);
  const ModifiedEquation constant(*few, {.noise_at = {x.data(), x.data() + 13}});
  CHECK(constant.noises() == 6);
  const MatrixXd r = amplitude(constant, x, 0.5), D = gradient_covariance(*few, x.data());
  CHECK((r * r.transpose() - D).norm() < 1e-12 * D.norm());
}

TEST_CASE("what the modified equations cannot be is refused") {
  const auto loss = loss_of("logistic", {}, mixture(2));
  CHECK_THROWS_AS(ModifiedEquation(*loss, {.order = 3}), std::invalid_argument);
  CHECK_THROWS_AS(ModifiedEquation(*loss, {.order = 2, .momentum = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(ModifiedEquation(*loss, {.noise_at = {1.0}}), std::invalid_argument);
  const auto large = loss_of("logistic", {}, std::make_shared<Dataset>(gaussian_mixture({20'001, 64, 2, 1.5, 3})));
  CHECK_THROWS_AS(ModifiedEquation(*large, {}), std::invalid_argument);
  ProcessOptions options;
  options.batch_size = 300;
  options.sampling = Sampling::without_replacement;
  CHECK_THROWS_AS(modified_temperature(options, 300), std::invalid_argument);
  options.batch_size = 4;
  options.learning_rate = 0.2;
  options.momentum = 0.5;
  CHECK(modified_temperature(options, 300).value(0) == Approx(0.2 / 8 * 296 / 299 * 4).epsilon(1e-14));
  // Steppers that need formulas, or a square root, say so.
  const auto wide = loss_of("logistic", {}, mixture(12));
  const Dynamics dynamics(std::make_shared<ModifiedEquation>(*wide, ModifiedEquationOptions{}), 0.1);
  CHECK_THROWS_AS(Integrator(dynamics, *StepperCatalogue::find("milstein")->make(), 1, {0, 0.1}), std::invalid_argument);
  CHECK_THROWS_AS(Integrator(dynamics, *StepperCatalogue::find("srk_weak_2")->make(), 1, {0, 0.1}), std::invalid_argument);
}

TEST_CASE("clouds of the modified equations on a parabola have the closed moments, whatever the stepper") {
  const MatrixXd H = (MatrixXd(2, 2) << 2, 0.5, 0.5, 1).finished(), C = (MatrixXd(2, 2) << 1, 0.2, 0.2, 0.1).finished();
  LossOptions options;
  options.hessian = {{2, 0.5}, {0.5, 1}};
  options.covariance = {{1, 0.2}, {0.2, 0.1}};
  const auto loss = loss_of("quadratic", options);
  const double eta = 0.2, c = 0.25, t = 1.2;
  const VectorXd start = (VectorXd(2) << 1, -0.5).finished();
  for (const int order : {1, 2})
    for (const bool constant : {true, false})
      for (const char* name : {"small_noise_heun", "srk_weak_2"}) {
        INFO(order << ' ' << constant << ' ' << name);
        ModifiedEquationOptions equation{.order = order, .factor = c};
        if (constant) equation.noise_at = {0, 0};
        equation.square = std::string(name) == "srk_weak_2";
        const Dynamics dynamics(std::make_shared<ModifiedEquation>(*loss, equation), eta * c / 2);
        const std::size_t n = 20'000, steps = 24;
        Ensemble cloud(2, n);
        for (std::size_t i = 0; i < 2; ++i) std::fill(cloud.row(i).begin(), cloud.row(i).end(), start[static_cast<Eigen::Index>(i)]);
        Integrator(dynamics, *StepperCatalogue::find(name)->make(), 5, {0, t / static_cast<double>(steps)}).advance(cloud, 0, steps);
        const Moments exact = QuadraticMoments(H, c * C).modified_equation(order, eta, t, start);
        for (Eigen::Index i = 0; i < 2; ++i) {
          const auto row = cloud.row(static_cast<std::size_t>(i));
          const double variance = exact.covariance(i, i), count = static_cast<double>(n);
          double mean = 0, squares = 0;
          for (const double x : row) mean += x / count;
          for (const double x : row) squares += (x - mean) * (x - mean) / count;
          CHECK(std::abs(mean - exact.mean[i]) < 4 * std::sqrt(variance / count) + 1e-3);
          CHECK(std::abs(squares - variance) < 4 * variance * std::sqrt(2 / count) + 2e-3 * variance);
        }
      }
}

namespace {

/// Least squares of one weight on samples (a_k, y_k): everything about the first two moments is linear.
struct OneWeight {
  std::vector<double> a{0.5, 1.0, 1.5, -0.8, 1.2}, y{0.3, 1.4, 0.9, -1.3, 0.2};
  std::unique_ptr<Loss> loss() const {
    auto data = std::make_shared<Dataset>();
    data->name = "five";
    data->samples = 5;
    data->features = 1;
    data->inputs = a;
    data->targets = y;
    LossOptions options;
    options.bias = false;
    return loss_of("linear_regression", options, data);
  }
  /// (E x, E x^2) of SGD with b = 1 after k steps: x' = (1 - eta a^2) x + eta a y averaged over the samples.
  Eigen::Vector3d sgd(double eta, int k, double x) const {
    Eigen::Matrix3d M = Eigen::Matrix3d::Zero(); // on (1, x, x^2)
    for (std::size_t i = 0; i < 5; ++i) {
      const double r = 1 - eta * a[i] * a[i], s = eta * a[i] * y[i];
      Eigen::Matrix3d m;
      m << 1, 0, 0, s, r, 0, s * s, 2 * r * s, r * r;
      M += m / 5;
    }
    Eigen::Vector3d u(1, x, x * x);
    for (int n = 0; n < k; ++n) u = (M * u).eval();
    return u;
  }
};

} // namespace

TEST_CASE("weak orders 1 and 2 where the noise depends on the place, from exact moments") {
  const OneWeight problem;
  const auto loss = problem.loss();
  Workspace workspace;
  for (const int order : {1, 2}) {
    std::vector<double> errors;
    for (const int k : {20, 40, 80, 160}) {
      const double eta = 1.0 / k, T = eta / 2;
      const ModifiedEquation equation(*loss, {.order = order});
      // d/dt of (1, x, x^2): drift and noise read off at three places, where the linear and the quadratic function are known.
      const auto drift = [&](double x) {
        double b[16];
        equation.drift(&x, T, b, workspace);
        return b[0];
      };
      const auto noise = [&](double x) { return 2 * T * equation.projected_noise(&x, MatrixXd::Ones(1, 1), workspace)(0, 0); };
      const double b0 = drift(0), b1 = drift(1) - b0, s0 = noise(0), s2 = (noise(1) + noise(-1)) / 2 - s0, s1 = (noise(1) - noise(-1)) / 2;
      Eigen::Matrix3d L;
      L << 0, 0, 0, b0, b1, 0, s0, 2 * b0 + s1, 2 * b1 + s2;
      const Eigen::Vector3d exact = MatrixXd(L).exp() * Eigen::Vector3d(1, 2, 4);
      errors.push_back((exact - problem.sgd(eta, k, 2)).norm());
    }
    INFO(errors[0] << ' ' << errors[1] << ' ' << errors[2] << ' ' << errors[3]);
    CHECK(std::log2(errors[2] / errors[3]) == Approx(order).margin(order == 1 ? 0.1 : 0.15));
  }
}

TEST_CASE("the same bits for any block size") {
  const auto loss = loss_of("logistic", {}, mixture(12));
  const Dynamics dynamics(std::make_shared<ModifiedEquation>(*loss, ModifiedEquationOptions{.order = 2}), 0.1);
  const auto run = [&](std::size_t block) {
    Ensemble cloud(13, 20);
    IntegrateOptions options;
    options.block = block;
    Integrator(dynamics, *StepperCatalogue::find("small_noise_heun")->make(), 5, {0, 0.1}, options).advance(cloud, 0, 5);
    return std::vector<double>(cloud.data().begin(), cloud.data().end());
  };
  CHECK(run(4) == run(64));
}

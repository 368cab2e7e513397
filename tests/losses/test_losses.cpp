// Every loss on the shelf: gradients and Hessian products against differences, closed forms, and the same bits for any threads.
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/loss.hpp"
#include "driftwell/sgd/minimise.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <omp.h>

#include <cmath>
#include <random>

using namespace driftwell;
using namespace driftwell::sgd;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

struct Case {
  std::string name, label;
  LossOptions options;
  std::shared_ptr<const Dataset> data;
  bool smooth = true; ///< second derivatives are continuous
};

std::shared_ptr<const Dataset> shared(Dataset data) { return std::make_shared<const Dataset>(std::move(data)); }

/// Everything on the shelf, in several shapes (widths that fill vectors and that do not).
std::vector<Case> cases() {
  std::vector<Case> all;
  LossOptions plain, decay;
  decay.weight_decay = 0.3;
  decay.bias = false;
  const auto two = shared(gaussian_mixture({40, 5, 2, 1.5, 3})), four = shared(gaussian_mixture({37, 9, 4, 1.5, 4}));
  for (const std::size_t p : {1UL, 7UL, 8UL, 16UL, 71UL}) {
    all.push_back({"linear_regression", "p = " + std::to_string(p), p % 2 ? decay : plain, shared(teacher_student({30, p, 0.5, p}))});
    all.push_back({"logistic", "p = " + std::to_string(p), p % 2 ? plain : decay, shared(gaussian_mixture({30, p, 2, 1, p}))});
  }
  all.push_back({"softmax", "", plain, four});
  all.push_back({"softmax", "decay", decay, two});
  for (const std::string activation : {"tanh", "relu", "sigmoid", "gelu", "softplus"})
    for (const std::vector<std::size_t>& hidden : {std::vector<std::size_t>{6}, std::vector<std::size_t>{5, 19}, std::vector<std::size_t>{8, 3, 4}}) {
      LossOptions mlp = hidden.size() == 2 ? decay : plain;
      mlp.hidden = hidden;
      mlp.activation = activation;
      all.push_back({"mlp", activation + " classes", mlp, four, activation != "relu"});
      mlp.objective = "squared";
      all.push_back({"mlp", activation + " squared classes", mlp, two, activation != "relu"});
      all.push_back({"mlp", activation + " squared numbers", mlp, shared(teacher_student({25, 6, 0.5, 1})), activation != "relu"});
    }
  LossOptions factors = decay;
  factors.rank = 3;
  all.push_back({"matrix_factorisation", "", factors, shared(low_rank_matrix({5, 7, 2, 0.1, 0.8, 1}))});
  LossOptions quadratic;
  quadratic.hessian = {{2, 0.5, 0}, {0.5, 1, 0.1}, {0, 0.1, 3}};
  quadratic.covariance = {{1, 0.2, 0}, {0.2, 0.5, 0}, {0, 0, 0}};
  quadratic.minimum = {1, -1, 0.5};
  all.push_back({"quadratic", "", quadratic, nullptr});
  LossOptions term = decay;
  term.term = "log(1 + (a*x1 + c*tanh(b*x2) - y)^2)";
  term.weights = {"a", "b"};
  term.parameters = {{"c", 0.7}};
  all.push_back({"expression", "", term, shared(teacher_student({600, 2, 0.5, 1}))});
  return all;
}

std::unique_ptr<Loss> make(const Case& c) { return LossCatalogue::find(c.name)->make()->make(c.options, c.data); }

VectorXd random_vector(std::size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  VectorXd v(static_cast<Eigen::Index>(n));
  for (double& x : v) x = 0.5 * normal(generator);
  return v;
}

double value(const Loss& loss, const VectorXd& w, const Batch& batch) {
  Workspace workspace;
  VectorXd ignored(w.size());
  return loss.evaluate(w.data(), batch, ignored.data(), workspace);
}

VectorXd gradient(const Loss& loss, const VectorXd& w, const Batch& batch) {
  Workspace workspace;
  VectorXd g(w.size());
  loss.gradient(w.data(), batch, g.data(), workspace);
  return g;
}

} // namespace

TEST_CASE("every loss has a case, and every case a loss") {
  std::vector<std::string> names;
  for (const Case& c : cases()) names.push_back(c.name);
  for (const std::string& name : LossCatalogue::names()) CHECK(std::find(names.begin(), names.end(), name) != names.end());
}

TEST_CASE("gradients and Hessian products are the differences of what they differentiate") {
  unsigned seed = 0;
  for (const Case& c : cases()) {
    CAPTURE(c.name, c.label, c.options.hidden);
    const auto loss = make(c);
    const std::size_t d = loss->dimension();
    const VectorXd w = random_vector(d, ++seed), v = random_vector(d, ++seed).normalized();
    const std::vector<std::uint32_t> samples{0, 3, 1, 3, 5, 2, 4}; // repeated, out of order
    const Batch batch{samples, nullptr};
    const double h = 1e-5;
    const double slope = (value(*loss, w + h * v, batch) - value(*loss, w - h * v, batch)) / (2 * h);
    const VectorXd g = gradient(*loss, w, batch);
    CHECK(g.dot(v) == Approx(slope).epsilon(1e-7).margin(1e-8));
    VectorXd also(g.size());
    Workspace workspace;
    (void)loss->evaluate(w.data(), batch, also.data(), workspace);
    CHECK((g - also).norm() <= 1e-15 * (1 + g.norm()));
    VectorXd Hv(g.size());
    loss->hessian_product(w.data(), batch, v.data(), Hv.data(), workspace);
    const VectorXd difference = (gradient(*loss, w + h * v, batch) - gradient(*loss, w - h * v, batch)) / (2 * h);
    CHECK((Hv - difference).norm() <= 1e-7 * (1 + Hv.norm()));
    const VectorXd u = random_vector(d, ++seed);
    VectorXd Hu(g.size());
    loss->hessian_product(w.data(), batch, u.data(), Hu.data(), workspace);
    CHECK(u.dot(Hv) == Approx(v.dot(Hu)).epsilon(1e-11).margin(1e-12));
  }
}

TEST_CASE("per-sample gradients average to the gradient; targets can be replaced") {
  unsigned seed = 100;
  for (const Case& c : cases()) {
    CAPTURE(c.name, c.label);
    const auto loss = make(c);
    const VectorXd w = random_vector(loss->dimension(), ++seed);
    const std::vector<std::uint32_t> samples{1, 0, 2, 4, 4};
    Workspace workspace;
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(5, w.size());
    loss->sample_gradients(w.data(), {samples, nullptr}, rows.data(), workspace);
    const VectorXd g = gradient(*loss, w, {samples, nullptr});
    CHECK((rows.colwise().mean().transpose() - g).norm() <= 1e-13 * (1 + g.norm()));
    CHECK(loss->squared_gradients(w.data(), {samples, nullptr}, workspace) == Approx(rows.squaredNorm() / 5).epsilon(1e-12));
    const VectorXd weights = VectorXd::LinSpaced(5, -1, 2.5);
    VectorXd weighted(w.size() + 8);
    loss->weighted_gradient(w.data(), {samples, nullptr}, weights.data(), weighted.data(), workspace);
    CHECK((weighted.head(w.size()) - rows.transpose() * weights).norm() <= 1e-13 * (1 + rows.norm()));
    if (!c.data) continue;
    std::vector<double> targets;
    for (const std::uint32_t i : samples) targets.push_back(c.data->targets[i]);
    CHECK(gradient(*loss, w, {samples, targets.data()}) == g);
    targets[1] = c.data->classes > 0 ? 1 - std::min(1.0, targets[1]) : targets[1] + 1;
    CHECK(gradient(*loss, w, {samples, targets.data()}) != g);
  }
}

TEST_CASE("the whole of the data: the same bits for one and two threads") {
  for (const Case& c : cases()) {
    if (c.label.find("squared") != std::string::npos) continue;
    CAPTURE(c.name, c.label);
    const auto loss = make(c);
    const VectorXd w = random_vector(loss->dimension(), 5);
    VectorXd one(w.size()), two(w.size());
    omp_set_num_threads(1);
    const double f = full_loss(*loss, w.data(), one.data());
    omp_set_num_threads(2);
    CHECK(full_loss(*loss, w.data(), two.data()) == f);
    CHECK(one == two);
  }
}

TEST_CASE("linear regression: normal equations, Hessian X^T X / N, noise from the residuals") {
  const auto data = shared(teacher_student({500, 6, 0.3, 2}));
  LossOptions options;
  options.bias = false;
  const auto loss = LossCatalogue::find("linear_regression")->make()->make(options, data);
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> X(data->inputs.data(), 500, 6);
  const Eigen::Map<const VectorXd> y(data->targets.data(), 500);
  const MatrixXd H = X.transpose() * X / 500;
  const VectorXd best = H.ldlt().solve(X.transpose() * y / 500);
  const Minimum minimum = minimise(*loss, std::vector<double>(6, 0.0));
  REQUIRE(minimum.converged);
  CHECK((Eigen::Map<const VectorXd>(minimum.weights.data(), 6) - best).norm() < 1e-12);
  CHECK((full_hessian(*loss, best.data()) - H).norm() < 1e-13);
  const VectorXd r = X * best - y;
  const MatrixXd D = X.transpose() * r.cwiseAbs2().asDiagonal() * X / 500;
  CHECK((gradient_covariance(*loss, best.data()) - D).norm() < 1e-13);
  CHECK(minimum.loss == Approx(r.squaredNorm() / 1000).epsilon(1e-13));
}

TEST_CASE("softmax of two classes is logistic regression") {
  const auto data = shared(gaussian_mixture({60, 4, 2, 1, 9}));
  const auto softmax = LossCatalogue::find("softmax")->make()->make({}, data), logistic = LossCatalogue::find("logistic")->make()->make({}, data);
  const VectorXd w = random_vector(10, 3); // inputs x classes, then biases
  VectorXd z(5), g(10), h(5);
  for (int j = 0; j < 4; ++j) z[j] = w[2 * j + 1] - w[2 * j];
  z[4] = w[9] - w[8];
  CHECK(full_loss(*softmax, w.data(), g.data()) == Approx(full_loss(*logistic, z.data(), h.data())).epsilon(1e-14));
  for (int j = 0; j < 5; ++j) CHECK(g[2 * j + 1] == Approx(h[j]).epsilon(1e-12));
}

TEST_CASE("a formula for the terms is the loss it writes out") {
  const auto data = shared(teacher_student({200, 2, 0.4, 6}));
  LossOptions options;
  options.term = "(a*x1 + b*x2 + c - y)^2/2";
  options.weights = {"a", "b", "c"};
  const auto formula = LossCatalogue::find("expression")->make()->make(options, data), linear = LossCatalogue::find("linear_regression")->make()->make({}, data);
  const VectorXd w = random_vector(3, 8);
  VectorXd g(3), h(3);
  CHECK(full_loss(*formula, w.data(), g.data()) == Approx(full_loss(*linear, w.data(), h.data())).epsilon(1e-13));
  CHECK((g - h).norm() < 1e-13);
  CHECK((full_hessian(*formula, w.data()) - full_hessian(*linear, w.data())).norm() < 1e-12);
}

TEST_CASE("the quadratic loss has the Hessian and the noise it was given, everywhere") {
  LossOptions options;
  options.hessian = {{2, 0.5}, {0.5, 1}};
  options.covariance = {{1, 0.3}, {0.3, 0.1}};
  options.minimum = {1, 2};
  const auto loss = LossCatalogue::find("quadratic")->make()->make(options, nullptr);
  for (const unsigned seed : {1U, 2U}) {
    const VectorXd w = random_vector(2, seed);
    CHECK((full_hessian(*loss, w.data()) - MatrixXd{{2, 0.5}, {0.5, 1}}).norm() < 1e-14);
    CHECK((gradient_covariance(*loss, w.data()) - MatrixXd{{1, 0.3}, {0.3, 0.1}}).norm() < 1e-14);
  }
  CHECK(std::abs(full_loss(*loss, options.minimum.data())) < 1e-15);
}

TEST_CASE("extreme weights: losses stay exact where naive formulas overflow") {
  const auto data = shared(gaussian_mixture({20, 3, 2, 1, 1}));
  const auto logistic = LossCatalogue::find("logistic")->make()->make({}, data), softmax = LossCatalogue::find("softmax")->make()->make({}, data);
  VectorXd w = VectorXd::Constant(4, 1e4), g(4), many = VectorXd::Zero(8), h(8);
  for (int j = 0; j < 4; ++j) many[2 * j + 1] = 1e4;
  const double f = full_loss(*logistic, w.data(), g.data());
  CHECK(std::isfinite(f));
  CHECK(g.allFinite());
  CHECK(full_loss(*softmax, many.data(), h.data()) == Approx(f).epsilon(1e-13));
  CHECK(h.allFinite());
}

TEST_CASE("options that make no sense are refused in words") {
  const auto data = shared(gaussian_mixture({20, 3, 3, 1, 1})), numbers = shared(teacher_student({20, 3, 1, 1}));
  CHECK_THROWS_AS(LossCatalogue::find("logistic")->make()->make({}, data), DataError); // three classes
  CHECK_THROWS_AS(LossCatalogue::find("softmax")->make()->make({}, numbers), DataError);
  CHECK_THROWS_AS(LossCatalogue::find("matrix_factorisation")->make()->make({}, data), DataError);
  LossOptions options;
  options.activation = "swish";
  CHECK_THROWS_AS(LossCatalogue::find("mlp")->make()->make(options, data), std::invalid_argument);
  options = {};
  CHECK_THROWS_AS(LossCatalogue::find("quadratic")->make()->make(options, nullptr), std::invalid_argument);
  options.hessian = {{1, 2}, {3, 1}};
  CHECK_THROWS_AS(LossCatalogue::find("quadratic")->make()->make(options, nullptr), std::invalid_argument);
  options.hessian = {{1, 0}, {0, 1}};
  options.covariance = {{1, 2}, {2, 1}};
  CHECK_THROWS_AS(LossCatalogue::find("quadratic")->make()->make(options, nullptr), std::invalid_argument);
  options = {};
  options.term = "x1*y";
  options.weights = {"x1"};
  CHECK_THROWS_AS(LossCatalogue::find("expression")->make()->make(options, numbers), std::invalid_argument);
}

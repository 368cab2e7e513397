// Whether second and fourth moments of SGD on parabolas stay bounded, and what the theorems say where they do not, or where there is no noise or no stationary law.
#include "sgd_subject.hpp"
#include "theorems/detail/moment_stability.hpp"

#include <Eigen/Eigenvalues>

#include <catch2/catch.hpp>

using namespace driftwell::theorems;
using Eigen::Index;
using Eigen::MatrixXd;
using driftwell::Schedule;
using subject::claim_of;
using subject::task;
namespace sgd = driftwell::sgd;

namespace {

/// Terms (a x + c - y)^2/2 of 7 samples, y with noise or on a line.
std::shared_ptr<sgd::Dataset> points(double noise) {
  auto data = std::make_shared<sgd::Dataset>();
  data->name = "points";
  data->samples = 7;
  data->features = 1;
  for (int i = 0; i < 7; ++i) {
    data->inputs.push_back(1.5 * std::sin(3.0 * i + 1));
    data->targets.push_back(0.7 * data->inputs.back() - 0.2 + noise * std::cos(5.0 * i));
  }
  return data;
}

std::shared_ptr<const sgd::Loss> regression(const std::shared_ptr<const sgd::Dataset>& data) {
  sgd::LossOptions options;
  options.term = "(a*x1 + c - y)^2/2";
  options.weights = {"a", "c"};
  return subject::loss("expression", options, data);
}

MatrixXd kronecker(const MatrixXd& a, const MatrixXd& b) {
  MatrixXd c(a.rows() * b.rows(), a.cols() * b.cols());
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) c.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return c;
}

/// Spectral radii of E A x A and of E A x A x A x A over every batch of two.
std::pair<double, double> radii(const sgd::Dataset& data, double eta, double momentum, bool nesterov, bool again) {
  const auto hessian = [&](std::size_t k) {
    const Eigen::Vector2d x(data.inputs[k], 1);
    return MatrixXd(x * x.transpose());
  };
  MatrixXd two, four;
  double count = 0;
  for (std::size_t i = 0; i < data.samples; ++i)
    for (std::size_t j = 0; j < data.samples; ++j) {
      if (!again && i == j) continue;
      const MatrixXd I = MatrixXd::Identity(2, 2), pull = eta * (hessian(i) + hessian(j)) / 2;
      MatrixXd A = I - pull;
      if (momentum > 0) {
        const MatrixXd keep = momentum * (nesterov ? MatrixXd(I - pull) : I);
        A.resize(4, 4);
        A << I - pull, keep, -pull, keep;
      }
      const MatrixXd AA = kronecker(A, A);
      if (count == 0) {
        two = MatrixXd::Zero(AA.rows(), AA.cols());
        four = MatrixXd::Zero(AA.rows() * AA.rows(), AA.cols() * AA.cols());
      }
      two += AA;
      four += kronecker(AA, AA);
      count += 1;
    }
  const auto radius = [count](const MatrixXd& m) { return m.eigenvalues().cwiseAbs().maxCoeff() / count; };
  return {radius(two), radius(four)};
}

} // namespace

TEST_CASE("growth of second and fourth moments is that of the maps of tensors") {
  const auto data = points(0.5);
  for (const auto& [eta, momentum, nesterov, again] : {std::tuple{0.3, 0.0, false, true}, {1.1, 0.0, false, true}, {1.1, 0.0, false, false}, {0.9, 0.4, false, true}, {0.6, 0.4, true, true}}) {
    SgdTask t = task(regression(data), eta, 2, {1, 1});
    t.options.momentum = momentum;
    t.options.nesterov = nesterov;
    t.options.sampling = again ? sgd::Sampling::with_replacement : sgd::Sampling::without_replacement;
    const SgdEvidence evidence(t);
    const LinearSgd linear = linear_sgd(evidence);
    const auto [two, four] = radii(*data, eta, momentum, nesterov, again);
    const StepRule rule{eta, sgd::batch_factor(7, 2, t.options.sampling), momentum, nesterov};
    INFO("eta = " << eta << ", momentum = " << momentum << ": " << two << ", " << four);
    CHECK(MomentRecursion(linear, rule).growth() == Approx(two).epsilon(1e-3));
    const Measured found = log_fourth_growth(evidence, linear, t.options);
    CHECK(found.standard_error < 0.02);
    CHECK(std::abs(found.value - std::log(four)) < 4 * found.standard_error + 0.01);
    CHECK((bounded_moments(evidence, linear, t.options, rule).state == Hypothesis::State::met) == (two < 1 && four < 1));
  }
}

TEST_CASE("large batches are bounded by smaller ones, and constant noise has the radius of the mean step") {
  const auto data = points(0.5);
  SgdTask t = task(regression(data), 1.1, 200'000, {1, 1});
  const SgdEvidence evidence(t);
  const LinearSgd linear = linear_sgd(evidence);
  CHECK(bounded_moments(evidence, linear, t.options, {1.1, sgd::batch_factor(7, 200'000, t.options.sampling)}).state == Hypothesis::State::met);
  // With momentum and constant noise the radius is that of the mean step, squared: heavy ball where it oscillates has sqrt(mu).
  SgdTask heavy = task(subject::quadratic({{1, 0}, {0, 2}}, {{1, 0}, {0, 1}}), 0.5, 1, {1, 1});
  const SgdEvidence still(heavy);
  const LinearSgd constant = linear_sgd(still);
  CHECK(MomentRecursion(constant, {0.5, 1, 0.64, false}).growth() == Approx(0.64).epsilon(1e-12));
}

TEST_CASE("sampled claims do not apply where second or fourth moments grow without bound") {
  const auto data = points(0.5);
  bool second = false, fourth = false;
  for (double eta = 0.6; eta < 1.6; eta += 0.1) {
    const auto [two, four] = radii(*data, eta, 0, false, true);
    if (two < 0.98 && four < 1.02) continue;
    SgdTask t = task(regression(data), eta, 2, {1, 1});
    t.options.replicas = 64;
    const Certificate lr = certify("lr_over_batch", subject::of(t)), fluctuation = certify("yaida", subject::of(t));
    INFO(eta << ": " << two << ", " << four << "\n" << subject::words(lr) << subject::words(fluctuation));
    CHECK(claim_of(lr, "sampled").verdict == Verdict::not_applicable);
    CHECK(claim_of(fluctuation, "increments").verdict == Verdict::not_applicable);
    (two < 1 ? fourth : second) = true;
  }
  CHECK(second);
  CHECK(fourth);
}

TEST_CASE("where every term is least at the minimum there is no cloud") {
  for (const double momentum : {0.0, 0.9}) {
    SgdTask t = task(regression(points(0)), 0.1, 2, {1, 1});
    t.options.momentum = momentum;
    const Certificate certificate = certify(momentum > 0 ? "momentum_temperature" : "lr_over_batch", subject::of(t));
    INFO(subject::words(certificate));
    CHECK(certificate.verdict == Verdict::not_applicable);
    CHECK(claim_of(certificate, "sampled").detail.find("gradient noise at the minimum") != std::string::npos);
  }
  for (const std::size_t replicas : {20, 64, 100, 256, 1000}) {
    SgdTask still = task(subject::quadratic({{1}}, {{0}}), 0.1, 1, {1});
    still.options.replicas = replicas;
    still.steps = 500;
    const Certificate fluctuation = certify("yaida", subject::of(still));
    INFO(subject::words(fluctuation));
    CHECK(claim_of(fluctuation, "balance").verdict == Verdict::holds); // of what gradient descent leaves, to rounding
    CHECK(fluctuation.verdict == Verdict::not_applicable);
  }
}

TEST_CASE("companions alone do not make a theorem hold: SGD that diverges") {
  const SgdTask t = task(subject::quadratic({{1}}, {{1}}), 2.5, 1, {1});
  for (const auto& [theorem, companion] : {std::pair{"lr_over_batch", "batch_factor"}, {"svag", "weights"}}) {
    const Certificate certificate = certify(theorem, subject::of(t));
    INFO(subject::words(certificate));
    CHECK(certificate.verdict == Verdict::not_applicable);
    CHECK(claim_of(certificate, companion).verdict == Verdict::holds);
  }
}

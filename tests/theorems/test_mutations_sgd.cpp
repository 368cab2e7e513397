// The SGD side spoilt in ways that are easily made: some certificate finds each.
#include "sgd_subject.hpp"

#include <catch2/catch.hpp>

using namespace driftwell::theorems;
using subject::claim_of;
using subject::task;
namespace sgd = driftwell::sgd;

namespace {

SgdTask plain() {
  SgdTask t = task(subject::quadratic({{2.0, 0.5}, {0.5, 1.0}}, {{1.0, 0.0}, {0.0, 0.1}}), 0.2, 2, {2, -1});
  t.options.replicas = 256;
  return t;
}

Verdict verdict(const std::string& theorem, const std::string& name, const SgdTask& t) {
  Subject subject = subject::of(t);
  subject.judgement.precision = 0.1; // mistakes are coarser: short samples find them
  const Certificate certificate = certify(theorem, subject);
  INFO(subject::words(certificate));
  return claim_of(certificate, name).verdict;
}

} // namespace

TEST_CASE("mutation: covariance without replacement with the wrong sign") {
  SgdTask t = plain();
  t.options.sampling = sgd::Sampling::without_replacement;
  CHECK(verdict("lr_over_batch", "batch_factor", t) == Verdict::holds);
  t.make.batch_factor = [](std::size_t samples, std::size_t batch, sgd::Sampling sampling) {
    const auto N = static_cast<double>(samples), b = static_cast<double>(batch);
    if (sampling == sgd::Sampling::with_replacement) return 1 / b;
    return (1 - b / N) * (1 - 1 / (N - 1)) / b;
  };
  CHECK(verdict("lr_over_batch", "batch_factor", t) == Verdict::violated);
  CHECK(verdict("lr_over_batch", "exact", t) == Verdict::violated);
  CHECK(verdict("lr_over_batch", "sampled", t) == Verdict::violated);
  CHECK(verdict("yaida", "exact", t) == Verdict::violated);
  CHECK(verdict("yaida", "balance", t) == Verdict::violated);
}

TEST_CASE("mutation: eta/b as the temperature") {
  SgdTask t = plain();
  t.make.temperature = [](double eta, double factor, double momentum) { return eta * factor / (1 - momentum); };
  CHECK(verdict("lr_over_batch", "temperature", t) == Verdict::violated);
  CHECK(verdict("lr_over_batch", "first_order", t) == Verdict::violated);
}

TEST_CASE("mutation: momentum forgotten") {
  SgdTask t = plain();
  t.options.momentum = 0.6;
  SgdTask forgotten = t;
  forgotten.make.temperature = [](double eta, double factor, double) { return eta * factor / 2; };
  CHECK(verdict("momentum_temperature", "first_order", t) == Verdict::holds);
  CHECK(verdict("momentum_temperature", "first_order", forgotten) == Verdict::violated);
  forgotten = t;
  forgotten.make.process = [](const sgd::Loss& loss, sgd::ProcessOptions options) {
    options.momentum = 0;
    return std::make_unique<sgd::Process>(loss, options);
  };
  CHECK(verdict("momentum_temperature", "sampled", forgotten) == Verdict::violated);
}

TEST_CASE("mutation: weights of SVAG, and its learning rate") {
  SgdTask t = plain();
  t.options.svag = 4;
  SgdTask spoilt = t;
  spoilt.make.svag_weights = [](std::size_t l) {
    const double root = std::sqrt(2.0 * static_cast<double>(l) - 1);
    return std::pair{(root + 1) / 2, (root - 1) / 2}; // the sign of the second one
  };
  CHECK(verdict("svag", "weights", t) == Verdict::holds);
  CHECK(verdict("svag", "weights", spoilt) == Verdict::violated);
  spoilt = t;
  spoilt.make.svag_weights = [](std::size_t l) {
    const double root = std::sqrt(2.0 * static_cast<double>(l) + 1);
    return std::pair{(1 + root) / 2, (1 - root) / 2};
  };
  CHECK(verdict("svag", "stationary", spoilt) == Verdict::violated);
  CHECK(verdict("svag", "sampled", spoilt) == Verdict::violated);
  CHECK(verdict("svag", "convergence", spoilt) == Verdict::holds); // l + 1 instead of l: the limit is the same
  spoilt.make.svag_weights = [](std::size_t l) {
    const double root = 1.1 * std::sqrt(2.0 * static_cast<double>(l) - 1);
    return std::pair{(1 + root) / 2, (1 - root) / 2};
  };
  CHECK(verdict("svag", "convergence", spoilt) == Verdict::violated);
  // The two batches are alike: exchanging their weights is no mistake, and none is found.
  spoilt.make.svag_weights = [](std::size_t l) {
    const auto [here, there] = sgd::svag_weights(l);
    return std::pair{there, here};
  };
  CHECK(verdict("svag", "stationary", spoilt) == Verdict::holds);
  spoilt = t;
  spoilt.make.process = [](const sgd::Loss& loss, sgd::ProcessOptions options) {
    options.svag = 1; // all batches as if there were no SVAG, at the full learning rate
    return std::make_unique<sgd::Process>(loss, options);
  };
  CHECK(verdict("svag", "sampled", spoilt) == Verdict::violated);
}

TEST_CASE("mutation: noise of the wrong size in the equation of a loss that is no parabola") {
  SgdTask t = task(subject::line(8, 1.0), 0.1, 2, {1});
  CHECK(verdict("modified_equations", "local_order_2", t) == Verdict::holds);
  t.make.batch_factor = [](std::size_t samples, std::size_t batch, sgd::Sampling sampling) { return 2 * sgd::batch_factor(samples, batch, sampling); };
  CHECK(verdict("modified_equations", "local_order_2", t) == Verdict::violated);
  CHECK(verdict("modified_equations", "local_order_1", t) == Verdict::holds); // the noise is of the order of what order 1 leaves
}

TEST_CASE("mutation: the modified equation without its eta/4 term") {
  SgdTask t = plain();
  t.make.modified = [](const Eigen::MatrixXd& H, const Eigen::MatrixXd& C, int, double eta, double time, const Eigen::VectorXd& start) {
    return sgd::QuadraticMoments(H, C).modified_equation(1, eta, time, start);
  };
  CHECK(verdict("modified_equations", "mean_order_1", t) == Verdict::holds);
  CHECK(verdict("modified_equations", "mean_order_2", t) == Verdict::violated);
  CHECK(verdict("modified_equations", "weak_order_2", t) == Verdict::violated);
}

TEST_CASE("mutation: covariance of the noise with N/(N - 1)") {
  SgdTask t = plain();
  t.make.noise = [](const sgd::Loss& loss, const double* w) {
    const auto N = static_cast<double>(loss.samples());
    return Eigen::MatrixXd(sgd::gradient_covariance(loss, w) * N / (N - 1));
  };
  CHECK(verdict("lr_over_batch", "exact", t) == Verdict::violated);
  CHECK(verdict("lr_over_batch", "first_order", t) == Verdict::violated);
  CHECK(verdict("svag", "stationary", t) == Verdict::violated);
  // Noise wrong by a factor is an error O(eta) of second moments.
  CHECK(verdict("modified_equations", "weak_order_1", t) == Verdict::holds);
  CHECK(verdict("modified_equations", "weak_order_2", t) == Verdict::violated);
}

TEST_CASE("mutation: batches smaller than told, and a learning rate that is not the one used") {
  SgdTask t = plain();
  t.make.process = [](const sgd::Loss& loss, sgd::ProcessOptions options) {
    options.batch_size = driftwell::Schedule(1.0);
    return std::make_unique<sgd::Process>(loss, options);
  };
  CHECK(verdict("lr_over_batch", "sampled", t) == Verdict::violated);
  CHECK(verdict("yaida", "balance", t) == Verdict::violated);
  t.make.process = [](const sgd::Loss& loss, sgd::ProcessOptions options) {
    options.learning_rate = driftwell::Schedule(1.2 * options.learning_rate.value(0));
    return std::make_unique<sgd::Process>(loss, options);
  };
  CHECK(verdict("yaida", "increments", t) == Verdict::violated);
  CHECK(verdict("modified_equations", "cloud", t) == Verdict::violated);
}

// The theorems of the SGD side where they hold, near equality, and where a hypothesis fails.
#include "sgd_subject.hpp"
#include "theorems/detail/local_moments.hpp"

#include <catch2/catch.hpp>

using namespace driftwell::theorems;
using driftwell::Schedule;
using subject::claim_of;
using subject::task;
namespace sgd = driftwell::sgd;

namespace {

const subject::Rows H{{2.0, 0.5}, {0.5, 1.0}}, C{{1.0, 0.0}, {0.0, 0.1}};

SgdTask plain(double eta = 0.2) { return task(subject::quadratic(H, C, {0.5, -1}), eta, 2, {2, -1}); }

bool has_failed(const Claim& c, const std::string& words) {
  return c.verdict == Verdict::not_applicable && c.detail.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("lr_over_batch: exact, sampled, and the scaling rule where it breaks") {
  const engine::ProcessorTime taken;
  const Certificate certificate = certify("lr_over_batch", subject::of(plain()));
  INFO(subject::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  for (const char* name : {"batch_factor", "exact", "first_order", "temperature", "linear_scaling"}) {
    CHECK(claim_of(certificate, name).verdict == Verdict::holds);
    CHECK(claim_of(certificate, name).worst.tolerance < 1e-8 * claim_of(certificate, name).worst.size);
  }
  CHECK(claim_of(certificate, "exact").worst.tolerance < 1e-12);
  CHECK(claim_of(certificate, "sampled").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "ratio_alone").as_printed);
  CHECK(claim_of(certificate, "ratio_alone").verdict == Verdict::violated);
  CHECK(claim_of(certificate, "without_replacement_printed").as_printed);
  CHECK(claim_of(certificate, "without_replacement_printed").verdict == Verdict::violated);
  CHECK(taken.seconds() < 5);
}

TEST_CASE("lr_over_batch: noise that depends on the weights, without replacement") {
  SgdTask t = task(subject::line(12), 0.15, 3, {1});
  t.options.sampling = sgd::Sampling::without_replacement;
  const Certificate certificate = certify("lr_over_batch", subject::of(t));
  INFO(subject::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  CHECK(claim_of(certificate, "sampled").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "first_order").verdict == Verdict::holds);
  CHECK(has_failed(claim_of(certificate, "exact"), "does not depend on the weights"));
}

TEST_CASE("lr_over_batch: a loss that is no parabola, from three learning rates") {
  SgdTask t = task(subject::line(12, 0.3), 0.1, 2, {1});
  Subject s = subject::of(t);
  s.judgement.precision = 0.1;
  const Certificate certificate = certify("lr_over_batch", s);
  INFO(subject::words(certificate));
  CHECK(claim_of(certificate, "sampled_law").verdict == Verdict::holds);
  CHECK(certificate.verdict == Verdict::holds);
  t.make.temperature = [](double eta, double factor, double) { return eta * factor; };
  Subject hot = subject::of(t);
  hot.judgement.precision = 0.1;
  CHECK(claim_of(certify("lr_over_batch", hot), "sampled_law").verdict == Verdict::violated);
}

TEST_CASE("lr_over_batch: what does not apply says why") {
  SgdTask epochs = plain();
  epochs.options.sampling = sgd::Sampling::epochs;
  CHECK(has_failed(claim_of(certify("lr_over_batch", subject::of(epochs)), "exact"), "independently of each other"));
  SgdTask quartic = task(subject::line(12, 0.5), 0.1, 3, {1});
  CHECK(has_failed(claim_of(certify("lr_over_batch", subject::of(quartic)), "first_order"), "is a parabola"));
  SgdTask fast = plain(1.2);
  CHECK(has_failed(claim_of(certify("lr_over_batch", subject::of(fast)), "exact"), "below 2"));
  SgdTask scheduled = plain();
  scheduled.options.learning_rate = Schedule({0, 10}, {0.2, 0.1}, Schedule::Interpolation::step);
  CHECK(has_failed(claim_of(certify("lr_over_batch", subject::of(scheduled)), "exact"), "stay constant"));
  CHECK(certify("lr_over_batch", Subject{}).verdict == Verdict::not_applicable);
}

TEST_CASE("yaida: any loss, any learning rate; momentum; not for epochs, not before the stationary law") {
  SgdTask t = plain(0.4);
  t.options.replicas = 1024;
  t.steps = 1200;
  const Certificate quadratic = certify("yaida", subject::of(t));
  INFO(subject::words(quadratic));
  CHECK(quadratic.verdict == Verdict::holds);
  CHECK(claim_of(quadratic, "exact").verdict == Verdict::holds);
  CHECK(claim_of(quadratic, "exact").worst.tolerance < 1e-12);
  CHECK(claim_of(quadratic, "balance").verdict == Verdict::holds);

  SgdTask quartic = task(subject::line(8, 1.0), 0.4, 1, {1});
  quartic.options.replicas = 1024;
  quartic.steps = 1600;
  const Certificate general = certify("yaida", subject::of(quartic));
  INFO(subject::words(general));
  CHECK(claim_of(general, "covariance").verdict == Verdict::holds);
  CHECK(claim_of(general, "increments").verdict == Verdict::holds);
  CHECK(has_failed(claim_of(general, "exact"), "parabola"));

  quartic.options.sampling = sgd::Sampling::epochs;
  CHECK(has_failed(claim_of(certify("yaida", subject::of(quartic)), "covariance"), "independently of the weights"));

  for (const bool nesterov : {false, true}) {
    SgdTask heavy = t;
    heavy.options.momentum = 0.5;
    heavy.options.nesterov = nesterov;
    const Certificate certificate = certify("yaida", subject::of(heavy));
    INFO(subject::words(certificate));
    CHECK(claim_of(certificate, "increments").verdict == Verdict::holds);
  }
  SgdTask early = plain(0.02);
  early.start = {20, 20};
  early.steps = 20;
  const Certificate certificate = certify("yaida", subject::of(early));
  INFO(subject::words(certificate));
  CHECK(has_failed(claim_of(certificate, "covariance"), "a stationary law"));
  CHECK(claim_of(certificate, "balance").verdict == Verdict::holds);
}

TEST_CASE("momentum_temperature: THEORY's 0.513513513514, Nesterov, sampled") {
  SgdTask t = task(subject::quadratic({{1}}, {{1}}), 0.1, 1, {0});
  t.options.momentum = 0.9;
  const Certificate heavy = certify("momentum_temperature", subject::of(t));
  INFO(subject::words(heavy));
  CHECK(heavy.verdict == Verdict::holds);
  CHECK(claim_of(heavy, "exact").worst.left.value == Approx(0.513513513514).epsilon(1e-11));
  CHECK(claim_of(heavy, "exact").worst.right.value == Approx(0.513513513514).epsilon(1e-11));
  CHECK(claim_of(heavy, "sampled").verdict == Verdict::holds);
  CHECK(claim_of(heavy, "first_order").worst.right.value == Approx(0.5 / 0.1).epsilon(1e-12));
  SgdTask nesterov = plain();
  nesterov.options.momentum = 0.7;
  nesterov.options.nesterov = true;
  const Certificate certificate = certify("momentum_temperature", subject::of(nesterov));
  INFO(subject::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  CHECK(certify("momentum_temperature", subject::of(plain())).verdict == Verdict::not_applicable);
}

TEST_CASE("svag: variance at every l, convergence, sampled") {
  const Certificate certificate = certify("svag", subject::of(plain()));
  INFO(subject::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  for (const char* name : {"stationary", "weights", "convergence", "sampled"}) CHECK(claim_of(certificate, name).verdict == Verdict::holds);
  CHECK(claim_of(certificate, "convergence").worst.tolerance < 1e-4 * claim_of(certificate, "convergence").worst.size);
  CHECK(has_failed(claim_of(certify("svag", subject::of(task(subject::line(8), 0.1, 2, {1}))), "stationary"), "does not depend on the weights"));
}

TEST_CASE("modified_equations: THEORY's errors at eta = 2^-10, orders, cloud") {
  // f = x^2, f+- = (x -+ 1)^2 - 1: curvature 2, noise 4; x0 = 1, T = 1.
  SgdTask t = task(subject::quadratic({{2}}, {{4}}), 0x1p-10, 1, {1});
  t.steps = 1024;
  t.options.replicas = 6000;
  const Certificate certificate = certify("modified_equations", subject::of(t));
  INFO(subject::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  CHECK(claim_of(certificate, "weak_order_1").worst.left.value == Approx(1).margin(0.01));
  CHECK(claim_of(certificate, "weak_order_2").worst.left.value == Approx(2).margin(0.01));
  CHECK(claim_of(certificate, "mean_order_1").worst.left.value == Approx(2.644127690e-4).epsilon(1e-9));
  CHECK(claim_of(certificate, "mean_order_2").worst.left.value == Approx(3.440073906e-7).epsilon(1e-7));
  // Near equality.
  CHECK(claim_of(certificate, "mean_order_1").worst.right.value < 2.66e-4);
  CHECK(claim_of(certificate, "mean_order_2").worst.right.value < 3.46e-7);
  CHECK(claim_of(certificate, "mean_order_1").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "mean_order_2").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "cloud").verdict == Verdict::holds);
  SgdTask fast = t;
  fast.options.learning_rate = Schedule(0.7);
  CHECK(has_failed(claim_of(certify("modified_equations", subject::of(fast)), "mean_order_1"), "below 1"));
}

TEST_CASE("modified_equations: any loss, by the moments of single steps") {
  std::vector<SgdTask> tasks{task(subject::line(8, 1.0), 0.1, 1, {1}), task(subject::logistic(), 0.1, 2, {1, -0.5})};
  tasks.push_back(tasks.back());
  tasks.back().options.sampling = sgd::Sampling::without_replacement;
  for (const SgdTask& t : tasks) {
    const Certificate certificate = certify("modified_equations", subject::of(t));
    INFO(subject::words(certificate));
    CHECK(certificate.verdict == Verdict::holds);
    CHECK(certificate.applying() == 2);
    CHECK(claim_of(certificate, "mean_order_1").verdict == Verdict::not_applicable);
    const SgdEvidence& evidence = *subject::of(t).sgd_;
    const Eigen::VectorXd w = Eigen::Map<const Eigen::VectorXd>(t.start.data(), static_cast<Eigen::Index>(t.start.size()));
    const LocalErrors first = local_errors(evidence, w, 1, 1.0 / 32, 6), second = local_errors(evidence, w, 2, 1.0 / 32, 6);
    CHECK(local_order(first.mean).value == Approx(2).margin(0.01)); // the equation of order 1 has no order 2
    CHECK(local_order(second.mean).value == Approx(3).margin(0.01));
    CHECK(local_order(first.second).value == Approx(3).margin(0.01));
    CHECK(local_order(second.second).value == Approx(3).margin(0.01));
    // (eta^2/2) H g is what the equation of order 1 lacks, H g from a difference of gradients.
    sgd::Workspace workspace;
    const std::vector<std::uint32_t> all = sgd::all_samples(t.loss->samples());
    Eigen::VectorXd g(w.size()), ahead(w.size());
    t.loss->gradient(w.data(), {all, nullptr}, g.data(), workspace);
    const Eigen::VectorXd moved = w + 1e-5 * g;
    t.loss->gradient(moved.data(), {all, nullptr}, ahead.data(), workspace);
    const double eta = 1.0 / 32 / 64;
    CHECK(first.mean.back().value == Approx(eta * eta / 2 * (ahead - g).norm() / 1e-5).epsilon(1e-2));
  }
}

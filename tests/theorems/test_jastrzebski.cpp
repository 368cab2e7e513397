// Masses of wide and deep minima: Laplace, crossover, noise that depends on x; where they do not apply or are spoilt.
#include "density_subject.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::theorems;
using engine::axis;
using engine::claim_of;

namespace {

const std::string wide_and_narrow = "(x^2-1)^2*(1 + 0.4*x + 0.1*x^2)/4 - 0.004*x";

DensityTask wells(double T, std::size_t cells = 800) {
  engine::ModelText text{{"x"}, wide_and_narrow};
  text.temperature = T;
  return engine::density_task(engine::model(text), Grid({axis(-2.5, 2.2, cells)}), {-0.8}, 0.2, {0, 1});
}

} // namespace

TEST_CASE("jastrzebski: Laplace's masses and the crossover of a wide and a deep minimum") {
  const Certificate certificate = certify("jastrzebski", engine::subject(wells(0.1)));
  INFO(engine::words(certificate));
  CHECK(certificate.verdict == Verdict::holds);
  for (const char* name : {"laplace", "masses", "crossover"}) CHECK(claim_of(certificate, name).verdict == Verdict::holds);
  CHECK(claim_of(certificate, "laplace").worst.tolerance < 1e-3);
  CHECK(std::abs(claim_of(certificate, "crossover").worst.margin) < 1e-2 * claim_of(certificate, "crossover").worst.right.value);
}

TEST_CASE("jastrzebski in two variables") {
  engine::ModelText text{{"x", "y"}, "(x^2-1)^2/4 + y^2*(1 + x/2 + x^2)/2"};
  text.temperature = 0.2;
  const Certificate certificate = certify("jastrzebski", engine::subject(engine::density_task(engine::model(text), Grid({axis(-2, 2, 160), axis(-2, 2, 160)}), {-1, 0}, 0.3, {0, 1})));
  INFO(engine::words(certificate));
  CHECK(claim_of(certificate, "laplace").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "masses").verdict == Verdict::holds);
}

TEST_CASE("noise that depends on x: its gradient belongs to the density") {
  engine::ModelText text{{"x"}, "x^2/2"};
  text.diffusion = {"1 + x^2"};
  text.temperature = 0.5;
  const Certificate certificate = certify("jastrzebski", engine::subject(engine::density_task(engine::model(text), Grid({axis(-6, 6, 800)}), {1}, 0.3, {0, 1})));
  INFO(engine::words(certificate));
  CHECK(claim_of(certificate, "noise_gradient").verdict == Verdict::holds);
  CHECK(claim_of(certificate, "slow_noise").as_printed);
  CHECK(claim_of(certificate, "slow_noise").verdict == Verdict::violated);
  CHECK(claim_of(certificate, "laplace").verdict == Verdict::not_applicable);
}

TEST_CASE("jastrzebski: a force, a degenerate minimum, coarse cells and a wrong temperature are told") {
  engine::ModelText pushed{{"x"}, "(x^2-1)^2/4"};
  pushed.force = {"0.1"};
  CHECK(certify("jastrzebski", engine::subject(engine::density_task(engine::model(pushed), Grid({axis(-3, 3, 64)}), {-0.8}, 0.2, {0, 1}))).verdict == Verdict::not_applicable);
  const Certificate flat = certify("jastrzebski", engine::subject(engine::density_task(engine::model({{"x"}, "x^4/4"}), Grid({axis(-3, 3, 64)}), {-0.8}, 0.2, {0, 1})));
  CHECK(flat.verdict == Verdict::not_applicable);
  CHECK(claim_of(flat, "laplace").detail.find("positive definite") != std::string::npos);
  CHECK(claim_of(certify("jastrzebski", engine::subject(wells(0.1, 24))), "laplace").detail.find("cells that resolve") != std::string::npos);
  DensityTask cold = wells(0.1);
  cold.make.steady = [](const Model& model, const Generator& generator, const Eigen::VectorXd& loss) {
    return steady_state(build_generator(model.with_temperature(0.05), generator.grid()), &loss);
  };
  CHECK(claim_of(certify("jastrzebski", engine::subject(std::move(cold))), "masses").verdict == Verdict::violated);
}

// What [sgd] says before a run that will not stay where it is, or has no error bars; and the entropy of its last cloud.
#include "run/build_sgd.hpp"
#include "run/sgd_stability.hpp"
#include "run/sgd_summary.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

std::vector<std::string> warnings_of(const std::string& loss, const std::string& rest = "") {
  const input::Spec spec = input::parse("[sgd]\nloss = { name = \"quadratic\", " + loss + " }\nlearning_rate = 0.1\nsteps = 10\nstart = \"zero\"\n" + rest, "e.toml");
  return run::stability_warnings(*spec.sgd, run::build_sgd(spec));
}

input::Spec cloud_spec(const std::string& hessian, int replicas) {
  return input::parse("[sgd]\nloss = { name = \"quadratic\", hessian = " + hessian + " }\nlearning_rate = 0.1\nbatch_size = 64\nsteps = 10\nstart = \"zero\"\nreplicas = " + std::to_string(replicas) + "\n", "e.toml");
}

run::CloudEntropy entropy_of(const input::Spec& spec, std::uint64_t steps) {
  const run::SgdProblem problem = run::build_sgd(spec);
  sgd::Process process(*problem.loss, problem.options);
  process.start(problem.start, problem.start_std);
  process.advance(steps);
  return run::cloud_entropy(process);
}

} // namespace

TEST_CASE("a parabola without a minimum is said to be one, before the weights run away") {
  using Catch::Matchers::Contains;
  REQUIRE(warnings_of("hessian = [[1.0, 0.0], [0.0, -2.0]]").size() == 1);
  CHECK_THAT(warnings_of("hessian = [[1.0, 0.0], [0.0, -2.0]]")[0], Contains("no minimum") && Contains("-2"));
  CHECK_THAT(warnings_of("hessian = [[1.0, 1.0], [1.0, 1.0]]").at(0), Contains("singular"));
  CHECK(warnings_of("hessian = [[1.0, 0.5], [0.5, 1.0]]").empty());
}

TEST_CASE("the longest step that does not diverge: with momentum and SVAG, too") {
  using Catch::Matchers::Contains;
  // limit 2/h = 0.1 of h = 20; with mu = 0.5 the heavy ball allows 0.15, Nesterov 0.075
  CHECK_THAT(warnings_of("hessian = [[20.0]]").at(0), Contains("diverges from 0.1 on"));
  CHECK(warnings_of("hessian = [[20.0]]", "momentum = 0.5\n").empty());
  CHECK_THAT(warnings_of("hessian = [[20.0]]", "momentum = 0.5\nnesterov = true\n").at(0), Contains("0.075"));
  CHECK(warnings_of("hessian = [[20.0]]", "svag = 2\n").empty());
  // The limit itself, from the process: below it the cloud stays, above it it grows.
  for (const bool nesterov : {false, true})
    for (const double side : {0.98, 1.02}) {
      const double limit = 2 * 1.5 / (nesterov ? 2 : 1) / 20;
      const input::Spec spec = input::parse("[sgd]\nloss = { name = \"quadratic\", hessian = [[20.0]], covariance = [[0.0]] }\nlearning_rate = " + std::to_string(side * limit) +
                                                "\nsteps = 10\nstart = [1.0]\nreplicas = 2\nmomentum = 0.5\nnesterov = " + (nesterov ? "true" : "false") + "\n", "e.toml");
      const run::SgdProblem problem = run::build_sgd(spec);
      sgd::Process process(*problem.loss, problem.options);
      process.start(problem.start);
      process.advance(2000);
      CHECK((std::abs(process.weights(0)[0]) < 1) == (side < 1));
    }
}

TEST_CASE("one replica has no error bars, and that is said") {
  using Catch::Matchers::Contains;
  CHECK_THAT(warnings_of("hessian = [[1.0]]", "replicas = 1\n").at(0), Contains("one replica"));
  CHECK_THAT(warnings_of("hessian = [[1.0]]", "loss_replicas = 1\n").at(0), Contains("loss_replicas = 1"));
}

TEST_CASE("entropy of a Gaussian cloud, from neighbours and from its covariance") {
  // After many steps with many samples a step the cloud is Gaussian with variance eta/(b (2 - eta)) in each direction.
  const double variance = 0.1 / (64 * 1.9), per_weight = 0.5 * std::log(2 * 3.14159265358979 * std::exp(1.0) * variance);
  const run::CloudEntropy few = entropy_of(cloud_spec("[[1, 0], [0, 1]]", 2000), 100);
  CHECK(few.method == "nearest_neighbours");
  CHECK(std::abs(few.entropy.value - 2 * per_weight) < 4 * few.entropy.standard_error + 0.02);
  std::string identity = "[";
  for (int i = 0; i < 12; ++i) {
    identity += i ? ", [" : "[";
    for (int j = 0; j < 12; ++j) identity += std::string(j ? ", " : "") + (i == j ? "1" : "0");
    identity += "]";
  }
  const run::CloudEntropy many = entropy_of(cloud_spec(identity + "]", 100), 100);
  CHECK(many.method == "gaussian");
  CHECK(std::abs(many.entropy.value - 12 * per_weight) < 4 * many.entropy.standard_error);
  CHECK(many.entropy.standard_error == Approx(std::sqrt(12.0 / 2 / 94)).epsilon(0.05));
  CHECK(std::isnan(entropy_of(cloud_spec(identity + "]", 12), 100).entropy.value));
}

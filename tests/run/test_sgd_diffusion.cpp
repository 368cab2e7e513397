// SGD beside its diffusion through the command and back from the file: clouds, divergences and the projected density against closed forms.
#include "shipped.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/record/reader.hpp"
#include "driftwell/run/commands.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

using namespace driftwell;
using shipped_runs::Result;
using shipped_runs::shipped;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

namespace fs = std::filesystem;

double gaussian_kl(const sgd::Moments& p, const sgd::Moments& q) {
  const MatrixXd inverse = q.covariance.inverse();
  const VectorXd delta = p.mean - q.mean;
  return ((inverse * p.covariance).trace() - static_cast<double>(delta.size()) + delta.dot(inverse * delta) + std::log(q.covariance.determinant() / p.covariance.determinant())) / 2;
}

std::string message(const fs::path& file, const std::vector<std::string>& overrides) {
  run::RunOptions options;
  options.file = file.string();
  options.verbosity = 0;
  options.overrides = overrides;
  try {
    run::check_experiment(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "valid";
}

} // namespace

TEST_CASE("sgd_quadratic beside its diffusion: moments and divergences of both orders are the closed ones, at every output") {
  const double eta = 0.1;
  const Result result("sgd_diffusion", shipped("sgd_quadratic"), {"sgd.steps=80", "sgd.outputs=9", "sgd.replicas=1000", "sgd.projection={ directions = [[1, 0], [0, 1]], cells = 48 }"});
  const sgd::QuadraticMoments exact(MatrixXd{{2, 0.5}, {0.5, 1}}, MatrixXd{{0.25, 0}, {0, 0.025}});
  const VectorXd start = (VectorXd(2) << 2, -1).finished();
  const auto mean = result.read("diffusion_mean"), mean_error = result.read("diffusion_mean_stderr"), covariance = result.read("diffusion_covariance"),
             covariance_error = result.read("diffusion_covariance_stderr"), kl = result.read("kl"), kl_error = result.read("kl_stderr"), gaussian = result.read("kl_gaussian"),
             gaussian_error = result.read("kl_gaussian_stderr"), time = result.read("time"), density_kl = result.read("kl_diffusion_density"), density_error = result.read("kl_diffusion_density_stderr"),
             density_mean = result.read("density_mean"), unexplained = result.read("drift_unexplained");
  REQUIRE(time.size() == 9);
  CHECK(std::isnan(kl[0]));
  for (std::size_t i = 1; i < 9; ++i) {
    const std::uint64_t steps = 10 * i;
    CHECK(time[i] == Approx(eta * static_cast<double>(steps)).epsilon(1e-14));
    const sgd::Moments of_sgd = exact.sgd(eta, steps, start);
    for (int order = 1; order <= 2; ++order) {
      INFO("t = " << time[i] << ", order " << order);
      const sgd::Moments there = exact.modified_equation(order, eta, time[i], start);
      const std::size_t at = 2 * i + static_cast<std::size_t>(order) - 1;
      for (std::size_t a = 0; a < 2; ++a) {
        CHECK(std::abs(mean[2 * at + a] - there.mean[static_cast<Eigen::Index>(a)]) < 4.5 * mean_error[2 * at + a] + 2e-3 * std::abs(there.mean[static_cast<Eigen::Index>(a)]) + 1e-3);
        for (std::size_t b = 0; b < 2; ++b)
          CHECK(std::abs(covariance[4 * at + 2 * a + b] - there.covariance(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b))) < 4.5 * covariance_error[4 * at + 2 * a + b]);
      }
      const double divergence = gaussian_kl(of_sgd, there);
      CHECK(std::abs(gaussian[at] - divergence) < 4.5 * gaussian_error[at] + 0.02 * divergence);
      CHECK(std::abs(kl[at] - divergence) < 4.5 * kl_error[at] + 0.15 * divergence + 0.02); // neighbours: biased where the laws are apart
    }
    // The fitted equation is linear: its density is the law of the particles.
    CHECK(density_kl[i] < 4 * density_error[i] + 0.01);
    CHECK(unexplained[i] < 1e-12);
    for (std::size_t a = 0; a < 2; ++a) CHECK(std::abs(density_mean[2 * i + a] - mean[2 * (2 * i + 1) + a]) < 4 * mean_error[2 * (2 * i + 1) + a] + 2e-3);
  }
  // Order 2 follows the cloud where it moves; both miss the stationary variance by O(eta) of it.
  CHECK(gaussian[2 * 1 + 0] > 10 * gaussian[2 * 1 + 1]);
}

TEST_CASE("sgd_logistic_diffusion in a short form: noise that depends on the place, principal components, a density that follows the particles") {
  const Result result("sgd_diffusion", shipped("sgd_logistic_diffusion"), {"sgd.replicas=400", "sgd.steps=24", "sgd.outputs=4", "sgd.projection={ principal_components = 1 }"});
  const auto kl = result.read("kl_gaussian"), error = result.read("kl_gaussian_stderr"), density = result.read("kl_diffusion_density"), density_error = result.read("kl_diffusion_density_stderr"),
             directions = result.read("directions"), variance = result.read("sgd_variance"), there = result.read("diffusion_variance");
  double norm = 0;
  for (const double x : directions) norm += x * x;
  CHECK(norm == Approx(1).epsilon(1e-12));
  for (std::size_t i = 1; i < 4; ++i) {
    CHECK(density[i] < 4 * density_error[i] + 0.02);
    CHECK(kl[2 * i] < 0.2);
    CHECK(variance[i] == Approx(there[2 * i]).epsilon(0.4)); // eta times the curvature is no small number here
  }
  CHECK(result.number("density_from") == Approx(4));
}

TEST_CASE("noise at the minimum and noise of the place differ where D does; one order and more particles than replicas") {
  const std::vector<std::string> common{"sgd.replicas=200", "sgd.steps=24", "sgd.outputs=3", "sgd.projection={ principal_components = 1, fokker_planck = false }"};
  std::vector<double> variance;
  for (const char* noise : {"at_minimum", "state_dependent"}) {
    std::vector<std::string> overrides = common;
    overrides.push_back(fmt::format("sgd.diffusion={{ order = 1, noise = \"{}\", particles = 3000, dt = 0.5, stepper = \"euler_maruyama\" }}", noise));
    const Result result("sgd_diffusion", shipped("sgd_logistic_diffusion"), overrides);
    CHECK(result.read("order") == std::vector<double>{1});
    CHECK(result.read("diffusion_sample").size() == 2 * 3000);
    variance.push_back(result.read("diffusion_variance").back());
    CHECK(std::abs(result.read("diffusion_variance").back() / result.read("sgd_variance").back() - 1) < 0.6);
  }
  CHECK(std::abs(variance[0] - variance[1]) > 0.03 * variance[1]);
}

TEST_CASE("from random starts replicas and particles begin in twos: neighbours are sought among strangers") {
  const Result result("sgd_diffusion", shipped("sgd_quadratic"), {"sgd.steps=2", "sgd.outputs=3", "sgd.start_std=1", "sgd.projection={ directions = [[1, 0]], fokker_planck = false }"});
  const auto kl = result.read("kl"), error = result.read("kl_stderr"), gaussian = result.read("kl_gaussian");
  for (std::size_t i = 0; i < kl.size(); ++i) {
    CHECK(std::abs(kl[i]) < 4 * error[i]);
    CHECK(error[i] < 0.1);
    CHECK(std::abs(gaussian[i]) < 0.01);
  }
}

TEST_CASE("what has no diffusion beside it is refused, at its place in the file") {
  using Catch::Matchers::Contains;
  const fs::path quadratic = shipped("sgd_quadratic"), logistic = shipped("sgd_logistic_diffusion");
  CHECK(message(quadratic, {}) == "valid");
  CHECK_THAT(message(quadratic, {"sgd.momentum=0.5"}), Contains("order 2 is that of SGD without momentum"));
  CHECK(message(quadratic, {"sgd.momentum=0.5", "sgd.diffusion={ order = 1 }"}) == "valid");
  CHECK_THAT(message(quadratic, {"sgd.svag=4"}), Contains("SVAG"));
  CHECK_THAT(message(logistic, {"sgd.label_noise=0.1"}), Contains("not that of labels"));
  CHECK_THAT(message(quadratic, {"sgd.projection={ directions = [[1, 0, 0]] }"}), Contains("a direction of 3 numbers for 2 weights"));
  CHECK_THAT(message(quadratic, {"sgd.diffusion={ stepper = \"small_noise_hein\" }"}), Contains("unknown stepper") && Contains("'small_noise_heun'"));
  CHECK_THAT(message(quadratic, {"sgd.diffusion={ stepper = \"milstein\" }"}), Contains("cannot run this diffusion"));
  CHECK_THAT(message(quadratic, {"sgd.diffusion={ stepper = \"baoab\" }"}), Contains("cannot run this diffusion"));
  CHECK_THAT(message(logistic, {"sgd.sampling=without_replacement", "sgd.batch_size=200"}), Contains("has no noise"));
  CHECK_THAT(message(quadratic, {"sgd.replicas=1"}), Contains("one replica is none"));
  CHECK_THAT(message(quadratic, {"sgd.batch_size=\"4 + t\""}), Contains("batch size that does not change"));
}

// Passages, directions and spectra of [sgd] against what is known exactly.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/sgd/quadratic_moments.hpp"
#include "sweep_support.hpp"

#include <Eigen/Dense>
#include <catch2/catch.hpp>

using namespace driftwell;
using sweeps::Result;

namespace {

std::string quadratic(const std::string& loss, const std::string& rest) {
  return "[sgd]\nloss = { name = \"quadratic\", " + loss + " }\nstart = \"zero\"\noutputs = 11\nnoise = false\n" + rest;
}

std::string check_words(const std::string& text) {
  const sweeps::Folder folder;
  std::ofstream(folder.path / "e.toml") << text;
  run::RunOptions options;
  options.file = (folder.path / "e.toml").string();
  options.verbosity = 0;
  try {
    run::check_experiment(options);
  } catch (const Error& error) {
    return error.what();
  }
  return "valid";
}

} // namespace

TEST_CASE("a plane loss makes a random walk of steps eta: it reaches 10 of them after 100 steps on average") {
  const Result result(quadratic("hessian = [[0.0]]", "learning_rate = 0.5\nreplicas = 4000\nsteps = 2000\ntarget = \"abs(w1) > 4.75\"\n"));
  const double mean = result.attribute("sgd", "mean_passage_time"), error = result.attribute("sgd", "mean_passage_time_stderr");
  CHECK(std::abs(mean - 0.5 * 100) < 4 * error);
  CHECK(error < 1); // variance of the steps 2 (10^4 - 10^2)/3
  CHECK(result.attribute("sgd", "passages") == 4000);
  for (const double t : result.column("/sgd/passage_time")) CHECK(std::fmod(t / 0.5, 2) == Approx(0).margin(1e-9)); // an even number of steps
  CHECK(result.column("/sgd/not_yet_passed").back() == 0);
}

TEST_CASE("without noise the passage is at the step of its formula; distance and loss are names, too") {
  const std::string rest = "learning_rate = 0.1\nreplicas = 3\nsteps = 100\n";
  const auto first = [&](const std::string& target, const std::string& more = "") {
    const Result result(quadratic("hessian = [[1.0]], covariance = [[0.0]]", rest + "target = \"" + target + "\"\n" + more), false, {"sgd.start=[1.0]"});
    return result.column("/sgd/passage_time")[0];
  };
  // w = 0.9^k < 0.5 from k = 7 on; f = 0.81^k/2 < 0.1 from k = 8; |w - 1| > 0.5 as the first
  CHECK(first("w1 < 0.5") == Approx(0.7));
  CHECK(first("0.5 - w1") == Approx(0.7));
  CHECK(first("loss < 0.1") == Approx(0.8));
  CHECK(first("distance > 0.5 and w1 > 0") == Approx(0.7));
  CHECK(first("w1 < 2") == 0);
  CHECK(first("w1 < 0.5", "target_every = 5\n") == Approx(1.0));
  CHECK(std::isnan(first("w1 < -1")));
}

TEST_CASE("censored passages: the mean is completed with the tail, and its error bar holds") {
  const Result result(quadratic("hessian = [[0.0]]", "learning_rate = 1\nreplicas = 4000\nsteps = 150\ntarget = \"abs(w1) > 9.5\"\n"));
  CHECK(result.attribute("sgd", "passages_censored") > 200);
  CHECK(std::abs(result.attribute("sgd", "mean_passage_time") - 100) < 4 * result.attribute("sgd", "mean_passage_time_stderr"));
}

TEST_CASE("small steps with Gaussian noise cross a double well in the diffusion's mean first-passage time") {
  // f = (w^2 - 1)^2/4, T = eta s^2/2 = 0.2: 19.0939 from -1 to 1 (the quartic double well at beta = 5). Looking after steps only moves the wall by 0.5826 eta s.
  const double eta = 0.02, s = std::sqrt(0.4 / eta);
  const Result result(fmt::format("[sgd]\ndataset = {{ name = \"teacher\", samples = 20000, features = 1, noise = 0.0, standardise = true }}\n"
                                  "loss = {{ name = \"expression\", weights = [\"w\"], term = \"(w^2-1)^2/4 + s*x1*w\", parameters = {{ s = {} }} }}\n"
                                  "learning_rate = {}\nreplicas = 1000\nsteps = 5000\nstart = [-1.0]\noutputs = 2\nloss_replicas = 2\nnoise = false\ntarget = \"w > {}\"\n", s, eta, 1 - 0.5826 * eta * s));
  const double mean = result.attribute("sgd", "mean_passage_time"), error = result.attribute("sgd", "mean_passage_time_stderr");
  CHECK(std::abs(mean - 19.0938969967827) < 4 * error);
  CHECK(error < 1);
}

TEST_CASE("variances along directions: the exact ones of the parabola; principal directions are those of the cloud") {
  const std::string H = "[[2.0, 0.5], [0.5, 1.0]]", C = "[[1.0, 0.0], [0.0, 0.1]]", rest = "learning_rate = 0.1\nbatch_size = 2\nreplicas = 1000\nsteps = 1000\nminimum = true\n";
  Eigen::Matrix2d h, c;
  h << 2, 0.5, 0.5, 1;
  c << 1, 0, 0, 0.1;
  const Eigen::Matrix2d S = sgd::QuadraticMoments(h, c / 2).stationary(0.1);
  const auto compare = [&](const Result& result, const Eigen::Vector2d& u, std::size_t k) {
    const double exact = u.dot(S * u), measured = result.column("/sgd/direction_variance")[k];
    CHECK(std::abs(measured - exact) < 4 * result.column("/sgd/direction_variance_stderr")[k]);
    const std::vector<double> vectors = result.column("/sgd/direction_vector");
    return std::abs(u[0] * vectors[2 * k] + u[1] * vectors[2 * k + 1]);
  };
  {
    const Result given(quadratic("hessian = " + H + ", covariance = " + C, rest + "directions = [[3, 4], [0, 1]]\n"));
    CHECK(compare(given, {0.6, 0.8}, 0) == Approx(1).epsilon(1e-12));
    CHECK(compare(given, {0, 1}, 1) == Approx(1).epsilon(1e-12));
  }
  const SymmetricEigen curvature(h), cloud(S);
  {
    const Result hessian(quadratic("hessian = " + H + ", covariance = " + C, rest + "directions = \"hessian\"\ndirection_count = 2\n"));
    CHECK(compare(hessian, curvature.eigenvectors().col(1), 0) == Approx(1).epsilon(1e-9));
  }
  {
    const Result principal(quadratic("hessian = " + H + ", covariance = " + C, rest + "directions = \"principal\"\n"));
    CHECK(compare(principal, cloud.eigenvectors().col(1), 0) > 0.99); // of 512 points
  }
  const Result random(quadratic("hessian = " + H + ", covariance = " + C, rest + "directions = \"random\"\ndirection_count = 2\n"));
  const std::vector<double> v = random.column("/sgd/direction_vector");
  CHECK(v[0] * v[2] + v[1] * v[3] == Approx(0).margin(1e-12));
}

TEST_CASE("increments on a plane loss are white; on a parabola they have the spectrum of AR(1)") {
  const std::string rest = "learning_rate = 0.2\nreplicas = 40\nsteps = 2600\nstationary_from = 0.2\nspectrum = true\nspectrum_length = 64\n";
  {
    const Result plane(quadratic("hessian = [[0.0, 0.0], [0.0, 0.0]], covariance = [[1.0, 0.5], [0.5, 1.0]]", rest));
    CHECK(plane.attribute("sgd", "spectrum_chance") > 1e-3);
    CHECK(plane.attribute("sgd", "autocorrelation_chance") > 1e-3);
    CHECK(plane.attribute("sgd", "spectrum_white_level") == Approx(0.04).epsilon(0.05)); // eta^2
    CHECK(plane.attribute("sgd", "spectrum_segments") == 40 * 32);
    CHECK(std::abs(plane.attribute("sgd", "area_rate")) < 4 * plane.attribute("sgd", "area_rate_stderr"));
  }
  const Result bowl(quadratic("hessian = [[1.0]]", rest));
  const std::vector<double> f = bowl.column("/sgd/frequency"), power = bowl.column("/sgd/increment_spectrum"), error = bowl.column("/sgd/increment_spectrum_stderr"), lower = bowl.column("/sgd/increment_spectrum_lower");
  int beyond = 0;
  for (std::size_t j = 0; j < f.size(); ++j) {
    const double w = 6.283185307179586 * f[j], rho = 0.8, exact = 0.04 * (2 - 2 * std::cos(w)) / (1 - 2 * rho * std::cos(w) + rho * rho);
    if (std::abs(power[j] - exact) > 4 * error[j] + 0.04 * 0.04) ++beyond; // segments of 64 blur a little
  }
  CHECK(beyond <= 1);
  CHECK(bowl.attribute("sgd", "spectrum_chance") < 1e-10);
  CHECK(power[0] < lower[0]); // slow motion is missing: the minimum pulls back
  const std::vector<double> r = bowl.column("/sgd/direction_autocorrelation"), r_error = bowl.column("/sgd/direction_autocorrelation_stderr");
  for (std::size_t l = 1; l < 10; ++l) CHECK(std::abs(r[l] - std::pow(0.8, static_cast<double>(l))) < 4 * r_error[l] + 0.01);
}

TEST_CASE("noise that does not commute with the Hessian makes the cloud rotate, at the rate of its stationary law") {
  Eigen::Matrix2d h, c;
  h << 2, 0.5, 0.5, 1;
  c << 1, 0, 0, 0.1;
  const double eta = 0.1;
  // E x_(k+1) x_k^T = (1 - eta H) S: its antisymmetric part is the area swept in a step of length eta.
  const Eigen::Matrix2d S = sgd::QuadraticMoments(h, c).stationary(eta), next = (Eigen::Matrix2d::Identity() - eta * h) * S;
  const double exact = (next(1, 0) - next(0, 1)) / (2 * eta);
  const Result result(quadratic("hessian = [[2.0, 0.5], [0.5, 1.0]], covariance = [[1.0, 0.0], [0.0, 0.1]]",
                                "learning_rate = 0.1\nreplicas = 100\nsteps = 8000\nspectrum = true\nspectrum_length = 32\ndirections = [[1, 0], [0, 1]]\n"));
  const double measured = result.attribute("sgd", "area_rate"), error = result.attribute("sgd", "area_rate_stderr");
  CHECK(std::abs(measured - exact) < 4 * error);
  CHECK(std::abs(exact) > 5 * error); // and is not 0
}

TEST_CASE("what cannot be asked for is told before the run") {
  const std::string rest = "learning_rate = 0.1\nreplicas = 3\nsteps = 100\n";
  const auto message = [&](const std::string& more) { return check_words(quadratic("hessian = [[1.0]]", rest + more)); };
  using Catch::Matchers::Contains;
  CHECK_THAT(message("target = \"w2 > 0\"\n"), Contains("w2") && Contains("w1"));
  CHECK_THAT(message("target = \"1 > 0\"\n"), Contains("does not depend on the weights"));
  CHECK_THAT(message("directions = [[1, 2]]\n"), Contains("direction 1 has 2 entries for 1 weights"));
  CHECK_THAT(message("directions = [[0]]\n"), Contains("has no length"));
  CHECK_THAT(message("spectrum = true\n"), Contains("segments of 256 increments"));
  CHECK_THAT(message("target_every = 2\n"), Contains("'target_every' has no meaning here"));
  CHECK(message("target = \"w1 > 0\"\n") == "valid");
}

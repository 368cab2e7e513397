// [sweep] through the command: points, coordinates, results, failures; and the laws of SGD against exact numbers.
#include "driftwell/core/error.hpp"
#include "run/sweep.hpp"
#include "sweep_support.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using sweeps::Result;

namespace {

const std::string parabola = "[sgd]\nloss = { name = \"quadratic\", hessian = [[1.0]] }\nlearning_rate = 0.1\nreplicas = 1500\nsteps = 600\nstart = \"zero\"\noutputs = 61\n"
                             "noise = false\nminimum = true\n";

/// Every number within 4 of its errors of what it should be.
void near(const std::vector<double>& value, const std::vector<double>& error, const std::vector<double>& exact) {
  REQUIRE(value.size() == exact.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    INFO("point " << i << ": " << value[i] << " +- " << error[i] << ", exactly " << exact[i]);
    CHECK(std::abs(value[i] - exact[i]) < 4 * error[i]);
  }
}

} // namespace

TEST_CASE("a sweep of SGD on a parabola has eta s^2/(b a (2 - eta a)) at every point, in the order of its keys") {
  const Result result(parabola + "[sweep]\nsgd.learning_rate = [0.05, 0.2, 0.8]\nsgd.batch_size = [1, 4]\n", true);
  CHECK_FALSE(result.has("sgd"));
  const std::vector<double> eta = result.column("/sweep/sgd_learning_rate"), b = result.column("/sweep/sgd_batch_size");
  CHECK(eta == std::vector<double>{0.05, 0.05, 0.2, 0.2, 0.8, 0.8});
  CHECK(b == std::vector<double>{1, 4, 1, 4, 1, 4});
  std::vector<double> exact;
  for (std::size_t i = 0; i < eta.size(); ++i) exact.push_back(eta[i] / (b[i] * (2 - eta[i])));
  near(result.column("/sweep/sgd_stationary_variance"), result.column("/sweep/sgd_stationary_variance_stderr"), exact);
  const std::vector<double> predicted = result.column("/sweep/sgd_predicted_variance_discrete");
  for (std::size_t i = 0; i < exact.size(); ++i) CHECK(predicted[i] == Approx(exact[i]).epsilon(1e-12));
  // The laws: slope a/2 of the diffusion, the factor 1/(1 - eta a/2) taken out, and where it exceeds 10 %: eta = 0.2 gives 11 %.
  CHECK(result.value("/sgd_laws/variance_slope_predicted") == Approx(0.5).epsilon(1e-12));
  CHECK(std::abs(result.value("/sgd_laws/corrected_slope") - 0.5) < 4 * result.value("/sgd_laws/corrected_slope_stderr"));
  CHECK(std::abs(result.value("/sgd_laws/corrected_intercept")) < 4 * result.value("/sgd_laws/corrected_intercept_stderr"));
  CHECK(result.value("/sgd_laws/corrected_r_squared") > 0.999);
  CHECK(result.value("/sgd_laws/corrected_chi_squared") < 25); // of 4
  CHECK(result.value("/sgd_laws/variance_chi_squared") > 1000);
  CHECK(result.value("/sgd_laws/breaks_at_learning_rate") == (result.column("/sgd_laws/deviation")[2] > 0.1 ? 0.2 : 0.8));
  const std::vector<double> deviation = result.column("/sgd_laws/deviation");
  for (std::size_t i = 0; i < eta.size(); ++i) CHECK(deviation[i] == Approx(1 / (1 - eta[i] / 2) - 1).margin(4 * result.column("/sgd_laws/deviation_stderr")[i]));
  // Equal x: (0.2, 1) and (0.8, 4). Their variances are as (2 - 0.2) to (2 - 0.8).
  CHECK(result.column("/sgd_laws/scaling_reference")[5] == 2);
  CHECK(std::abs(result.column("/sgd_laws/scaling_deviation")[5] - 0.5) < 4 * result.column("/sgd_laws/scaling_deviation_stderr")[5]);
  CHECK(result.value("/sgd_laws/scaling_fails_at_learning_rate") == 0.8);
  CHECK(result.value("/sgd_laws/scaling_fails_at_batch_size") == 4);
  CHECK(result.value("/sgd_laws/entropy_slope_expected") == 0.5);
}

TEST_CASE("along the directions of the Hessian: slopes C_uu/(2a), once the exact factor is taken out") {
  const Result result("[sgd]\nloss = { name = \"quadratic\", hessian = [[2.0, 0.0], [0.0, 0.5]], covariance = [[1.0, 0.0], [0.0, 3.0]] }\nlearning_rate = 0.1\nreplicas = 800\nsteps = 800\nstart = \"zero\"\n"
                      "outputs = 41\nnoise = false\nminimum = true\ndirections = \"hessian\"\ndirection_count = 2\n[sweep]\nsgd.learning_rate = [0.1, 0.3, 0.6]\n", true);
  const double slopes[] = {1 / (2 * 2.0), 3 / (2 * 0.5)};
  for (const int k : {0, 1}) {
    const auto law = [&](const std::string& name) { return result.value(fmt::format("/sgd_laws/direction_{}_{}", k + 1, name)); };
    CHECK(law("slope_predicted") == Approx(slopes[k]).epsilon(1e-9));
    CHECK(std::abs(law("corrected_slope") - slopes[k]) < 4 * law("corrected_slope_stderr"));
    CHECK(law("corrected_chi_squared") < 15); // of 1
    CHECK(law("slope") > slopes[k]);
  }
}

TEST_CASE("momentum: temperature eta/(2 b (1 - mu)), and THEORY's exact variance") {
  const Result result(parabola + "[sweep]\nsgd.momentum = [0.0, 0.5, 0.9]\nsgd.learning_rate = [0.05, 0.1]\nsgd.batch_size = [1]\n", true, {"sgd.steps=1000"});
  const std::vector<double> mu = result.column("/sweep/sgd_momentum"), eta = result.column("/sweep/sgd_learning_rate"), x = result.column("/sgd_laws/x");
  std::vector<double> exact;
  for (std::size_t i = 0; i < mu.size(); ++i) {
    exact.push_back(eta[i] * (1 + mu[i]) / ((1 - mu[i]) * (2 * (1 + mu[i]) - eta[i])));
    CHECK(x[i] == Approx(eta[i] / (1 - mu[i])));
  }
  CHECK(exact[5] == Approx(0.513513513514)); // a = 1, s = 1, mu = 0.9, eta = 0.1
  near(result.column("/sweep/sgd_stationary_variance"), result.column("/sweep/sgd_stationary_variance_stderr"), exact);
  CHECK(std::abs(result.value("/sgd_laws/corrected_slope") - 0.5) < 4 * result.value("/sgd_laws/corrected_slope_stderr"));
  CHECK_THROWS_AS(result.column("/sgd_laws/scaling_reference"), IoError); // (0, 0.1) and (0.5, 0.05) have equal x, but another momentum is no reference
  // Yaida's relation with the heavy ball: two numbers that are not 0 and agree.
  const std::vector<double> gap = result.column("/sweep/sgd_yaida_difference"), error = result.column("/sweep/sgd_yaida_difference_stderr"), left = result.column("/sweep/sgd_yaida_left");
  for (std::size_t i = 0; i < gap.size(); ++i) {
    CHECK(std::abs(gap[i]) < 4 * error[i]);
    CHECK(left[i] > 10 * error[i]);
  }
}

TEST_CASE("entropy of the cloud against log(eta/b): slope d/2") {
  const Result result("[sgd]\nloss = { name = \"quadratic\", hessian = [[2, 0.5, 0], [0.5, 1, 0], [0, 0, 1]] }\nlearning_rate = 0.02\nreplicas = 1000\nsteps = 400\n"
                      "start = \"zero\"\noutputs = 11\nnoise = false\n[sweep]\nsgd.batch_size = [4, 16, 64]\n", true);
  CHECK(result.value("/sgd_laws/entropy_slope_expected") == 1.5);
  CHECK(std::abs(result.value("/sgd_laws/entropy_slope") - 1.5) < 4 * result.value("/sgd_laws/entropy_slope_stderr"));
}

TEST_CASE("any section can be swept: temperature of an Ornstein-Uhlenbeck process, as density and as cloud") {
  const Result result("[model]\nvariables = [\"x\"]\npotential = \"a*x^2/2\"\ntemperature = 0.5\nparameters = { a = 1 }\n[initial]\npoint = [0.0]\n[time]\nend = 8\noutputs = 3\n"
                      "[fokker_planck]\nlower = [-8]\nupper = [8]\ncells = [160]\n[sweep]\nmodel.temperature = [0.25, 0.5]\nmodel.parameters.a = [1, 2]\n");
  const std::vector<double> T = result.column("/sweep/model_temperature"), a = result.column("/sweep/model_parameters_a"), loss = result.column("/sweep/fokker_planck_mean_loss");
  REQUIRE(T == std::vector<double>{0.25, 0.25, 0.5, 0.5});
  for (std::size_t i = 0; i < T.size(); ++i) CHECK(loss[i] == Approx(T[i] / 2).epsilon(0.01)); // a E x^2/2 = T/2
  CHECK(result.has("fokker_planck")); // `run` computes the experiment itself as well
  CHECK_FALSE(result.has("sgd_laws"));
}

TEST_CASE("zipped keys advance together; texts are coordinates, too; a point that fails is told and does not stop the others") {
  const Result result(parabola + "[sweep]\nsgd.learning_rate = [0.1, 2.5]\nsgd.steps = [100, 3000]\nsgd.sampling = [\"with_replacement\", \"epochs\"]\nzip = [\"sgd.learning_rate\", \"sgd.steps\"]\n", true, {"sgd.replicas=20"});
  CHECK(result.column("/sweep/sgd_steps") == std::vector<double>{100, 100, 3000, 3000});
  CHECK(record::Reader(result.file).read_text("/sweep/sgd_sampling") == std::vector<std::string>{"with_replacement", "epochs", "with_replacement", "epochs"});
  CHECK(result.column("/sweep/completed") == std::vector<double>{1, 1, 0, 0});
  CHECK(record::Reader(result.file).read_text("/sweep/status")[2].find("SGD diverged") != std::string::npos);
  CHECK(std::isnan(result.column("/sweep/sgd_stationary_variance")[2]));
  // Sampling makes another law: two branches. With replacement the only one that breaks it is the step that diverges.
  CHECK(record::Reader(result.file).read_text("/sgd_laws/branch") == std::vector<std::string>{"sgd.sampling = with_replacement", "sgd.sampling = epochs"});
  CHECK(result.value("/sgd_laws/breaks_at_learning_rate") == 2.5);
  CHECK_FALSE(std::filesystem::exists(result.folder.path / "out_point_0000.h5"));
}

TEST_CASE("files = true keeps a result file for every point; the number of a point is that of the single run") {
  const std::string text = parabola + "[sweep]\nsgd.batch_size = [2, 3]\nfiles = true\n";
  const Result result(text, true, {"sgd.replicas=50"});
  for (int i = 0; i < 2; ++i) {
    const record::Reader point(result.folder.path / fmt::format("out_point_000{}.h5", i));
    for (const auto& [key, value] : point.attributes("sgd"))
      if (key == "stationary_variance") CHECK(std::get<double>(value) == result.column("/sweep/sgd_stationary_variance")[static_cast<std::size_t>(i)]);
    CHECK(std::get<std::string>(point.attributes("/")[0].second).empty()); // title
  }
  CHECK_THROWS_AS(Result(text, true, {"sgd.replicas=50", "sweep.sgd.batch_size=[2, 0]"}), InvalidExperiment); // before anything is computed
}

TEST_CASE("numbers of a section's JSON, flat") {
  const nlohmann::ordered_json json{{"a", 1.5}, {"b", {{"value", 2}, {"standard_error", nullptr}}}, {"c", {true, 4}}, {"text", "x"}, {"d", {{"e", 7}}}};
  const auto flat = run::flat_numbers("s", json);
  std::vector<std::string> names;
  for (const auto& [name, value] : flat) names.push_back(name);
  CHECK(names == std::vector<std::string>{"s_a", "s_b", "s_b_stderr", "s_c_1", "s_c_2", "s_d_e"});
  CHECK(std::isnan(flat[2].second));
  CHECK(flat[3].second == 1);
}

TEST_CASE("'sweep' needs a [sweep]") {
  CHECK_THROWS_WITH(Result(parabola, true), Catch::Matchers::Contains("no section [sweep]"));
}

// The shipped experiments of SGD, in a short form, through the command and back from the file.
#include "shipped.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/record/reader.hpp"
#include "driftwell/run/commands.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace driftwell;
using shipped_runs::Result;
using shipped_runs::shipped;

namespace fs = std::filesystem;

TEST_CASE("sgd_quadratic: the cloud has the exact discrete variance, and Yaida's two sides agree") {
  const Result result("sgd", shipped("sgd_quadratic"), {"sgd.steps=600", "sgd.outputs=31", "sgd.diffusion={ order = 1, particles = 100 }", "sgd.projection={ fokker_planck = false }"});
  CHECK(std::abs(result.number("stationary_variance") - result.number("predicted_variance_discrete")) < 4 * result.number("stationary_variance_stderr"));
  CHECK(std::abs(result.number("yaida_difference")) < 4 * result.number("yaida_difference_stderr"));
  CHECK(result.number("local_kl") > 0.1);
  CHECK(result.number("local_distance") > 0.1); // the noise is anisotropic: loss and implicit potential differ
  CHECK(result.number("minimum_loss") < 1e-20);
}

TEST_CASE("sgd_linear_regression: variance of the diffusion within the noise that depends on the place") {
  const Result result("sgd", shipped("sgd_linear_regression"), {"sgd.replicas=64", "sgd.loss_replicas=16"});
  const double measured = result.number("stationary_variance"), predicted = result.number("predicted_variance_discrete");
  CHECK(measured > predicted * 0.99); // D grows away from the minimum
  CHECK(measured < predicted * 1.35);
  CHECK(std::abs(result.number("yaida_difference")) < 4 * result.number("yaida_difference_stderr"));
}

TEST_CASE("sgd_logistic_breast_cancer: close to the minimum, with the predicted variance") {
  const Result result("sgd", shipped("sgd_logistic_breast_cancer"), {"sgd.replicas=64", "sgd.steps=3000", "sgd.loss_replicas=16"});
  CHECK(result.number("stationary_loss") > result.number("minimum_loss"));
  CHECK(result.number("stationary_loss") < result.number("minimum_loss") + 0.002);
  CHECK(result.number("stationary_variance") == Approx(result.number("predicted_variance_discrete")).epsilon(0.25));
}

TEST_CASE("sgd_mlp_digits runs in a short form", "[slow]") {
  const Result result("sgd", shipped("sgd_mlp_digits"), {"sgd.replicas=2", "sgd.steps=600", "sgd.outputs=3", "sgd.snapshots=1"});
  CHECK(result.number("stationary_loss") < 1.0);
}

TEST_CASE("sgd_lr_over_batch in a short form: the exact factor straightens the line of the variances") {
  const Result result("sgd", shipped("sgd_lr_over_batch"), {"sgd.replicas=100", "sgd.steps=600", "sgd.loss_replicas=2", "sgd.learning_rate=0.02", "sweep.sgd.learning_rate=[0.05, 0.4]", "sweep.sgd.batch_size=[8, 32]"});
  const auto law = [&](const std::string& name) { return record::Reader(result.file).read("/sgd_laws/" + name).first.at(0); };
  CHECK(law("variance_slope") > law("corrected_slope")); // larger steps, larger than in proportion
  CHECK(law("corrected_chi_squared") < law("variance_chi_squared"));
  CHECK(law("corrected_slope") == Approx(law("variance_slope_predicted")).epsilon(0.15));
  CHECK(law("breaks_at_learning_rate") == 0.4);
  CHECK(law("entropy_slope_expected") == 2.5);
}

TEST_CASE("sgd_escape_sharp_to_flat in a short form: the sharp minimum is left, sooner with small batches, the flat one is not") {
  const Result result("sgd", shipped("sgd_escape_sharp_to_flat"), {"sgd.replicas=60", "sgd.steps=2500", "sweep.sgd.batch_size=[1, 2]", "sgd.loss_replicas=2"});
  const auto column = [&](const std::string& name) { return record::Reader(result.file).read("/sweep/sgd_" + name).first; };
  const std::vector<double> passages = column("passages"), mean = column("mean_passage_time"), error = column("mean_passage_time_stderr"); // (b, sharp or flat)
  CHECK(passages[0] > 50);
  CHECK(passages[1] + passages[3] <= 1);
  CHECK(mean[2] - mean[0] > 2 * std::hypot(error[0], error[2]));
}

TEST_CASE("sgd_escape_double_well in a short form: the deeper, sharper well is left sooner") {
  const Result result("sgd", shipped("sgd_escape_double_well"), {"sgd.replicas=60", "sgd.steps=600", "sweep.sgd.batch_size=[1]", "sgd.loss_replicas=2"});
  const std::vector<double> mean = record::Reader(result.file).read("/sweep/sgd_mean_passage_time").first;
  CHECK(mean.at(1) > 4 * mean.at(0));
}

TEST_CASE("sgd_limit_cycle_digits in a short form: increments that are not white", "[slow]") {
  const Result result("sgd", shipped("sgd_limit_cycle_digits"), {"sgd.replicas=3", "sgd.steps=4560", "sgd.spectrum_length=16", "sgd.stationary_from=0.4"});
  CHECK(result.number("spectrum_chance") < 1);
  CHECK(result.number("spectrum_white_level") > 0);
  CHECK(result.number("spectrum_effective_weights") >= 1);
}

TEST_CASE("a csv beside the experiment; errors of the data name its line") {
  const fs::path folder = fs::temp_directory_path() / fmt::format("driftwell_sgd_csv_{}", ::getpid());
  fs::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; };
  write("own.csv", "a,b,y\n1,2,3\n2,1,4\n0,1,1\n3,3,7\n");
  write("e.toml", "[sgd]\ndataset = \"own.csv\"\nloss = \"linear_regression\"\nlearning_rate = 0.1\nsteps = 50\nstart = \"zero\"\n");
  {
    const Result result("sgd", folder / "e.toml", {});
    CHECK(result.number("stationary_loss") < 1);
  }
  write("own.csv", "a,b,y\n1,2,3\n2,oops,4\n");
  run::RunOptions options;
  options.file = (folder / "e.toml").string();
  options.verbosity = 0;
  options.out = (folder / "x.h5").string();
  CHECK_THROWS_WITH(run::run_experiment(options), Catch::Matchers::Contains("own.csv:3: error: text \"oops\" in column \"b\""));
  const auto message = [&](const std::vector<std::string>& overrides) {
    options.overrides = overrides;
    try {
      run::check_experiment(options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("valid");
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(message({"sgd.dataset=digit"}), Contains("no data set \"digit\"") && Contains("digits"));
  CHECK_THAT(message({"sgd.loss=logstic", "sgd.dataset=iris"}), Contains("no loss \"logstic\"") && Contains("'logistic'"));
  CHECK_THAT(message({"sgd.loss=logistic", "sgd.dataset=iris"}), Contains("3 classes; this loss is for 2"));
  CHECK_THAT(message({"sgd.loss={ name = \"softmax\", hidden = [3] }", "sgd.dataset=iris"}), Contains("has no option 'hidden'"));
  CHECK_THAT(message({"sgd.dataset={ name = \"iris\", noise = 1 }"}), Contains("'noise' has no meaning for"));
  CHECK_THAT(message({"sgd.loss=softmax", "sgd.dataset=iris", "sgd.sampling=epochs", "sgd.batch_size=151"}), Contains("the batch size is 151") && Contains("1 to 150"));
  CHECK_THAT(message({"sgd.loss=softmax", "sgd.dataset=iris", "sgd.learning_rate=1 - t"}), Contains("the learning rate is"));
  fs::remove_all(folder);
}

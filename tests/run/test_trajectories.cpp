// [trajectories] from a file to a file: known equations, every way to see the parameters, files that cannot be read.
#include "driftwell/core/error.hpp"
#include "driftwell/record/reader.hpp"
#include "driftwell/record/result_file.hpp"
#include "driftwell/run/commands.hpp"

#include "estimators/paths.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace driftwell;
using Catch::Matchers::Contains;
using estimators::Trajectories;

namespace {

namespace fs = std::filesystem;

/// A directory with trajectories and an experiment about them.
class Case {
public:
  Case() : directory_(fs::temp_directory_path() / fmt::format("driftwell_trajectories_{}", ::getpid())) { fs::create_directories(directory_); }
  ~Case() { fs::remove_all(directory_); }

  /// weights (time, replica, parameter), from a function of the replica and the time.
  void weights(std::size_t times, std::size_t replicas, std::size_t parameters, const std::function<double(std::size_t, std::size_t, std::size_t)>& value) const {
    record::Options options;
    options.replace = true;
    record::ResultFile file(directory_ / "run.h5", options);
    record::Group group = file.group("data");
    group.dimension("time", times);
    group.dimension("replica", replicas);
    group.dimension("parameter", parameters);
    group.variable("weights", {"time", "replica", "parameter"});
    group.variable("clock", {"time"});
    std::vector<double> all, clock;
    for (std::size_t t = 0; t < times; ++t) {
      clock.push_back(3 + 0.02 * static_cast<double>(t));
      for (std::size_t r = 0; r < replicas; ++r)
        for (std::size_t p = 0; p < parameters; ++p) all.push_back(value(t, r, p));
    }
    group.write("weights", all);
    group.write("clock", clock);
    file.finish();
  }
  void weights(const Trajectories& paths) const {
    weights(paths.times, paths.replicas, paths.dimension, [&](std::size_t t, std::size_t r, std::size_t p) { return paths.path(p, r)[t]; });
  }

  void run(const std::string& keys) const {
    std::ofstream(directory_ / "experiment.toml") << "[trajectories]\nfile = \"run.h5\"\ndataset = \"data/weights\"\n" << keys << "\n";
    run::RunOptions options;
    options.file = (directory_ / "experiment.toml").string();
    options.out = (directory_ / "out.h5").string();
    options.overwrite = true;
    options.verbosity = 0;
    if (run::run_experiment(options) != 0) FAIL("interrupted");
  }
  [[nodiscard]] std::string refusal(const std::string& keys) const {
    try {
      run(keys);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }
  [[nodiscard]] double number(const std::string& name) const {
    for (const auto& [key, value] : record::Reader(directory_ / "out.h5").attributes("trajectories"))
      if (key == name) return std::holds_alternative<double>(value) ? std::get<double>(value) : static_cast<double>(std::get<std::int64_t>(value));
    FAIL("no attribute " + name);
    return 0;
  }
  [[nodiscard]] std::vector<double> field(const std::string& name) const { return record::Reader(directory_ / "out.h5").read("trajectories/" + name).first; }

private:
  fs::path directory_;
};

/// Off by less than four standard errors, and those are no excuse.
void check_number(const Case& c, const std::string& name, double truth, double most_error, double known_bias = 0) {
  const double error = c.number(name + "_stderr");
  CAPTURE(name, c.number(name), error);
  CHECK(std::abs(c.number(name) - truth) < 4 * error + known_bias);
  CHECK(error < most_error);
}

} // namespace

TEST_CASE("rotating Ornstein-Uhlenbeck: density, circulation and an entropy production of 50") {
  const Case c;
  c.weights(paths::rotating(20, 2500, 0.02, 5, 3));
  c.run("time = \"data/clock\"\ncells = 40\nnames = [\"x\", \"y\"]\nresamples = 8\nlower = -4\nupper = 4");
  CHECK(c.number("tau") == Approx(0.02));
  const double production = c.number("entropy_production_richardson") - c.number("entropy_production_bias"), error = c.number("entropy_production_stderr");
  CAPTURE(production, error, c.number("entropy_production"), c.number("entropy_production_error"));
  CHECK(std::abs(production - 50) < 4 * std::hypot(error, c.number("entropy_production_error")));
  CHECK(std::abs(production - 50) < 5);
  check_number(c, "variance_x", 1, 0.1, 0.03); // the box and the mask cut tails off
  check_number(c, "variance_y", 1, 0.1, 0.03);
  check_number(c, "kl", 0, 0.05, 0.02);
  // j = (5 y, -5 x)
  const std::vector<double> x = c.field("x"), j = c.field("circulation_y"), bar = c.field("circulation_y_stderr");
  double worst = 0;
  for (const double at : {-1.0, -0.5, 0.5, 1.0}) {
    const auto i = static_cast<std::size_t>((at + 4) / 8 * 40), k = i * 40 + 20;
    worst = std::max(worst, std::abs(j[k] + 5 * x[i]) / (4 * bar[k] + 0.2)); // 0.2: y is not 0 at the centre, and the grid
  }
  CHECK(worst < 1);
  const std::vector<double> markov = c.field("markov_correlation"), markov_bar = c.field("markov_correlation_stderr");
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(markov[i]) < 4 * markov_bar[i]);
}

TEST_CASE("double well: steady state and implicit potential") {
  const Case c;
  const Trajectories paths = paths::euler(40, 4000, 0.02, 4, 1, [](double x) { return x - x * x * x; }, [](double) { return 0.25; }, 5);
  c.weights(paths);
  c.run("time_step = 0.02\ntemperature = 0.25\ncells = 100\nresamples = 20\nlower = -2\nupper = 2");
  // D = 1 with the temperature that is given; Phi = (x^2 - 1)^2/4, a barrier of 1/4
  const std::vector<double> x = c.field("w0"), phi = c.field("implicit_potential"), phi_bar = c.field("implicit_potential_stderr"), D = c.field("diffusion_w0_w0"),
                            D_bar = c.field("diffusion_w0_w0_stderr");
  for (const double at : {-1.3, -1.0, -0.5, 0.0, 0.5, 1.0, 1.3}) {
    const auto k = static_cast<std::size_t>((at + 2) / 4 * 100);
    CAPTURE(x[k], phi[k], phi_bar[k], D[k], D_bar[k]);
    CHECK(std::abs(D[k] - 1) < 4 * D_bar[k] + 0.01);
    CHECK(std::abs(phi[k] - std::pow(x[k] * x[k] - 1, 2) / 4) < 4 * phi_bar[k] + 0.01);
    CHECK(phi_bar[k] < 0.05);
  }
  check_number(c, "mean_w0", 0, 0.3);
  check_number(c, "kl", 0, 0.05);
}

TEST_CASE("parameters, directions and principal components see the same plane") {
  const Case c;
  const Trajectories plane = paths::rotating(8, 1500, 0.05, 2, 4);
  cloud::Random random(1);
  std::vector<double> noise(1500 * 8 * 6);
  for (double& value : noise) value = 1e-3 * random.normal();
  // Parameters 1 and 4 carry 3 x and y, turned by nothing; the others hardly move.
  c.weights(1500, 8, 6, [&](std::size_t t, std::size_t r, std::size_t p) {
    return (p == 1 ? 3 * plane.path(0, r)[t] : p == 4 ? plane.path(1, r)[t] : 7.0) + noise[(t * 8 + r) * 6 + p];
  });
  const std::string common = "\ntime_step = 0.05\ncells = 24\nresamples = 4\n";
  c.run("projection = { parameters = [1, 4] }" + common);
  const double production = c.number("entropy_production"), error = c.number("entropy_production_stderr");
  CHECK(c.number("variance_w1") == Approx(9).epsilon(0.2));
  c.run("projection = { principal_components = 2 }" + common);
  CHECK(c.number("variance_pc1") == Approx(9).epsilon(0.2));
  CHECK(c.field("variance_share")[0] == Approx(0.9).margin(0.03));
  CHECK(std::abs(c.field("direction")[1]) == Approx(1).margin(1e-2)); // up to a small turn by chance
  CHECK(std::abs(c.number("entropy_production") - production) < 2 * error);
  c.run("projection = { directions = [[0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]] }\nburn_in = 0.5" + common);
  CHECK(c.number("skipped_samples") == 750);
  CHECK(c.number("variance_u1") == Approx(9).epsilon(0.25));
}

TEST_CASE("files that do not hold what is asked for are refused with the place and the nearest name") {
  const Case c;
  const Trajectories paths = paths::ornstein_uhlenbeck(2, 50, 0.1, 1, 1, 1);
  c.weights(paths);
  CHECK_THAT(c.refusal("projection = { parameters = [1] }"), Contains("there is no parameter 1") && Contains("0 to 0") && Contains(":4:"));
  CHECK_THAT(c.refusal("projection = { principal_components = 2 }"), Contains("2 principal components of 1 parameter"));
  CHECK_THAT(c.refusal("projection = { directions = [[1, 2]] }"), Contains("2 entries for 1 parameters"));
  CHECK_THAT(c.refusal("burn_in = 0.95"), Contains("3 samples in time behind the burn-in are too few"));
  CHECK_THAT(c.refusal("lag = 30"), Contains("too few for increments over 30 and 60"));
  CHECK_THAT(c.refusal("time = \"data/weights\""), Contains("has the shape (50, 2, 1) for 50 samples in time"));
  CHECK_THAT(c.refusal("time = \"data/clok\""), Contains("no dataset of numbers \"data/clok\"") && Contains("did you mean 'data/clock'?"));
  CHECK_THAT(c.refusal("cells = [10, 10]"), Contains("'cells' has 2 entries for 1 coordinate"));
  CHECK_THAT(c.refusal("names = [\"a\", \"b\"]"), Contains("2 names for 1 coordinate"));
  CHECK_THAT(c.refusal("lower = 100"), Contains("is empty"));
  CHECK_THAT(c.refusal("least_points = 1000000"), Contains("hardly a cell"));
  c.weights(50, 2, 3, [&](std::size_t t, std::size_t r, std::size_t p) { return t == 31 && r == 1 && p == 2 ? std::nan("") : paths.path(0, r)[t] + static_cast<double>(p * t); });
  CHECK_THAT(c.refusal("projection = { parameters = [0] }"), Contains("holds nan at time 31, replica 1, parameter 2"));
  c.weights(50, 2, 1, [](std::size_t, std::size_t, std::size_t) { return 1.0; });
  CHECK_THAT(c.refusal(""), Contains("does not move"));
}

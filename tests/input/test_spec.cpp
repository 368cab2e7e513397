// Good files: every key in every form it has, and every default.
#include "files.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace driftwell;
using namespace driftwell::input;
using files::Experiment;
using files::plane;

namespace {

using Numbers = std::vector<double>;
using Walls = std::vector<std::array<Boundary, 2>>;
constexpr Boundary R = Boundary::reflecting, P = Boundary::periodic, A = Boundary::absorbing;

Spec with_model(const std::string& lines) {
  Experiment e;
  e.model = lines;
  return e.parse();
}

template <class Law> Law law(const std::string& line, const Experiment& base = {}) {
  Experiment e = base;
  e.initial = line;
  return std::get<Law>(e.parse().initial);
}

TimeSpec time_of(const std::string& lines) {
  Experiment e;
  e.time = lines;
  return e.parse().time;
}

FokkerPlanckSpec density(const std::string& lines, Experiment e = {}) {
  e.fokker_planck = lines;
  return *e.parse().fokker_planck;
}

} // namespace

TEST_CASE("defaults") {
  const Spec spec = Experiment{}.parse();
  CHECK(spec.title.empty());
  CHECK(spec.directory == ".");
  CHECK(spec.source->name == "test.toml");
  CHECK_FALSE(spec.model.indexed);
  CHECK(spec.model.force.empty());
  CHECK(spec.model.diffusion.kind == DiffusionSpec::Kind::identity);
  CHECK(spec.model.diffusion.entries.empty());
  CHECK(spec.model.interpretation.value == "ito");
  CHECK(spec.model.parameters.empty());
  CHECK(spec.model.temperature.given);
  CHECK_FALSE(spec.model.learning_rate);
  CHECK(spec.time.spacing == "linear");
  CHECK(spec.time.at.size() == 101);
  CHECK(spec.time.at.front() == 0.0);
  CHECK(spec.time.at[1] == 0.1);
  CHECK(spec.time.at.back() == 10.0);
  const FokkerPlanckSpec& fp = *spec.fokker_planck;
  CHECK(fp.boundary == Walls{{R, R}});
  CHECK(fp.propagator.value == "auto");
  CHECK((fp.tolerance.value == 1e-9 && !fp.tolerance.given));
  CHECK((fp.snapshots.value == 11 && !fp.snapshots.given));
  CHECK_FALSE(fp.dt);
  CHECK_FALSE(spec.output.keep_bits);
}

TEST_CASE("the file itself: title, output, directory, CRLF, byte order mark") {
  Experiment e;
  e.rest = "[output]\nkeep_bits = 20\n";
  const Spec spec = input::parse("\xEF\xBB\xBFtitle = \"A title\"\r\n" + e.text(), "t.toml");
  CHECK(spec.title == "A title");
  CHECK(spec.output.keep_bits->value == 20);
  CHECK(spec.source->text.starts_with("title"));
  const auto path = std::filesystem::temp_directory_path() / "driftwell_test_spec.toml";
  std::ofstream(path) << e.text();
  CHECK(input::read(path.string()).directory == path.parent_path().string());
  std::filesystem::remove(path);
}

TEST_CASE("variables and dimension") {
  CHECK(plane().parse().model.variables[1].value == "y");
  Experiment e = plane();
  e.model = "dimension = 2\npotential = \"sum(i, 1, d, k*x[i]^2)\"\ntemperature = 1\nparameters = { k = 1 }\n";
  const ModelSpec model = e.parse().model;
  CHECK(model.indexed);
  REQUIRE(model.variables.size() == 2);
  CHECK(model.variables[0].value == "x1");
  CHECK(model.variables[1].value == "x2");
  for (const std::string name : {"x", "d", "pi"}) {
    Experiment bad = e;
    bad.model += "parameters." + name + " = 1\n";
    CHECK_THROWS_AS(bad.parse(), InvalidExperiment);
  }
}

TEST_CASE("potential: expression, number, name with options") {
  CHECK(Experiment{}.parse().model.potential->expression.value == "x^2/2");
  CHECK(with_model("variables = [\"x\"]\npotential = 0\ntemperature = 1\n").model.potential->expression.value == "0");
  const ModelSpec model =
      with_model(
          "variables = [\"x\"]\npotential = { name = \"double_well\", barrier = 2, at = [-1.5, 1] }\ntemperature = 1\n")
          .model;
  CHECK(model.potential->expression.value.empty());
  CHECK(model.potential->name.value == "double_well");
  REQUIRE(model.potential->options.size() == 2);
  CHECK(model.potential->options[0].first.value == "barrier");
  CHECK(model.potential->options[0].second.value == Numbers{2});
  CHECK(model.potential->options[1].second.value == Numbers{-1.5, 1});
  CHECK(model.potential->options[1].first.origin.line == 3);
  CHECK(model.potential->options[1].first.origin.column == 50);
}

TEST_CASE("force: texts and numbers; in one dimension also alone") {
  Experiment e = plane();
  e.model += "force = [\"-y\", 1_000]\n";
  const ModelSpec model = e.parse().model;
  REQUIRE(model.force.size() == 2);
  CHECK(model.force[0].value == "-y");
  CHECK(model.force[1].value == "1000");
  CHECK(with_model("variables = [\"x\"]\nforce = \"-x\"\ntemperature = 1\n").model.force[0].value == "-x");
  CHECK_FALSE(with_model("variables = [\"x\"]\nforce = \"-x\"\ntemperature = 1\n").model.potential);
}

TEST_CASE("diffusion: scalar, diagonal, matrix, as texts and as numbers") {
  const auto read = [](const std::string& value) {
    Experiment e = plane();
    e.model += "diffusion = " + value + "\n";
    return e.parse().model.diffusion;
  };
  using Kind = DiffusionSpec::Kind;
  CHECK(read("\"1 + x^2\"").kind == Kind::scalar);
  CHECK(read("0.5").entries[0][0].value == "0.5");
  CHECK(read("[1, \"x\"]").kind == Kind::diagonal);
  CHECK(read("[1, \"x\"]").entries[0][1].value == "x");
  const DiffusionSpec matrix = read("[[\"1\", 0], [0.0, \"2\"]]");
  CHECK(matrix.kind == Kind::matrix);
  CHECK(matrix.entries.size() == 2);
  CHECK(matrix.entries[1][1].value == "2");
}

TEST_CASE("temperature, or learning rate with batch size") {
  CHECK(with_model("variables = [\"x\"]\npotential = \"x\"\ntemperature = 2\n").model.temperature.value == 2.0);
  const ModelSpec model =
      with_model("variables = [\"x\"]\npotential = \"x\"\nlearning_rate = 0.1\nbatch_size = 8\n").model;
  CHECK(model.temperature.value == 0.1 / 16);
  CHECK(model.learning_rate->value == 0.1);
  CHECK(model.batch_size->value == 8.0);
}

TEST_CASE("interpretation and parameters") {
  for (const std::string word : {"ito", "stratonovich", "anti_ito"})
    CHECK(with_model("variables = [\"x\"]\npotential = \"x\"\ntemperature = 1\ninterpretation = \"" + word + "\"\n")
              .model.interpretation.value == word);
  Experiment e;
  e.model += "[model.parameters]\nlambda = 1.5\nk = 2\n";
  const ModelSpec model = e.parse().model;
  REQUIRE(model.parameters.size() == 2);
  CHECK(model.parameters[0].first.value == "lambda");
  CHECK(model.parameters[0].second == 1.5);
  CHECK(model.parameters[1].second == 2.0);
}

TEST_CASE("initial: gaussian") {
  const auto one = law<GaussianLaw>("gaussian = { mean = 2, std = 0.5 }");
  CHECK(one.mean == Numbers{2});
  CHECK(one.std == Numbers{0.5});
  CHECK(law<GaussianLaw>("gaussian = { mean = [2], covariance = 0.5 }").covariance == std::vector<Numbers>{{0.5}});
  CHECK(law<GaussianLaw>("gaussian.mean = 2\ngaussian.covariance = [[0.5]]").covariance == std::vector<Numbers>{{0.5}});
  CHECK(law<GaussianLaw>("gaussian = { mean = [0, 1], std = [0.5, 2] }", plane()).std == Numbers{0.5, 2});
  const std::vector<Numbers> full{{1, 0.2}, {0.2, 0.5}};
  CHECK(
      law<GaussianLaw>("[initial.gaussian]\nmean = [0, 1]\ncovariance = [[1, 0.2], [0.2, 0.5]]", plane()).covariance ==
      full);
  CHECK(one.mean_origin.line == 7);
  CHECK(one.mean_origin.column == 21);
  CHECK(one.spread_origin.column == 30);
}

TEST_CASE("initial: point, uniform, steady state, samples") {
  CHECK(law<PointLaw>("point = 1.0").at == Numbers{1});
  CHECK(law<PointLaw>("point = [1, -2]", plane()).at == Numbers{1, -2});
  const auto box = law<UniformLaw>("uniform = { lower = [-1, 0], upper = [1, 2] }", plane());
  CHECK(box.lower == Numbers{-1, 0});
  CHECK(box.upper == Numbers{1, 2});
  CHECK(law<UniformLaw>("uniform = { lower = -1, upper = 1 }").upper == Numbers{1});
  CHECK(law<SteadyStateLaw>("steady_state = true").origin.line == 7);
  CHECK(law<SamplesLaw>("samples = \"a.h5\"").dataset == "sample");
  const auto samples = law<SamplesLaw>("samples = { file = \"a.h5\", dataset = \"/langevin/sample\" }");
  CHECK(samples.file == "a.h5");
  CHECK(samples.dataset == "/langevin/sample");
}

TEST_CASE("initial: mixture, inline and as sections; weights sum to 1") {
  using Mixture = std::shared_ptr<const MixtureLaw>;
  for (const std::string text :
       {"mixture = [{ weight = 1, point = -1 }, { weight = 3, gaussian = { mean = 1, std = 0.1 } }]",
        "[[initial.mixture]]\nweight = 1\npoint = -1\n[[initial.mixture]]\nweight = 3\n"
        "gaussian = { mean = 1, std = 0.1 }"}) {
    const auto mixture = law<Mixture>(text);
    CHECK(mixture->weights == Numbers{0.25, 0.75});
    CHECK(std::get<PointLaw>(mixture->parts[0]).at == Numbers{-1});
    CHECK(std::get<GaussianLaw>(mixture->parts[1]).mean == Numbers{1});
  }
}

TEST_CASE("time: linear, log, list") {
  CHECK(time_of("end = 1\noutputs = 5").at == Numbers{0, 0.25, 0.5, 0.75, 1});
  CHECK(time_of("end = 1\noutputs = 2\nspacing = \"log\"").at == Numbers{0, 1});
  const TimeSpec log = time_of("end = 10\noutputs = 5\nspacing = \"log\"\nfirst = 0.01");
  REQUIRE(log.at.size() == 5);
  CHECK(log.at[0] == 0.0);
  CHECK(log.at[1] == Approx(0.01).epsilon(1e-14));
  CHECK(log.at[2] == Approx(0.1).epsilon(1e-14));
  CHECK(log.at[3] == Approx(1.0).epsilon(1e-14));
  CHECK(log.at[4] == 10.0);
  CHECK(time_of("end = 10\nspacing = \"log\"").at[1] == Approx(1e-3).epsilon(1e-14));
  const TimeSpec list = time_of("at = [1, 2.5, 4]");
  CHECK(list.spacing == "list");
  CHECK(list.at == Numbers{0, 1, 2.5, 4});
  CHECK(list.end == 4.0);
  CHECK(time_of("at = [0, 1]\nend = 5").at == Numbers{0, 1});
  CHECK(time_of("at = [0, 1]\nend = 5").end == 5.0);
}

TEST_CASE("fokker_planck: domain and cells as one number or a list") {
  const FokkerPlanckSpec same = density("lower = -3\nupper = 3\ncells = 64", plane());
  CHECK(same.lower.value == Numbers{-3, -3});
  CHECK(same.cells.value == std::vector<std::int64_t>{64, 64});
  const FokkerPlanckSpec each = density("lower = [-3, 0]\nupper = [3, 6.5]\ncells = [64, 32]", plane());
  CHECK(each.upper.value == Numbers{3, 6.5});
  CHECK(each.cells.value == std::vector<std::int64_t>{64, 32});
}

TEST_CASE("fokker_planck: boundary in every form") {
  const auto walls = [](const std::string& value) {
    return density("lower = -3\nupper = 3\ncells = 64\nboundary = " + value, plane()).boundary;
  };
  CHECK(walls("\"periodic\"") == Walls{{P, P}, {P, P}});
  CHECK(walls("[\"periodic\", \"absorbing\"]") == Walls{{P, P}, {A, A}});
  CHECK(walls("[[\"absorbing\", \"reflecting\"], [\"periodic\", \"periodic\"]]") == Walls{{A, R}, {P, P}});
  CHECK(walls("[\"periodic\", [\"reflecting\", \"absorbing\"]]") == Walls{{P, P}, {R, A}});
}

TEST_CASE("fokker_planck: method") {
  const FokkerPlanckSpec spec =
      density("lower = -3\nupper = 3\ncells = 64\npropagator = \"krylov\"\ntolerance = 1e-6\nsnapshots = 0\ndt = 1e-3");
  CHECK(spec.propagator.value == "krylov");
  CHECK(spec.propagator.origin.line == 16);
  CHECK((spec.tolerance.value == 1e-6 && spec.tolerance.given));
  CHECK((spec.snapshots.value == 0 && spec.snapshots.given));
  CHECK(spec.dt->value == 1e-3);
}

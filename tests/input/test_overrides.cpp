#include "files.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::input;
using files::Experiment;

namespace {

Spec set(const std::vector<std::string>& overrides) { return Experiment{}.parse(overrides); }
std::string error_of(const std::string& override_text) {
  return files::message_of([&] { (void)set({override_text}); });
}

} // namespace

TEST_CASE("an override replaces a value of any kind") {
  CHECK(set({"model.temperature=1"}).model.temperature.value == 1.0);
  CHECK(set({" model . temperature = 1 "}).model.temperature.value == 1.0);
  CHECK(set({"time.end=1e3"}).time.end == 1e3);
  CHECK(set({"model.potential=\"x^4\""}).model.potential->expression.value == "x^4");
  CHECK(set({"model.potential=x^4"}).model.potential->expression.value == "x^4");
  CHECK(set({"model.potential=x==1"}).model.potential->expression.value == "x==1");
  CHECK(set({"fokker_planck.boundary=periodic"}).fokker_planck->boundary[0][0] == Boundary::periodic);
  CHECK(set({"fokker_planck.cells=[64]"}).fokker_planck->cells.value[0] == 64);
  CHECK(set({"model.potential={name=\"ring\"}"}).model.potential->name.value == "ring");
  CHECK(set({"title=A new title"}).title == "A new title");
  CHECK(set({"title=''"}).title.empty());
}

TEST_CASE("an override reaches into inline tables") {
  const auto law = std::get<GaussianLaw>(set({"initial.gaussian.std=0.5"}).initial);
  CHECK(law.std[0] == 0.5);
  CHECK(law.mean[0] == 1.0);
}

TEST_CASE("an override may create keys and sections") {
  CHECK(set({"output.keep_bits=20"}).output.keep_bits->value == 20);
  CHECK(set({"model.parameters.k=2", "model.parameters.m=3"}).model.parameters[1].second == 3.0);
  CHECK(set({"fokker_planck.dt=0.1"}).fokker_planck->dt->value == 0.1);
}

TEST_CASE("the last override wins, and all are kept as typed") {
  const Spec spec = set({"time.end=1", "time.end=2"});
  CHECK(spec.time.end == 2.0);
  CHECK(spec.overrides == std::vector<std::string>{"time.end=1", "time.end=2"});
}

TEST_CASE("an unknown path is shown in the override") {
  CHECK(error_of("model.temprature=1") ==
        "--set model.temprature=1: error: unknown key 'temprature' in [model]\n"
        "  1 | model.temprature=1\n"
        "    |       ^^^^^^^^^^\n"
        "  allowed: variables, dimension, potential, force, diffusion, circulation, friction, temperature, learning_rate, batch_size, "
        "interpretation and parameters\n"
        "  did you mean 'temperature'?");
  CHECK(error_of("modle.temperature=1") == "--set modle.temperature=1: error: unknown section [modle]\n"
                                           "  1 | modle.temperature=1\n"
                                           "    | ^^^^^\n"
                                           "  allowed: [model], [initial], [time], [fokker_planck], [langevin], [stationary], [sgd], [sweep], [trajectories], [verify] and [output]\n"
                                           "  did you mean 'model'?");
  CHECK(error_of("landscape.minima=5")
            .starts_with("--set landscape.minima=5: error: section [landscape] is not available in driftwell 0.1\n"));
}

TEST_CASE("an override is judged like the file") {
  CHECK(error_of("model.temperature=-1") ==
        "--set model.temperature=-1: error: 'temperature' is out of range: found -1\n"
        "  1 | model.temperature=-1\n"
        "    |                   ^^\n"
        "  allowed: a number > 0, an expression in t, or a table { t = [...], value = [...], interpolation = \"linear\" or \"step\" }");
  CHECK(error_of("model.learning_rate=0.1") ==
        "--set model.learning_rate=0.1: error: 'temperature' and 'learning_rate' cannot both be given\n"
        "  1 | model.learning_rate=0.1\n"
        "    |       ^^^^^^^^^^^^^\n"
        "  allowed: temperature = T, or learning_rate = h with batch_size = B (then T = h / (2 B))\n"
        "  note: 'temperature' is given in line 4");
}

TEST_CASE("temperature set on a file with a learning rate gives the same error") {
  Experiment e;
  e.model = "variables = [\"x\"]\npotential = \"x^2/2\"\nlearning_rate = 0.1\nbatch_size = 8\n";
  const std::string message = files::message_of([&] { (void)e.parse({"model.temperature=1"}); });
  CHECK(message.starts_with(
      "--set model.temperature=1: error: 'learning_rate' and 'temperature' cannot both be given\n"));
}

TEST_CASE("values that are no TOML") {
  CHECK(error_of("model.force=[\"-x\"") == "--set model.force=[\"-x\": error: this list is not closed\n"
                                           "  1 | model.force=[\"-x\"\n"
                                           "    |             ^\n"
                                           "  allowed: ] after its last entry");
  CHECK(error_of("time.end=") == "--set time.end=: error: --set without a value\n"
                                 "  1 | time.end=\n"
                                 "    |         ^\n"
                                 "  allowed: --set section.key=value; an empty text is '\"\"'");
  CHECK(error_of("time.end=1\noutputs=2").find("wrong type for 'end'") != std::string::npos);
  CHECK(error_of("time.end=soon").find("wrong type for 'end': found the string \"soon\"") != std::string::npos);
}

TEST_CASE("a path through something that is no table") {
  CHECK(error_of("model.temperature.x=1") ==
        "--set model.temperature.x=1: error: no key 'x' here: 'temperature' is the number 0.25\n"
        "  1 | model.temperature.x=1\n"
        "    |                   ^\n"
        "  allowed: --set model.temperature=value, to replace it whole");
  CHECK(error_of("model.variables.0=y").find("'variables' is a list of 1") != std::string::npos);
}

TEST_CASE("what is no override at all is a usage error") {
  for (const std::string text :
       {"model.temperature", "", "=1", ".=1", "model.=1", ".model=1", "model..temperature=1"}) {
    INFO(text);
    CHECK_THROWS_AS(set({text}), UsageError);
  }
  CHECK(error_of("model.temperature") == "--set model.temperature: no '='\n  allowed: --set section.key=value");
  CHECK_THROWS_AS(set({"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1"}), Error);
}

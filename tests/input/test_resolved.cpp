// The resolved experiment: every default explicit, in a fixed order, and an experiment again when written as TOML.
#include "files.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace driftwell;
using namespace driftwell::input;
using Json = nlohmann::ordered_json;

namespace {

/// JSON as a TOML value; both write numbers, strings without control characters and lists in the same way.
std::string toml(const Json& json) {
  if (json.is_object()) {
    std::string text;
    for (const auto& [key, value] : json.items())
      text += (text.empty() ? "{ \"" : ", \"") + key + "\" = " + toml(value);
    return text.empty() ? "{}" : text + " }";
  }
  if (!json.is_array()) return json.dump();
  std::string text;
  for (const Json& entry : json) text += (text.empty() ? "" : ", ") + toml(entry);
  return "[" + text + "]";
}

std::string document(const Json& json) {
  std::string text;
  for (const auto& [key, value] : json.items()) text += key + " = " + toml(value) + "\n";
  return text;
}

void check_round_trip(const Spec& spec) {
  const std::string resolved = resolved_json(spec);
  const std::string text = document(Json::parse(resolved));
  INFO(text);
  CHECK(resolved_json(input::parse(text, "resolved.toml")) == resolved);
}

} // namespace

TEST_CASE("every default is explicit and keys have a fixed order") {
  files::Experiment e;
  e.initial = "point = 1";
  CHECK(resolved_json(e.parse()) ==
        R"({"title":"","model":{"variables":["x"],"potential":"x^2/2","diffusion":"1","temperature":0.25,)"
        R"("interpretation":"ito","parameters":{}},"initial":{"point":[1.0]},)"
        R"("time":{"end":10.0,"outputs":101,"spacing":"linear"},)"
        R"("fokker_planck":{"lower":[-4.0],"upper":[4.0],"boundary":[["reflecting","reflecting"]],"cells":[200],)"
        R"("propagator":"auto","tolerance":1e-09,"snapshots":11,"wasserstein":false},"output":{"keep_bits":52}})");
}

TEST_CASE("the resolved experiment is the experiment") {
  using files::Experiment;
  check_round_trip(Experiment{}.parse());
  Experiment e = files::plane();
  e.model = "variables = [\"x\", \"y\"]\npotential = { name = \"double_well\", barrier = 2, at = [1, 2] }\n"
            "force = [\"-a*y\", 2]\ndiffusion = [[\"1\", 0], [0, \"2\"]]\nlearning_rate = 0.1\nbatch_size = 8\n"
            "interpretation = \"stratonovich\"\nparameters = { a = 0.1 }\n";
  e.initial = "mixture = [{ weight = 1, point = [0, 1] }, { weight = 1, gaussian = { mean = [0, 0], std = 0.5 } },\n"
              " { weight = 2, uniform = { lower = [0, 0], upper = [1, 1] } }]\n";
  e.time = "at = [0.1, 1, 3]\nend = 4\n";
  e.fokker_planck += "boundary = [\"periodic\", [\"absorbing\", \"reflecting\"]]\ndt = 0.1\n";
  e.rest = "[output]\nkeep_bits = 23\n";
  check_round_trip(e.parse());
  e.model = "dimension = 2\npotential = \"\"\"\nx[1]^2 + \\\n x[2]^2\"\"\"\ndiffusion = [1, \"x[1]^2\"]\ntemperature = "
            "1e-3\n";
  for (const std::string law : {"steady_state = true", "samples = \"a.h5\""}) {
    e.initial = law + "\n";
    check_round_trip(e.parse());
  }
}

TEST_CASE("log spacing keeps its first time") {
  files::Experiment e;
  e.time = "end = 8\noutputs = 5\nspacing = \"log\"\nfirst = 0.125\n";
  const Json time = Json::parse(resolved_json(e.parse()))["time"];
  CHECK(time["first"] == 0.125);
  check_round_trip(e.parse());
}

TEST_CASE("schedules are resolved as they were written") {
  for (const std::string temperature : {"\"0.5*exp(-t/3)\"", "{ t = [0, 5], value = [0.5, 0.1] }", "{ t = [1], value = [0.5], interpolation = \"step\" }"}) {
    files::Experiment e;
    e.model = "variables = [\"x\"]\npotential = \"x^2/2\"\ntemperature = " + temperature + "\n";
    check_round_trip(e.parse());
    e.model = "variables = [\"x\"]\npotential = \"x^2/2\"\nlearning_rate = 0.1\nbatch_size = " + temperature + "\n";
    check_round_trip(e.parse());
    CHECK(Json::parse(resolved_json(e.parse()))["model"]["learning_rate"] == 0.1);
  }
}

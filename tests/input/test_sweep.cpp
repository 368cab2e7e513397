// [sweep]: which points there are, what each of them says, and that errors point into the list of the sweep.
#include "files.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::input;

namespace {

const std::string base = "[sgd]\nloss = { name = \"expression\", weights = [\"w\"], term = \"c*(w-x1)^2\", parameters = { c = 1.0 } }\ndataset = \"iris\"\nlearning_rate = 0.1\nsteps = 10\n";

Spec swept(const std::string& text, const std::vector<std::string>& overrides = {}) { return parse(base + "[sweep]\n" + text, "e.toml", overrides); }

} // namespace

TEST_CASE("points run through the lists, the last key fastest; each is an experiment of its own without [sweep]") {
  const Spec spec = swept("sgd.learning_rate = [0.1, 0.2]\nsgd.batch_size = [1, 2, 3]\n");
  REQUIRE(spec.sweep->points() == 6);
  CHECK(spec.sweep->lengths() == std::vector<std::size_t>{2, 3});
  CHECK(spec.sweep->choice(4) == std::vector<std::size_t>{1, 1});
  CHECK(spec.sweep->keys[1].numbers == std::vector<double>{1, 2, 3});
  const Spec point = sweep_point(spec, 4);
  CHECK_FALSE(point.sweep);
  CHECK(point.sgd->learning_rate->value == 0.2);
  CHECK(point.sgd->batch_size->value == 2);
  CHECK(point.sgd->steps.value == 10);
  CHECK(spec.sgd->learning_rate->value == 0.1); // the experiment itself is as it was
}

TEST_CASE("keys may be dotted, in tables of their own or quoted, at any depth; values of any kind") {
  for (const std::string text : {"sgd.loss.parameters.c = [1, 4]\n", "[sweep.sgd.loss.parameters]\nc = [1, 4]\n", "\"sgd.loss.parameters.c\" = [1, 4]\n", "sgd = { loss = { parameters = { c = [1, 4] } } }\n"}) {
    INFO(text);
    const Spec spec = swept(text);
    CHECK(spec.sweep->keys.at(0).name == "sgd.loss.parameters.c");
    CHECK(sweep_point(spec, 1).sgd->loss.parameters.at(0).second == 4);
  }
  const Spec mixed = swept("sgd.start = [\"zero\", [1.0], 2]\nsgd.nesterov = [false]\n");
  CHECK(mixed.sweep->keys[0].numbers.empty());
  CHECK(mixed.sweep->keys[0].values == std::vector<std::string>{"zero", "[1.0]", "2"});
  CHECK(sweep_point(mixed, 0).sgd->start.value == "zero");
  CHECK(sweep_point(mixed, 1).sgd->start_at->value == std::vector<double>{1});
  CHECK(sweep_point(mixed, 2).sgd->start_at->value == std::vector<double>{2});
  const Spec added = swept("sgd.seed = [5, 6]\n"); // a key that the file does not have
  CHECK(sweep_point(added, 1).sgd->seed.value == 6);
}

TEST_CASE("zipped keys are one axis, at the place of the first of them") {
  const Spec spec = swept("sgd.start = [[1.0], [2.0]]\nsgd.batch_size = [1, 2, 3]\nsgd.seed = [7, 8]\nzip = [\"sgd.seed\", \"sgd.start\"]\n");
  REQUIRE(spec.sweep->points() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    const Spec point = sweep_point(spec, i);
    CHECK(point.sgd->start_at->value[0] == (i < 3 ? 1 : 2));
    CHECK(point.sgd->seed.value == (i < 3 ? 7 : 8));
    CHECK(point.sgd->batch_size->value == static_cast<double>(i % 3 + 1));
  }
}

TEST_CASE("overrides hold at every point, and may change the sweep") {
  const Spec spec = swept("sgd.batch_size = [1, 2]\n", {"sgd.steps=33", "sweep.sgd.batch_size=[4, 5, 6]"});
  CHECK(spec.sweep->points() == 3);
  const Spec point = sweep_point(spec, 2);
  CHECK(point.sgd->batch_size->value == 6);
  CHECK(point.sgd->steps.value == 33);
}

TEST_CASE("a value that is not allowed is shown in the list of the sweep") {
  const Spec spec = swept("sgd.learning_rate = [0.1, -2]\n");
  CHECK(sweep_point(spec, 0).sgd->learning_rate->value == 0.1);
  const std::string message = files::message_of([&] { (void)sweep_point(spec, 1); });
  CHECK(message.starts_with("e.toml:7:27: error: 'learning_rate' is out of range: found -2\n  7 | sgd.learning_rate = [0.1, -2]\n    |                           ^^"));
  const std::string unknown = files::message_of([&] { (void)sweep_point(swept("sgd.learning_rat = [0.1]\n"), 0); });
  CHECK(unknown.find("unknown key 'learning_rat' in [sgd]") != std::string::npos);
  CHECK(unknown.find("did you mean 'learning_rate'?") != std::string::npos);
}

#include "driftwell/core/source.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;

namespace {

std::shared_ptr<const Source> source(std::string text) {
  return std::make_shared<const Source>(Source{"ou.toml", std::move(text)});
}

std::string nearest(std::string_view name, std::vector<std::string> candidates) {
  return nearest_name(name, candidates);
}

/// The character of the source line that stands above the first caret of a message.
std::string above_caret(const std::string& message) {
  const std::size_t first = message.find('\n') + 1, second = message.find('\n', first) + 1;
  return message.substr(first + (message.find('^', second) - second), 1);
}

} // namespace

TEST_CASE("an error shows place, line, caret, what is allowed and the nearest name") {
  const std::string message = render({source("[model]\ntemprature = 1\n"), 2, 1, 10}, "unknown key",
                                     {"temperature", "temperature", {"see docs"}});
  CHECK(message == "ou.toml:2:1: error: unknown key\n"
                   "  2 | temprature = 1\n"
                   "    | ^^^^^^^^^^\n"
                   "  allowed: temperature\n"
                   "  did you mean 'temperature'?\n"
                   "  note: see docs");
}

TEST_CASE("line 0 is the whole source, no source at all is a bare message") {
  CHECK(render({source("a"), 0, 0, 1}, "empty") == "ou.toml: error: empty");
  CHECK(render({}, "empty") == "error: empty");
}

TEST_CASE("invalid is an InvalidExperiment with exit code 3") {
  const InvalidExperiment error = invalid({source("a = 1"), 1, 5, 1}, "wrong");
  CHECK(error.code() == ExitCode::invalid_experiment);
  CHECK(std::string(error.what()).starts_with("ou.toml:1:5: error: wrong\n"));
}

TEST_CASE("the caret stands under the right character") {
  SECTION("behind tabs") { CHECK(above_caret(render({source("a\t= [1,\t!2]"), 1, 9, 1}, "m")) == "!"); }
  SECTION("behind characters of two bytes, which are one column") {
    const std::string message = render({source("é = !"), 1, 6, 1}, "m");
    CHECK(message == "ou.toml:1:5: error: m\n  1 | é = !\n    |     ^");
  }
  SECTION("behind wide characters, which are two columns") {
    CHECK(render({source("ラム = !"), 1, 10, 1}, "m") == "ou.toml:1:6: error: m\n  1 | ラム = !\n    |        ^");
  }
  SECTION("behind a combining character, which has no column") {
    CHECK(render({source("e\u0301!"), 1, 4, 1}, "m") == "ou.toml:1:3: error: m\n  1 | e\u0301!\n    |  ^");
  }
  SECTION("behind the end of the line") {
    CHECK(render({source("a =\r\nb"), 1, 4, 1}, "m") == "ou.toml:1:4: error: m\n  1 | a =\n    |    ^");
    CHECK(render({source("a ="), 1, 400, 9}, "m") == "ou.toml:1:4: error: m\n  1 | a =\n    |    ^");
  }
  SECTION("in the last, empty line, and beyond it") {
    CHECK(render({source("a = 1\n"), 2, 1, 1}, "m") == "ou.toml:2:1: error: m\n  2 | \n    | ^");
    CHECK(render({source("a = 1\n"), 99, 7, 1}, "m") == "ou.toml:99:1: error: m\n  99 | \n     | ^");
  }
}

TEST_CASE("no control character reaches the terminal") {
  const std::string message =
      render({source("a = \"\x1b[31m\x07\"\xff\u202e"), 1, 5, 4}, "found \x1b[2J", {"\x08", "\x1b", {}});
  CHECK(message == "ou.toml:1:5: error: found \\x1b[2J\n"
                   "  1 | a = \"\\x1b[31m\\x07\"\\xff\\u202e\n"
                   "    |     ^^^^^^^\n"
                   "  allowed: \\x08\n"
                   "  did you mean '\\x1b'?");
}

TEST_CASE("long lines are cut around the caret") {
  for (const std::size_t at : {0U, 1U, 49U, 50U, 51U, 99U, 100U, 101U, 5'000U, 9'899U, 9'998U, 9'999U}) {
    std::string text(10'000, '.');
    text[at] = '!';
    const std::string message = render({source(text), 1, at + 1, 1}, "m");
    INFO(at << "\n" << message);
    CHECK(above_caret(message) == "!");
    CHECK(message.size() < 350);
  }
  CHECK(render({source(std::string(100, 'x')), 1, 1, 1}, "m").find("...") == std::string::npos);
  CHECK(render({source(std::string(101, 'x')), 1, 1, 1}, "m").find("x...\n") != std::string::npos);
}

TEST_CASE("a long line of wide characters is cut between characters") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "ラ";
  const std::string message = render({source(text + "!" + text), 1, text.size() + 1, 1}, "m");
  CHECK(message.find("\\x") == std::string::npos);
  CHECK(message.find("...") != std::string::npos);
}

TEST_CASE("the nearest name is near") {
  CHECK(nearest("temprature", {"potential", "temperature"}) == "temperature");
  CHECK(nearest("lamda", {"x", "lambda"}) == "lambda");
  CHECK(nearest("setp", {"step", "sets"}) == "step"); // a swap is one edit
  CHECK(nearest("Reflecting", {"reflecting"}) == "reflecting");
  CHECK(nearest("keep-bits", {"keep_bits"}) == "keep_bits");
  CHECK(nearest("x", {"y", "t"}).empty());
  CHECK(nearest("colour", {"cells", "lower"}).empty());
  CHECK(nearest("", {"a"}).empty());
  CHECK(nearest(std::string(1'000'000, 'a'), {std::string(1'000'000, 'b')}).empty());
  CHECK(nearest_name("a", {}).empty());
}

TEST_CASE("lists in words") {
  const std::vector<std::string> names{"a", "b", "c"};
  CHECK(list_of({}) == "");
  CHECK(list_of(std::span(names).first(1)) == "a");
  CHECK(list_of(std::span(names).first(2)) == "a and b");
  CHECK(list_of(names) == "a, b and c");
  CHECK(list_of(names, "or") == "a, b or c");
}

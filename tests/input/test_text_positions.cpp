// A caret inside of an expression, whatever way the text is written in TOML.
#include "files.hpp"

#include <catch2/catch.hpp>

using namespace driftwell;
using namespace driftwell::input;

namespace {

Text potential(const std::string& literal) {
  files::Experiment e;
  e.model = "variables = [\"x\"]\ntemperature = 0.25\npotential = " + literal + "\n";
  return e.parse().model.potential->expression;
}

/// The bytes of the file that an origin covers.
std::string covered(const Origin& origin) {
  const std::string& text = origin.source->text;
  std::size_t begin = 0;
  for (std::size_t line = 1; line < origin.line; ++line) begin = text.find('\n', begin) + 1;
  return text.substr(begin + origin.column - 1, origin.length);
}

/// What `part` of the value is in the file.
std::string found(const std::string& literal, const std::string& part) {
  const Text text = potential(literal);
  const std::size_t offset = text.value.find(part);
  REQUIRE(offset != std::string::npos);
  return covered(text.at(offset, part.size()));
}

} // namespace

TEST_CASE("basic and literal strings") {
  CHECK(found("\"x^2 + sine(x)\"", "sine") == "sine");
  CHECK(found("'x^2 + sine(x)'", "sine") == "sine");
  CHECK(found("\"\"\"x^2 + sine(x)\"\"\"", "sine") == "sine");
  CHECK(found("'''x^2 + sine(x)'''", "sine") == "sine");
  const Origin origin = potential("\"x^2 + sine(x)\"").at(6, 4);
  CHECK(origin.line == 4);
  CHECK(origin.column == 20);
  CHECK(origin.length == 4);
}

TEST_CASE("escapes take more room in the file than in the value") {
  CHECK(found("\"x\\t+ sine(x)\"", "sine") == "sine");
  CHECK(found("\"x\\u002b sine(x)\"", "+") == "\\u002b");
  CHECK(found("\"x\\u002b sine(x)\"", "sine") == "sine");
  CHECK(found("\"\\U0001F600 sine\"", "sine") == "sine");
  CHECK(found("\"\\u00e9 \\\" \\\\ sine\"", "sine") == "sine");
  CHECK(found("\"é + sine\"", "sine") == "sine");
  CHECK(found("\"\\u00e9\"", "\u00e9") == "\\u00e9");
}

TEST_CASE("multi-line strings: first line break, later ones, line-ending backslash") {
  for (const std::string end : {"\n", "\r\n"}) {
    for (const std::string quotes : {"\"\"\"", "'''"}) {
      const std::string literal = quotes + end + "x^2 +" + end + "  sine(x)" + quotes;
      CHECK(found(literal, "sine") == "sine");
      CHECK(found(literal, "x^2") == "x^2");
      const Text text = potential(literal);
      const Origin origin = text.at(text.value.find("sine"), 4);
      CHECK(origin.line == 6);
      CHECK(origin.column == 3);
    }
    const std::string joined = "\"\"\"\\" + end + "  x^2 + \\  " + end + end + "   sine(x)\"\"\"";
    CHECK(potential(joined).value == "x^2 + sine(x)");
    CHECK(found(joined, "sine") == "sine");
    CHECK(found(joined, "x^2") == "x^2");
  }
}

TEST_CASE("quotes next to the closing quotes of a multi-line string") {
  CHECK(found("\"\"\"sine \"a\"\"\"\"", "a\"") == "a\"");
  CHECK(found("'''sine 'a'''''", "sine") == "sine");
}

TEST_CASE("the end of a text, and beyond it") {
  const Text text = potential("\"x + \"");
  CHECK(covered(text.at(4)) == "\"");
  CHECK(covered(text.at(4).source ? text.at(3, 100) : text.origin).front() == ' ');
  CHECK(covered(text.at(1'000)) == "\"");
}

TEST_CASE("a text without known positions points at the whole value") {
  Text text = potential("\"x + 1\"");
  text.positions.clear();
  CHECK(covered(text.at(2)) == "\"x + 1\"");
  CHECK_FALSE(Text{}.at(0).source);
}

TEST_CASE("numbers as texts") {
  CHECK(found("12.5", "2.5") == "2.5");
  CHECK(covered(potential("1_000").at(0)) == "1_000");
  CHECK(potential("1_000").value == "1000");
  CHECK(potential("0x10").value == "16");
}

TEST_CASE("carets in an override") {
  const Spec spec = files::Experiment{}.parse({"model.potential=x^2 + sine(x)"});
  const Text& text = spec.model.potential->expression;
  CHECK(text.value == "x^2 + sine(x)");
  const Origin origin = text.at(text.value.find("sine"), 4);
  CHECK(origin.source->name == "--set model.potential=x^2 + sine(x)");
  // A bare word has no quotes to decode, and its characters stand for themselves.
  CHECK(covered(origin) == "sine");
}

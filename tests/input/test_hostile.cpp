// Files that are odd or hostile: never a crash, a hang or a full memory, always an error that says what is wrong.
#include "files.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace driftwell;
using namespace driftwell::input;
namespace fs = std::filesystem;

namespace {

/// A directory that goes away with the test.
class Scratch {
public:
  Scratch() : path_(fs::temp_directory_path() / ("driftwell_hostile_" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(path_); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this / name;
  }

private:
  fs::path path_;
};

std::string repeated(const std::string& piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

std::string error_of(const std::string& text) {
  return files::message_of([&] { (void)input::parse(text, "t.toml"); });
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  return text.replace(text.find(part), part.size(), by);
}

} // namespace

TEST_CASE("only regular files are read") {
  const Scratch scratch;
  const auto read_error = [](const std::string& path) {
    try {
      (void)input::read(path);
    } catch (const IoError& error) {
      return std::string(error.what());
    }
    return std::string("no IoError");
  };
  (void)scratch.write("ou.toml", "");
  CHECK(read_error(scratch / "uo.toml") ==
        scratch / "uo.toml" + ": error: no such file\n  did you mean '" + (scratch / "ou.toml") + "'?");
  CHECK(read_error(scratch / "nowhere/ou.toml") ==
        scratch / "nowhere/ou.toml" + ": error: no such directory: " + (scratch / "nowhere"));
  CHECK(read_error(scratch / "").ends_with("error: this is a directory\n  allowed: a TOML file"));
  CHECK(read_error("").ends_with("error: no file name"));
  CHECK(read_error(std::string("a\0b", 3)).ends_with("error: a file name cannot contain a zero byte"));
  CHECK(read_error("/dev/zero").ends_with("this is a device or a pipe, not a regular file\n  allowed: a TOML file"));
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK(
      read_error(scratch / "pipe").ends_with("this is a device or a pipe, not a regular file\n  allowed: a TOML file"));
  const std::string big = scratch.write("big.toml", "");
  fs::resize_file(big, (64U << 20U) + 1);
  CHECK(read_error(big).ends_with(
      "error: the file has 64 MB, too much for an experiment file\n  allowed: at most 64 MB"));
  if (::geteuid() != 0) {
    fs::permissions(scratch / "ou.toml", fs::perms::none);
    CHECK(read_error(scratch / "ou.toml").ends_with("cannot be read: Permission denied"));
  }
}

TEST_CASE("what is no text is no experiment") {
  CHECK(error_of(std::string("a\0b", 3)) ==
        "t.toml: error: not a text file: byte 0x00 at offset 1\n  allowed: a TOML file in UTF-8");
  CHECK(error_of("\n\xC3(") ==
        "t.toml: error: not a text file: byte 0xc3 at offset 1, in line 2\n  allowed: a TOML file in UTF-8");
  for (const std::string bad :
       {"\xED\xA0\x80", "\xC0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\x80", "\xE2\x82"})
    CHECK(error_of(bad).find("not a text file") != std::string::npos);
  CHECK(error_of("\xEF\xBB\xBF") == error_of(""));
}

TEST_CASE("depth does not overflow the stack") {
  const std::size_t n = 100'000;
  const std::string good = files::Experiment{}.text();
  for (const std::string& text :
       {"a = " + repeated("[", n), "a = " + repeated("{a=", n), repeated("a.", n) + "a = 1",
        repeated("\"a\".", n) + "a = 1", repeated("a . ", n) + "a = 1", "[" + repeated("a.", n) + "a]",
        "[[" + repeated("'a'.", n) + "a]]", "x = '''\n'''''\n" + repeated("a.", n) + "a = 1",
        "x = \"\\\"\"\n" + repeated("a.", n) + "a = 1", replaced(good, "-4", repeated("[", n) + repeated("]", n))}) {
    const std::string message = error_of(text);
    INFO(message);
    CHECK((message.find("too deep") != std::string::npos || message.find("16 parts") != std::string::npos));
  }
}

TEST_CASE("size does not take minutes or the memory") {
  const auto start = std::chrono::steady_clock::now();
  const std::string good = files::Experiment{}.text();
  const std::string nested = repeated("(", 2'000'000) + "x" + repeated(")", 2'000'000);
  CHECK(input::parse(replaced(good, "x^2/2", nested), "t.toml").model.potential->expression.value == nested);
  CHECK(error_of(replaced(good, "-4", "[" + repeated("1,", 1'100'000) + "1]")).find("more than 1000000 values") !=
        std::string::npos);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "k" + std::to_string(i) + " = 1\n";
  CHECK(error_of(good + many).find("unknown key 'k0'") != std::string::npos);
  CHECK(error_of(good + "[model.parameters]\n" + many).find("more than 1000 names") != std::string::npos);
  CHECK(error_of(good + repeated("x", 2'000'000) + " = 1").size() < 1000);
  CHECK(error_of(good + "dt = " + repeated("x", 2'000'000)).size() < 1000);
  CHECK(error_of(good + "dt = \"" + repeated("\u00e9", 2'000'000) + "\"").size() < 1000);
  CHECK(error_of(good + "dt = 1" + repeated("0", 2'000'000)).size() < 2000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
}

TEST_CASE("texts on which toml++ 3.3 asserts, or that it takes for unreachable") {
  for (const std::string text :
       {"[=\n", "[<odel]\n", "a = }", "a = ]", "a = ,", "a = 2020-01-01T\\10:00:00Z", "[[q= 0x1F\n", "\u00e9 = 1",
        "a = \u00e9", "a\u00e9 = 1", "a = 1\u00e9", "\u3072 = 1", "a = [\u3001]", "a = \"\"\"\\\n \u00e9\"\"\"\n="}) {
    const std::string message = error_of(text);
    INFO(message);
    CHECK(message.starts_with("t.toml:"));
    CHECK(message.find("TOML: ") == std::string::npos); // explained, not passed on
  }
}

TEST_CASE("numbers at the edge") {
  files::Experiment e;
  for (const std::string text :
       {"end = 5e-324\noutputs = 101", "end = -0.0", "end = 0", "at = [0]", "at = []", "at = [1e-400, 1]",
        "at = [0, 0]", "at = [nan]", "end = +inf", "end = 1\noutputs = 9223372036854775807"}) {
    e.time = text;
    INFO(text);
    const std::string message = error_of(e.text());
    CHECK((!message.empty() || text == "at = [1e-400, 1]"));
  }
  e.time = "end = 1.7976931348623157e308\noutputs = 3";
  CHECK(e.parse().time.at[1] == 1.7976931348623157e308 / 2);
  e.fokker_planck = "lower = -1.7e308\nupper = 1.7e308\ncells = 4\n";
  CHECK(error_of(e.text()).find("the domain is too wide") != std::string::npos);
}

namespace {

std::size_t mutate_and_parse(const std::string& valid, std::size_t rounds, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::string alphabet = "\"'[]{}=.,#\n\\ -+_0123456789exyabinfnu(^\t\r";
  std::size_t still_valid = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    std::string text = valid;
    for (std::size_t n = 1 + below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      const std::size_t kind = below(5);
      if (kind == 0) text[at] = static_cast<char>(below(256));
      else if (kind == 1) text.erase(at, 1 + below(4));
      else if (kind == 2) text.insert(at, 1, alphabet[below(alphabet.size())]);
      else if (kind == 3) text[at] = alphabet[below(alphabet.size())];
      else text.insert(at, text.substr(below(text.size()), below(12)));
    }
    try {
      (void)resolved_json(input::parse(text, "t.toml"));
      ++still_valid;
    } catch (const Error& error) {
      if (std::string_view(error.what()).size() > 3000) FAIL(error.what());
    }
  }
  return still_valid;
}

std::string rich_experiment() {
  return "title = \"é\"\n[model]\nvariables = [\"x\", \"y\"]\npotential = \"\"\"\nx^2 + \\\n  y\\t^2\"\"\"\nforce = "
         "[\"-a*y\", 'x']\n"
         "diffusion = [[\"1\", 0.5], [\"0.5\", 1_0]]\nlearning_rate = 0.1\nbatch_size = 8\nparameters = { a = 1.5, "
         "\"b\" = 2 }\n"
         "[initial]\nmixture = [{ weight = 1, point = [0, 1] }, { weight = 2, gaussian = { mean = [0, 1], std = 0.2 } "
         "}]\n"
         "[time]\nend = 10.0 # comment\noutputs = 11\nspacing = \"log\"\n[fokker_planck]\nlower = [-3, -3]\nupper = "
         "3\ncells = [8, 8]\n"
         "boundary = [\"periodic\", [\"absorbing\", \"reflecting\"]]\n[output]\nkeep_bits = 20\n";
}

} // namespace

TEST_CASE("100000 random mutations give a Spec or an Error") {
  REQUIRE(error_of(rich_experiment()).empty());
  const std::size_t valid = mutate_and_parse(rich_experiment(), 100'000, 1);
  CHECK(valid > 1'000); // not every change hurts
  CHECK(valid < 90'000);
}

TEST_CASE("a file cut at any byte gives a Spec or an Error") {
  const std::string text = rich_experiment();
  for (std::size_t n = 0; n <= text.size(); ++n) CHECK(error_of(text.substr(0, n)).size() < 3000);
}

TEST_CASE("random overrides give a Spec or an Error") {
  std::mt19937 random(2);
  const std::string alphabet = "model.temperature=\"'[]{}#,.01 \n\\x";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = i % 2 == 0 ? "model.temperature=" : "";
    for (std::size_t n = random() % 12; n > 0; --n) text += alphabet[random() % alphabet.size()];
    CHECK(files::message_of([&] { (void)files::Experiment{}.parse({text}); }).size() < 3000);
  }
}

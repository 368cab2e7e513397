// What is written is what is read back, and the life of OUT.h5, OUT.h5.part and the lock.
#include "scratch.hpp"

#include <catch2/catch.hpp>

#include <sys/types.h>

#include <cmath>
#include <limits>

using namespace driftwell;
using namespace driftwell::record;
using namespace driftwell::record::test;
using Catch::Matchers::Contains;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

const VariableInfo& named(const std::vector<VariableInfo>& all, const std::string& name) {
  for (const auto& info : all) {
    if (info.name == name) {
      return info;
    }
  }
  throw std::out_of_range(name);
}

Value attribute_of(const Attributes& all, const std::string& name) {
  for (const auto& [key, value] : all) {
    if (key == name) {
      return value;
    }
  }
  throw std::out_of_range(name);
}

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

} // namespace

TEST_CASE("values, shapes, dimensions and their order come back", "[record]") {
  const Scratch scratch;
  {
    ResultFile file(scratch / "out.h5");
    Group g = file.group("g");
    g.growing_dimension("time");
    g.dimension("x", std::vector<double>{1, 2, 3});
    g.dimension("variable", std::vector<std::string>{"a", "ψ"});
    g.dimension("particle", 5);
    g.variable("z_first", {"time"}, {{"units", "nat"}});
    g.variable("a_second", {"time", "x", "variable"});
    g.variable("fixed", {"x"});
    g.variable("number", {});
    g.write("fixed", std::vector<double>{4, not_a_number, -INFINITY});
    g.write("number", std::vector<double>{7});
    g.write_frame("a_second", 1, std::vector<double>{1, 2, 3, 4, 5, 6}); // frame 0 never comes
    g.text("verdict", "variable", {"holds", ""});
    file.finish();
  }
  const Reader reader(scratch / "out.h5");
  CHECK(reader.groups() == std::vector<std::string>{"g"});
  const auto all = reader.variables("/g");
  std::vector<std::string> names;
  for (const auto& info : all) {
    names.push_back(info.name);
  }
  CHECK(names ==
        std::vector<std::string>{"time", "x", "variable", "z_first", "a_second", "fixed", "number", "verdict"});
  CHECK(named(all, "a_second").dimensions == std::vector<std::string>{"time", "x", "variable"});
  CHECK(named(all, "a_second").shape == std::vector<std::size_t>{2, 3, 2});
  CHECK(named(all, "z_first").shape == std::vector<std::size_t>{2}); // all grow together
  CHECK(named(all, "time").dimensions == std::vector<std::string>{"time"});
  CHECK(named(all, "number").shape.empty());
  CHECK(std::get<std::string>(attribute_of(named(all, "z_first").attributes, "units")) == "nat");
  CHECK(std::get<std::string>(attribute_of(named(all, "a_second").attributes, "units")) == "1");
  CHECK(std::get<std::string>(attribute_of(named(all, "time").attributes, "axis")) == "T");
  CHECK(std::isnan(std::get<double>(attribute_of(named(all, "fixed").attributes, "_FillValue"))));
  const auto values = reader.read("/g/a_second").first;
  CHECK(std::isnan(values[0]));
  CHECK(std::vector<double>(values.begin() + 6, values.end()) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(reader.read("/g/number").first == std::vector<double>{7});
  CHECK(reader.read("/g/fixed").first[2] == -INFINITY);
  CHECK(reader.read_text("/g/variable") == std::vector<std::string>{"a", "ψ"});
  CHECK(reader.read_text("g/verdict") == std::vector<std::string>{"holds", ""});
}

TEST_CASE("attributes of every kind, of any length, overwritten any number of times", "[record]") {
  const Scratch scratch;
  const std::string sizes[] = {"", "ψ", std::string(65'000, 'a'), std::string(70'000, 'b'),
                               std::string(3'000'000, 'c')};
  {
    ResultFile file(scratch / "out.h5");
    for (std::size_t i = 0; i < 5; ++i) {
      file.attribute("text" + std::to_string(i), sizes[i]);
    }
    file.attribute("list", std::vector<double>{1, -2.5});
    file.attribute("list", std::vector<double>{1, -2.5, not_a_number});
    file.attribute("none", std::vector<double>{});
    file.attribute("whole", std::int64_t{-9'007'199'254'740'993});
    file.attribute("nul", std::string("a\0b", 3));
    file.attribute("bad", "\xFF\xC3");
    for (int i = 0; i < 70'000; ++i) {
      file.attribute("again", static_cast<double>(i));
    }
    file.group("g").attribute("of_group", 0.5);
    file.group("g").attribute("of_group", "now a text");
    file.finish();
  }
  const Reader reader(scratch / "out.h5");
  const auto all = reader.attributes();
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(std::get<std::string>(attribute_of(all, "text" + std::to_string(i))) == sizes[i]);
  }
  CHECK(std::get<std::vector<double>>(attribute_of(all, "list")).size() == 3);
  CHECK(std::get<std::vector<double>>(attribute_of(all, "none")).empty());
  CHECK(std::get<std::int64_t>(attribute_of(all, "whole")) == -9'007'199'254'740'993);
  CHECK(std::get<std::string>(attribute_of(all, "nul")) == "a\xE2\x90\x80"
                                                           "b");
  CHECK(std::get<std::string>(attribute_of(all, "bad")) == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(std::get<double>(attribute_of(all, "again")) == 69'999);
  CHECK(std::get<std::string>(attribute_of(reader.attributes("/g"), "of_group")) == "now a text");
}

TEST_CASE("dimensions of length zero and one, and many small frames", "[record]") {
  const Scratch scratch;
  {
    ResultFile file(scratch / "out.h5");
    Group g = file.group("g");
    g.growing_dimension("time");
    g.dimension("minimum", std::vector<double>{});
    g.dimension("name", std::vector<std::string>{});
    g.dimension("particle", 0);
    g.dimension("one", 1);
    g.variable("height", {"minimum"});
    g.variable("nothing", {"time", "particle"});
    g.variable("series", {"time", "one"});
    g.text("verdict", "name", {});
    g.write("height", {});
    for (std::size_t k = 0; k < 5000; ++k) {
      const double value = static_cast<double>(k) / 3;
      g.write_frame("series", k, {&value, 1});
    }
    g.write_frame("nothing", 2, {});
    file.finish();
  }
  const Reader reader(scratch / "out.h5");
  CHECK(reader.read("/g/height").first.empty());
  CHECK(reader.read("/g/nothing").second == std::vector<std::size_t>{5000, 0});
  CHECK(reader.read_text("/g/verdict").empty());
  const auto series = reader.read("/g/series").first;
  CHECK(series.size() == 5000);
  CHECK(series[4999] == 4999.0 / 3);
}

TEST_CASE("wrong calls are IoErrors that name the variable, and the file goes on", "[record]") {
  const Scratch scratch;
  ResultFile file(scratch / "out.h5");
  Group g = file.group("g");
  g.growing_dimension("time");
  g.dimension("x", 3);
  g.variable("v", {"time", "x"});
  g.variable("w", {"x"});
  const std::vector<double> three(3, 1.0), two(2, 1.0);
  CHECK_THAT(io_error([&] { g.write_frame("v", 0, two); }), Contains("2 values") && Contains("\"v\"") && Contains("3"));
  CHECK_THAT(io_error([&] { g.write("w", two); }), Contains("\"w\""));
  CHECK_THAT(io_error([&] { g.write("v", three); }), Contains("frame by frame"));
  CHECK_THAT(io_error([&] { g.write_frame("w", 0, three); }), Contains("written as a whole"));
  CHECK_THAT(io_error([&] { g.write("u", three); }), Contains("no variable \"u\""));
  CHECK_THAT(io_error([&] { g.variable("u", {"y"}); }), Contains("no dimension \"y\""));
  CHECK_THAT(io_error([&] { g.variable("v", {"x"}); }), Contains("declared twice"));
  CHECK_THAT(io_error([&] { g.variable("x", {"x"}); }), Contains("declared twice"));
  CHECK_THAT(io_error([&] { g.variable("u", {"x", "x"}); }), Contains("twice"));
  CHECK_THAT(io_error([&] { g.variable("u", {"x", "time"}); }), Contains("growing"));
  CHECK_THAT(io_error([&] { g.variable("a/b", {"x"}); }), Contains("not a name"));
  CHECK_THAT(io_error([&] { static_cast<void>(file.group("")); }), Contains("not the name of a group"));
  CHECK_THAT(io_error([&] { g.text("t", "x", {"a"}); }), Contains("1 texts"));
  CHECK_THAT(io_error([&] { ResultFile(scratch / "k.h5", {false, 0, 5}); }), Contains("keep_bits = 0"));
  g.write_frame("v", 0, three);
  file.finish();
  CHECK_THAT(io_error([&] { g.write_frame("v", 1, three); }), Contains("closed already"));
  CHECK_THAT(io_error([&] { file.finish(); }), Contains("closed already"));
  CHECK(Reader(scratch / "out.h5").read("/g/v").first == three);
}

TEST_CASE("an existing result is kept, or replaced at finish and not before", "[record]") {
  const Scratch scratch;
  const fs::path out = scratch / "out.h5";
  write_bytes(out, "precious");
  for (const auto& message : {io_error([&] { ResultFile file(out); }), io_error([&] { ResultFile::probe(out); })}) {
    CHECK_THAT(message, Contains("exists already") && Contains("-o") && Contains("--overwrite"));
  }
  Options replace;
  replace.replace = true;
  ResultFile::probe(out, replace);
  {
    ResultFile file(out, replace);
    small_run(file, 3);
    CHECK(bytes_of(out) == "precious");
    file.finish();
    CHECK(checked_frames(out) == 3);
  }
  CHECK_FALSE(fs::exists(scratch / "out.h5.part"));
  CHECK_FALSE(fs::exists(scratch / "out.h5.part.lock"));
}

TEST_CASE("a file that appears during the run is not replaced", "[record]") {
  const Scratch scratch;
  ResultFile file(scratch / "out.h5");
  small_run(file, 2);
  write_bytes(scratch / "out.h5", "precious");
  CHECK_THAT(io_error([&] { file.finish(); }), Contains("appeared during the run") && Contains("out.h5.part"));
  CHECK(bytes_of(scratch / "out.h5") == "precious");
  CHECK(checked_frames(scratch / "out.h5.part") == 2);
}

TEST_CASE("what may be in the way of the output", "[record]") {
  const Scratch scratch;
  fs::create_directory(scratch / "directory");
  write_bytes(scratch / "file", "x");
  const std::pair<fs::path, std::string> table[] = {
      {scratch / "missing" / "out.h5", "missing does not exist"},
      {scratch / "directory", "is a directory"},
      {scratch / "file" / "out.h5", "is not a directory"},
      {"/dev/null", "is not a regular file"},
      {"", "not the name of a file"},
      {"/proc/out.h5", "/proc/out.h5"},
      {scratch / std::string(300, 'n'), "File name too long"},
  };
  for (const auto& [path, words] : table) {
    const std::string message = io_error([&, p = path] { ResultFile file(p); });
    CHECK_THAT(message, Contains(words));
  }
  CHECK(std::distance(fs::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("a link to a result stays a link", "[record]") {
  const Scratch scratch;
  write_bytes(scratch / "target.h5", "old");
  fs::create_symlink(scratch / "target.h5", scratch / "out.h5");
  Options replace;
  replace.replace = true;
  ResultFile file(scratch / "out.h5", replace);
  small_run(file, 1);
  file.finish();
  CHECK(fs::is_symlink(scratch / "out.h5"));
  CHECK(checked_frames(scratch / "target.h5") == 1);
}

TEST_CASE("a second writer is told who writes; a dead one is taken over", "[record]") {
  const Scratch scratch;
  const fs::path out = scratch / "out.h5", lock = scratch / "out.h5.part.lock";
  {
    ResultFile file(out);
    for (const auto& message : {io_error([&] { ResultFile second(out); }), io_error([&] { ResultFile::probe(out); })}) {
      CHECK_THAT(message, Contains("process " + std::to_string(::getpid())) && Contains(lock.string()));
    }
    CHECK(fs::exists(lock));
  }
  CHECK_FALSE(fs::exists(lock));
  const int dead = [] { // a number that was a process and is none any more
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return child;
  }();
  const std::string here = " " + host_name() + " ";
  for (const std::string& stale : {std::to_string(dead) + here + "5\n", std::to_string(::getpid()) + here + "5\n",
                                   std::string()}) { // dead; the number reused; killed while it wrote the lock
    write_bytes(lock, stale);
    CHECK(io_error([&] { ResultFile file(out); }) == "");
    CHECK_FALSE(fs::exists(lock));
  }
  write_bytes(lock, std::to_string(::getpid()) + here + "0\n");
  CHECK_THAT(io_error([&] { ResultFile file(out); }), Contains("(this one)"));
  write_bytes(lock, "17 elsewhere 5\n");
  CHECK_THAT(io_error([&] { ResultFile file(out); }), Contains("process 17 on host elsewhere") && Contains("delete"));
}

TEST_CASE("of many runs that start at once on a stale lock one writes", "[record]") {
  const Scratch scratch;
  write_bytes(scratch / "out.h5.part.lock", "");
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      int code = 1;
      try {
        ResultFile file(scratch / "out.h5");
        code = 0;
        ::usleep(300'000);
        ::_exit(code); // holding the lock
      } catch (const IoError&) {
      }
      ::_exit(code);
    }
  }
  int winners = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      ++winners;
    }
  }
  CHECK(winners == 1);
}

TEST_CASE("the .part of a killed run is kept for one generation", "[record]") {
  const Scratch scratch;
  const fs::path out = scratch / "out.h5", part = scratch / "out.h5.part", previous = scratch / "out.h5.part~";
  {
    ResultFile file(out);
    small_run(file, 4);
  } // not finished: what it had is in .part
  CHECK(checked_frames(part) == 4);
  {
    ResultFile file(out);
    CHECK(checked_frames(previous) == 4);
    small_run(file, 1);
    file.discard();
    CHECK_FALSE(fs::exists(part));
  }
  write_bytes(part, "rubbish"); // does not open: nothing to keep
  {
    ResultFile file(out);
    small_run(file, 2);
    file.finish();
  }
  CHECK(checked_frames(out) == 2);
  CHECK(checked_frames(previous) == 4);
}

TEST_CASE("a reader sees whole frames while the writer goes on", "[record]") {
  const Scratch scratch;
  ResultFile file(scratch / "out.h5");
  small_run(file, 3, true);
  CHECK(checked_frames(scratch / "out.h5.part") == 3);
  Group g = file.group("run"); // the same group again
  const double t = 3;
  g.write_frame("time", 3, {&t, 1});
  CHECK(checked_frames(scratch / "out.h5.part") == 3); // not flushed: the last state
  file.finish();
}

TEST_CASE("a frame of more than a GiB", "[record][slow]") {
  const Scratch scratch;
  const std::size_t rows = 1200, columns = 120'000;
  std::vector<double> frame(rows * columns);
  for (std::size_t i = 0; i < rows; ++i) {
    frame[i * columns] = static_cast<double>(i);
  }
  Options options;
  if (GENERATE(false, true)) {
    options.keep_bits = 20;
  }
  {
    ResultFile file(scratch / "out.h5", options);
    Group g = file.group("g");
    g.growing_dimension("time");
    g.dimension("x", rows);
    g.dimension("y", columns);
    g.variable("density", {"time", "x", "y"});
    g.write_frame("density", 1, frame);
    file.finish();
  }
  frame = {};
  const auto [values, shape] = Reader(scratch / "out.h5").read("/g/density");
  CHECK(shape == std::vector<std::size_t>{2, rows, columns});
  CHECK(std::isnan(values[5]));
  bool right = true;
  for (std::size_t i = 0; i < rows; ++i) {
    right = right && values[(rows + i) * columns] == static_cast<double>(i);
  }
  CHECK(right);
}

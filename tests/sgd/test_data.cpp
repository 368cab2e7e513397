// Data files as they come, and as they should not.
#include "driftwell/sgd/dataset.hpp"

#include <catch2/catch.hpp>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace driftwell;
using namespace driftwell::sgd;

namespace {

template <class Call> std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::string csv_error(const std::string& text, const CsvOptions& options = {}) { return message_of([&] { (void)parse_csv(text, "bad.csv", options); }); }

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("driftwell_data_" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return (path / name).string();
  }
  std::string pack(const std::string& name, const std::string& bytes) const {
    const std::string file = (path / name).string();
    const gzFile out = gzopen(file.c_str(), "wb");
    gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(out);
    return file;
  }
};

std::string big_endian(std::initializer_list<std::uint32_t> words) {
  std::string bytes;
  for (const std::uint32_t w : words)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(w >> shift & 255);
  return bytes;
}

} // namespace

TEST_CASE("tables in their usual forms") {
  const Dataset plain = parse_csv("1,2,0\n3,4,1\n5,6,0\n", "plain");
  CHECK(plain.samples == 3);
  CHECK(plain.features == 2);
  CHECK(plain.classes == 2);
  CHECK(plain.inputs == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(plain.targets == std::vector<double>{0, 1, 0});
  const Dataset windows = parse_csv("\xef\xbb\xbf\"a b\";c;kind\r\n 1.5 ; -2e3;\"x;\"\"y\"\"\"\r\n\r\n# note\r\n+3;.5;z\r\n", "windows");
  CHECK(windows.inputs == std::vector<double>{1.5, -2000, 3, 0.5});
  CHECK(windows.feature_names == std::vector<std::string>{"a b", "c"});
  CHECK(windows.class_names == std::vector<std::string>{"x;\"y\"", "z"});
  const Dataset first = parse_csv("y\tx1\tx2\n0.5\t1\t2\n-1.5\t3\t4", "tabs", {"y", 0});
  CHECK(first.classes == 0);
  CHECK(first.targets == std::vector<double>{0.5, -1.5});
  CHECK(first.inputs == std::vector<double>{1, 2, 3, 4});
  CHECK(parse_csv("1,2,3\n4,5,6\n", "number", {"1", 0}).targets == std::vector<double>{1, 4});
  CHECK(parse_csv("1,2,3\n4,5,6\n7,8,9\n", "rows", {"", 2}).samples == 2);
  CHECK(parse_csv("a,b\n1,2\n4,5\n7,8\n", "rows", {"", 2}).samples == 2);
  CHECK(parse_csv("5.1,setosa\n7,versicolor\n", "words without a header").samples == 2);
  CHECK(parse_csv("0,1,target\n5,6,1\n7,8,0\n", "counted names").samples == 2);
  CHECK(parse_csv("1,1\n2,2\n3,3\n", "from one").targets == std::vector<double>{0, 1, 2});
}

TEST_CASE("tables that are wrong: file, line, what was found") {
  using Catch::Matchers::StartsWith;
  CHECK_THAT(csv_error("1,2,0\n3,1\n"), StartsWith("bad.csv:2: error: ragged row: 2 fields; allowed: 3"));
  CHECK_THAT(csv_error("a,b,y\n1,2,0\n\n3,4,5,6\n"), StartsWith("bad.csv:4: error: ragged row: 4 fields"));
  CHECK_THAT(csv_error("a,b,y\n1,2,0\n3,x7,1\n"), StartsWith("bad.csv:3: error: text \"x7\" in column \"b\""));
  CHECK_THAT(csv_error("a,b,y\n1,nan,0\n3,7,1\n"), StartsWith("bad.csv:2: error: \"nan\" in column \"b\" is not a finite number"));
  CHECK_THAT(csv_error("1,2,0\n1,-inf,0\n"), StartsWith("bad.csv:2: error: \"-inf\""));
  CHECK_THAT(csv_error("1,2,0\n1,1e999,0\n"), StartsWith("bad.csv:2: error: \"1e999\""));
  CHECK_THAT(csv_error("1,2,0\n1,,0\n"), StartsWith("bad.csv:2: error: no value"));
  CHECK_THAT(csv_error("1;2,5;0\n1;3;0\n"), StartsWith("bad.csv:1: error: text \"2,5\""));
  CHECK_THAT(csv_error("a,7,y\n1,2,3\n"), StartsWith("bad.csv:1: error: text \"a\""));
  CHECK_THAT(csv_error("1,2,a\n1,2,b\n1,2,\n"), StartsWith("bad.csv:3: error: no class"));
  CHECK_THAT(csv_error("1,2,0.5\n1,2,1.5\n1,2,oops\n1,2,3\n"), StartsWith("bad.csv:3: error: target \"oops\" among numbers"));
  CHECK_THAT(csv_error("1,2,\"a\n1,2,b\n"), StartsWith("bad.csv:1: error: a quote is not closed"));
  CHECK_THAT(csv_error(""), StartsWith("bad.csv: error: no data"));
  CHECK_THAT(csv_error("a,b\n"), StartsWith("bad.csv:1: error: no data"));
  CHECK_THAT(csv_error("1\n2\n"), StartsWith("bad.csv:1: error: one column only"));
  CHECK_THAT(csv_error("alpha,beta,y\n1,2,3\n", {"betta", 0}), StartsWith("bad.csv:1: error: no column \"betta\"") && Catch::Matchers::EndsWith("nearest: beta"));
  const Dataset gap = parse_csv("1,0\n2,2\n", "gap.csv");
  CHECK(gap.classes == 0);
  CHECK_THAT(message_of([&] { require_classes(gap); }), StartsWith("gap.csv: error: class 1 of the classes 0 to 2 is empty"));
  CHECK_THAT(message_of([&] { require_classes(parse_csv("1,0\n2,0\n", "one.csv")); }), StartsWith("one.csv: error: all targets are 0"));
  CHECK_THAT(message_of([&] { require_classes(parse_csv("1,a\n2,b\n3,c\n", "three.csv"), 2); }), StartsWith("three.csv: error: 3 classes"));
}

TEST_CASE("packed files, whole and cut short") {
  const Folder folder;
  std::string text = "a,b,y\n";
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919 % 1000) + "," + std::to_string(i * 104729 % 997) + "," + std::to_string(i % 3) + "\n";
  const std::string good = folder.pack("good.csv.gz", text);
  CHECK(read_csv(good).samples == 5000);
  CHECK(read_packed(good) == text);
  std::ifstream in(good, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const std::string cut = folder.write("cut.csv.gz", bytes.substr(0, bytes.size() / 2));
  CHECK_THAT(message_of([&] { (void)read_csv(cut); }), Catch::Matchers::Contains("cut.csv.gz:") && Catch::Matchers::Contains("cut short"));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  CHECK_THROWS_AS(read_csv(folder.write("damaged.csv.gz", bytes)), DataError);
  CHECK_THAT(message_of([&] { (void)read_csv((folder.path / "none.csv").string()); }), Catch::Matchers::Contains("No such file"));
  CHECK_THROWS_AS(read_csv(folder.path.string()), IoError);
}

TEST_CASE("idx files: pooling, and every way to be wrong") {
  const Folder folder;
  std::string pixels;
  for (int i = 0; i < 3 * 4 * 4; ++i) pixels += static_cast<char>(i * 5);
  const std::string head = big_endian({0x803, 3, 4, 4}), images = folder.pack("images.gz", head + pixels), labels = folder.write("labels", big_endian({0x801, 3}) + std::string("\0\1\1", 3));
  const Dataset data = read_idx(images, labels, {2, 0});
  CHECK(data.samples == 3);
  CHECK(data.features == 4);
  CHECK(data.classes == 2);
  CHECK(data.input(0)[1] == Approx((2 + 3 + 6 + 7) * 5 / 4.0 / 255).epsilon(1e-15));
  CHECK(data.input(2)[3] == Approx(static_cast<double>((32 + 10) * 5 % 256 + (32 + 11) * 5 % 256 + (32 + 14) * 5 % 256 + (32 + 15) * 5 % 256) / 4 / 255).epsilon(1e-15));
  const auto error = [&](const std::string& a, const std::string& b, std::size_t pool = 1) { return message_of([&] { (void)read_idx(a, b, {pool, 0}); }); };
  using Catch::Matchers::Contains;
  CHECK_THAT(error(labels, labels), Contains("cut short") || Contains("wrong magic number"));
  CHECK_THAT(error(folder.write("swapped", big_endian({0x801, 3, 4, 4}) + pixels), labels), Contains("wrong magic number 0x00000801 at byte 0; allowed: 0x00000803"));
  CHECK_THAT(error(folder.write("short", head + pixels.substr(1)), labels), Contains("cut short: 47 bytes"));
  CHECK_THAT(error(folder.write("long", head + pixels + "x"), labels), Contains("1 bytes too many"));
  CHECK_THAT(error(images, folder.write("two", big_endian({0x801, 2}) + std::string(2, '\0'))), Contains("2 labels for the 3 images"));
  CHECK_THAT(error(images, folder.write("gap", big_endian({0x801, 3}) + std::string("\0\2\2", 3))), Contains("class 1 of the classes 0 to 2 is empty"));
  CHECK_THAT(error(images, labels, 3), Contains("pool = 3 does not divide"));
  CHECK_THAT(error(folder.write("huge", big_endian({0x803, 0xffffffff, 0xffffffff, 0xffffffff})), labels), Contains("makes no sense"));
}

TEST_CASE("the shipped sets are what they are said to be") {
  struct Known {
    const char* name;
    std::size_t samples, features, classes;
    double sum; ///< of all inputs, as published
  };
  for (const Known& k : {Known{"digits", 1797, 64, 10, 561718.0 / 16}, Known{"iris", 150, 4, 3, 2078.7}, Known{"wine", 178, 13, 3, 0}, Known{"breast_cancer", 569, 30, 2, 0}}) {
    CAPTURE(k.name);
    Dataset data = shipped_dataset(k.name);
    CHECK(data.samples == k.samples);
    CHECK(data.features == k.features);
    CHECK(data.classes == k.classes);
    CHECK(std::set<double>(data.targets.begin(), data.targets.end()).size() == k.classes);
    double sum = 0;
    for (const double x : data.inputs) sum += x;
    if (k.sum != 0) CHECK(sum == Approx(k.sum).epsilon(1e-12));
    standardise(data);
    for (std::size_t j = 0; j < data.features; ++j) {
      double mean = 0, square = 0;
      for (std::size_t i = 0; i < data.samples; ++i) {
        mean += data.input(i)[j];
        square += data.input(i)[j] * data.input(i)[j];
      }
      CHECK(std::abs(mean) < 1e-9);
      CHECK((square == 0 || std::abs(square / static_cast<double>(data.samples) - 1) < 1e-12));
    }
  }
  CHECK(shipped_dataset("digits", 100).samples == 100);
}

TEST_CASE("generators: a larger set begins with the smaller one; moments as asked for") {
  const Dataset small = teacher_student({50, 3, 0.5, 4}), large = teacher_student({4000, 3, 0.5, 4});
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(small.targets[i] == large.targets[i]);
    for (std::size_t j = 0; j < 3; ++j) CHECK(small.input(i)[j] == large.input(i)[j]);
  }
  CHECK(teacher_student({50, 3, 0.5, 5}).inputs != small.inputs);
  const Dataset mixture = gaussian_mixture({9000, 2, 3, 4, 1});
  std::vector<double> mean(6, 0.0);
  for (std::size_t i = 0; i < 9000; ++i)
    for (std::size_t j = 0; j < 2; ++j) mean[(i % 3) * 2 + j] += mixture.input(i)[j] / 3000;
  for (std::size_t c = 0; c < 3; ++c) CHECK(std::hypot(mean[2 * c], mean[2 * c + 1]) == Approx(4).margin(0.1));
  const Dataset matrix = low_rank_matrix({30, 40, 2, 0, 0.5, 1});
  CHECK(matrix.samples > 500);
  CHECK(matrix.samples < 700);
}

// Files that are missing, foreign, cut short or damaged: an IoError with a sentence, whatever the bytes are.
#include "scratch.hpp"

#include <catch2/catch.hpp>
#include <hdf5.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <random>

using namespace driftwell;
using namespace driftwell::record;
using namespace driftwell::record::test;
using Catch::Matchers::Contains;

namespace {

void write_small(const fs::path& out) {
  ResultFile file(out);
  small_run(file, 4);
  file.finish();
}

/// Reads all there is. 0: all read; 1: an IoError; anything else is a defect.
int read_everything(const fs::path& path) {
  try {
    const Reader reader(path);
    static_cast<void>(reader.attributes());
    for (const auto& group : reader.groups()) {
      static_cast<void>(reader.attributes("/" + group));
      for (const auto& info : reader.variables("/" + group)) {
        const std::string name = "/" + group + "/" + info.name;
        if (io_error([&] { static_cast<void>(reader.read(name)); }).find("does not hold numbers") !=
            std::string::npos) {
          static_cast<void>(reader.read_text(name));
        }
      }
    }
  } catch (const IoError& e) {
    return std::string(e.what()).find(path.string()) == 0 ? 1 : 2;
  }
  return 0;
}

/// What became of reading a damaged file in a child process.
struct Outcomes {
  int read = 0, refused = 0, crashed = 0, hung = 0, other = 0;
  void take(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      ++read;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
      ++refused;
    } else if (WIFSIGNALED(status)) {
      ++(WTERMSIG(status) == SIGALRM ? hung : crashed);
    } else {
      ++other;
    }
  }
  [[nodiscard]] std::string words() const {
    return std::to_string(read) + " read, " + std::to_string(refused) + " refused, " + std::to_string(crashed) +
           " crashed inside HDF5, " + std::to_string(hung) + " hung, " + std::to_string(other) + " other";
  }
};

/// HDF5 prints nothing: what a child writes to stderr would be seen here.
void silence_is_golden(const fs::path& log, int (*work)(const fs::path&), const fs::path& path, Outcomes& outcomes) {
  outcomes.take(in_child(
      [&] {
        static_cast<void>(std::freopen(log.c_str(), "a", stderr));
        const int result = work(path);
        H5close(); // as at the end of a process
        return result;
      },
      5));
}

} // namespace

TEST_CASE("what cannot be opened is named", "[record]") {
  const Scratch scratch;
  write_bytes(scratch / "empty", "");
  write_bytes(scratch / "text", "once upon a time");
  write_bytes(scratch / "long_text", std::string(100'000, 'x'));
  ::mkfifo((scratch / "pipe").c_str(), 0600);
  const std::pair<fs::path, std::string> table[] = {
      {scratch / "missing.h5", "No such file or directory"},
      {scratch / "empty", "is empty"},
      {scratch / "text", "is not an HDF5 file"},
      {scratch / "long_text", "is not an HDF5 file"},
      {scratch.path(), "is a directory"},
      {scratch / "text" / "x.h5", "Not a directory"},
      {scratch / "pipe", "is not a regular file"},
  };
  for (const auto& [path, words] : table) {
    const std::string message = io_error([&, p = path] { const Reader reader(p); });
    CHECK_THAT(message, Contains(words) && Contains(path.string()));
  }
}

TEST_CASE("no permission is said", "[record]") {
  const Scratch scratch;
  write_small(scratch / "out.h5");
  fs::permissions(scratch / "out.h5", fs::perms::none);
  fs::permissions(scratch.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
  const int denied = in_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) {
      return 0;
    }
    const auto message = io_error([&] { const Reader reader(scratch / "out.h5"); });
    const auto writing = io_error([&] { ResultFile file(scratch / "new.h5"); });
    return message.find("Permission denied") != std::string::npos &&
                   writing.find("Permission denied") != std::string::npos
               ? 0
               : 1;
  });
  CHECK(denied == 0);
}

TEST_CASE("what is not in a file is named", "[record]") {
  const Scratch scratch;
  write_small(scratch / "out.h5");
  const Reader reader(scratch / "out.h5");
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("/run/nothing")); }), Contains("/run/nothing"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("/no/such/path")); }), Contains("/no/such/path"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("")); }), Contains("out.h5"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("/run")); }), Contains("not a variable"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("/run/variable")); }), Contains("does not hold numbers"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read_text("/run/kl")); }), Contains("does not hold text"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.variables("/other")); }), Contains("no group \"/other\""));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.variables("/run/kl")); }), Contains("is not a group"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.attributes("/other")); }), Contains("/other"));
}

TEST_CASE("a header that claims a lot does not ask for memory", "[record]") {
  const Scratch scratch;
  const hid_t file = H5Fcreate((scratch / "huge.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t extent[2] = {hsize_t{1} << 40, hsize_t{1} << 20}, chunk[2] = {1, 1};
  const hid_t space = H5Screate_simple(2, extent, nullptr), creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, chunk);
  H5Dclose(H5Dcreate2(file, "v", H5T_NATIVE_INT16, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
  H5Pclose(creation);
  H5Sclose(space);
  H5Fclose(file);
  const Reader reader(scratch / "huge.h5");
  CHECK_THAT(io_error([&] { static_cast<void>(reader.read("v")); }), Contains("more than fit into memory"));
  CHECK(reader.variables("/").size() == 1); // creation order is not tracked here, and a dangling link is passed over
  CHECK(reader.variables("/")[0].dimensions == std::vector<std::string>{"", ""});
}

TEST_CASE("a file cut anywhere is refused with a sentence", "[record]") {
  const Scratch scratch;
  write_small(scratch / "out.h5");
  const std::string whole = bytes_of(scratch / "out.h5");
  Outcomes outcomes;
  for (std::size_t length = 1; length < whole.size(); length += 1 + whole.size() / 150) {
    write_bytes(scratch / "cut.h5", whole.substr(0, length));
    silence_is_golden(scratch / "log", &read_everything, scratch / "cut.h5", outcomes);
  }
  INFO(outcomes.words());
  CHECK(outcomes.read == 0);
  CHECK(outcomes.crashed + outcomes.hung + outcomes.other == 0);
  CHECK(bytes_of(scratch / "log").empty());
  const std::string message = io_error([&] { const Reader reader(scratch / "cut.h5"); });
  CHECK_THAT(message, Contains("truncated"));
}

TEST_CASE("random bytes behind a valid signature are refused", "[record]") {
  const Scratch scratch;
  std::mt19937_64 random(7);
  Outcomes outcomes;
  for (int i = 0; i < 50; ++i) {
    std::string bytes = "\x89HDF\r\n\x1a\n";
    while (bytes.size() < 4000) {
      bytes += static_cast<char>(random());
    }
    if (i % 2 == 0) {
      bytes[8] = static_cast<char>(i % 4);
    } // a superblock version that exists
    write_bytes(scratch / "random.h5", bytes);
    silence_is_golden(scratch / "log", &read_everything, scratch / "random.h5", outcomes);
  }
  INFO(outcomes.words());
  CHECK(outcomes.refused == 50);
  CHECK(bytes_of(scratch / "log").empty());
}

// HDF5 1.10 trusts much of what it reads, so that a crash inside it cannot be excluded: the number is reported, and
// bounded so that a change for the worse shows.
TEST_CASE("flipped bits and overwritten stretches: read, refused, rarely a crash inside HDF5", "[record][slow]") {
  const Scratch scratch;
  write_small(scratch / "out.h5");
  const std::string whole = bytes_of(scratch / "out.h5");
  std::mt19937_64 random(11);
  Outcomes outcomes;
  constexpr int trials = 3000;
  for (int i = 0; i < trials; ++i) {
    std::string bytes = whole;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int change = 0; change < changes; ++change) {
      const std::size_t at = random() % (i % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 8000));
      if (i % 3 == 0) {
        bytes[at] = static_cast<char>(random());
      } else {
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      }
    }
    write_bytes(scratch / "bad.h5", bytes);
    silence_is_golden(scratch / "log", &read_everything, scratch / "bad.h5", outcomes);
  }
  WARN(trials << " damaged files: " << outcomes.words());
  CHECK(outcomes.other == 0);
  CHECK(outcomes.crashed + outcomes.hung <= trials / 50);
  CHECK(bytes_of(scratch / "log").empty());
}

TEST_CASE("rows of a dataset are those of the whole, and rows that are not there are refused") {
  const Scratch scratch;
  write_small(scratch / "out.h5");
  const Reader reader(scratch / "out.h5");
  const auto [all, shape] = reader.read("/run/density");
  CHECK(reader.shape("run/density") == shape);
  std::vector<double> rows(2 * 1200);
  reader.read_rows("/run/density", 1, 2, rows.data());
  CHECK(std::equal(rows.begin(), rows.end(), all.begin() + 1200));
  CHECK_THAT(io_error([&] { reader.read_rows("/run/density", 3, 2, rows.data()); }), Contains("has no rows 3 to 5"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.shape("/run/densty")); }), Contains("there is no"));
  CHECK_THAT(io_error([&] { static_cast<void>(reader.shape("/run")); }), Contains("not a variable but a group"));
}

#pragma once
// Helpers of the record room's tests: a directory that goes away, a child process, the text of an IoError.
#include "driftwell/core/error.hpp"
#include "driftwell/record/reader.hpp"
#include "driftwell/record/result_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace driftwell::record::test {

namespace fs = std::filesystem;

class Scratch {
public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "driftwell_record_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

/// The message of the IoError that `work` throws; empty when it throws none.
template <class Work> std::string io_error(Work&& work) {
  try {
    work();
  } catch (const IoError& e) {
    return e.what();
  }
  return {};
}

/// Runs `work` in a child process; its wait status. The child is ended when it takes longer than `seconds`.
template <class Work> int in_child(Work&& work, unsigned seconds = 30) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Catch's handlers would report a signal as a failed test of the parent.
    for (const int number : {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT}) {
      std::signal(number, SIG_DFL);
    }
    ::alarm(seconds);
    int code = 99;
    try {
      code = work();
    } catch (const std::exception&) {
      code = 98;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

inline std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Values that gzip cannot make small.
inline double field_value(std::size_t frame, std::size_t i) {
  return std::fmod(static_cast<double>(frame + 1) * 0.6180339887498949 * static_cast<double>(i * i + 1), 1.0);
}

/// A small run: `frames` frames of a scalar, of a vector and of a 40 x 30 field; a flush after each when asked.
inline void small_run(ResultFile& file, std::size_t frames, bool flush_each = false) {
  file.attribute("experiment", std::string(70'000, 'e'));
  Group group = file.group("run");
  group.growing_dimension("time");
  group.dimension("x", std::vector<double>(40, 0.5));
  group.dimension("y", std::vector<double>(30, 0.25));
  group.dimension("variable", std::vector<std::string>{"x", "y"});
  group.variable("kl", {"time"});
  group.variable("mean", {"time", "variable"});
  group.variable("density", {"time", "x", "y"});
  std::vector<double> field(40 * 30);
  for (std::size_t k = 0; k < frames; ++k) {
    const double t = static_cast<double>(k);
    for (std::size_t i = 0; i < field.size(); ++i) {
      field[i] = field_value(k, i);
    }
    group.write_frame("time", k, {&t, 1});
    group.write_frame("kl", k, {&t, 1});
    group.write_frame("mean", k, std::vector<double>{t, -t});
    group.write_frame("density", k, field);
    if (flush_each) {
      file.flush();
    }
  }
}

/// Number of frames in a file of small_run after checking that each is right; -1 when the group is not there yet.
inline long checked_frames(const fs::path& path) {
  const Reader reader(path);
  if (reader.groups().empty()) {
    return -1;
  }
  const auto names = reader.variables("/run");
  if (names.size() != 7) {
    return -1;
  }
  const auto time = reader.read("/run/time").first;
  const auto [kl, kl_shape] = reader.read("/run/kl");
  const auto [mean, mean_shape] = reader.read("/run/mean");
  const auto [density, shape] = reader.read("/run/density");
  const auto n = time.size();
  if (kl_shape.at(0) != n || mean_shape.at(0) != n || shape.at(0) != n) {
    return -2;
  }
  for (std::size_t k = 0; k < n; ++k) {
    const double t = static_cast<double>(k);
    if (time[k] != t || kl[k] != t || mean[2 * k + 1] != -t) {
      return -3;
    }
    for (std::size_t i = 0; i < 1200; ++i) {
      if (density[k * 1200 + i] != field_value(k, i)) {
        return -4;
      }
    }
  }
  return static_cast<long>(n);
}

} // namespace driftwell::record::test

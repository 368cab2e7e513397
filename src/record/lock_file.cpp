#include "record/lock_file.hpp"

#include "driftwell/core/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

namespace driftwell::record {

namespace {

/// When process `pid` started, in clock ticks since boot; 0 where /proc does not tell.
unsigned long long start_of(long pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto name_end = text.rfind(')'); // the name before it may hold spaces
  if (name_end == text.npos) {
    return 0;
  }
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") {
    return 0; // dead, only its parent has not asked yet: no start time that a lock could hold
  }
  for (int field = 4; field < 22; ++field) {
    fields >> skipped;
  }
  unsigned long long start = 0;
  fields >> start;
  return start;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string own_entry() { return fmt::format("{} {} {}\n", ::getpid(), host_name(), start_of(::getpid())); }

/// Who `entry` names if that one may still be writing.
std::optional<std::string> living_holder(const std::string& entry) {
  std::istringstream in(entry);
  long pid = 0;
  unsigned long long start = 0;
  std::string host;
  if (!(in >> pid >> host)) {
    return std::nullopt;
  } // cut short: its process died while it wrote this line
  in >> start;
  if (host != host_name()) {
    return fmt::format("process {} on host {}", pid, host);
  }
  if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) {
    return std::nullopt;
  }
  if (start != 0 && start_of(pid) != start) {
    return std::nullopt;
  }
  return fmt::format("process {}{}", pid, pid == ::getpid() ? " (this one)" : "");
}

std::string read_entry(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t n = ::pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), static_cast<std::size_t>(n > 0 ? n : 0)};
}

[[noreturn]] void cannot_make(const std::filesystem::path& path, int error) {
  throw IoError(fmt::format("{}: cannot create it: {}", path.string(), std::strerror(error)));
}

std::string busy_message(const std::filesystem::path& path, const std::string& holder) {
  return fmt::format("{} is being written by {}. If that run is dead, delete {}", path.stem().string(), holder,
                     path.string());
}

/// Descriptor that closes itself.
struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) {
      ::close(value);
    }
  }
};

} // namespace

namespace {

bool still_at(const Descriptor& file, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(file.value, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

/// One attempt; false when the file vanished meanwhile, because its owner has just finished.
bool take(const std::filesystem::path& path) {
  Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666)};
  if (file.value < 0 && errno == EEXIST) {
    file.value = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file.value < 0 && errno == ENOENT) {
      return false;
    }
  }
  if (file.value < 0) {
    cannot_make(path, errno);
  }
  // Two runs may find the same stale lock: the one that gets here first writes its name, the other reads it. Only
  // for this moment, and where the file system has no flock the race is accepted.
  ::flock(file.value, LOCK_EX);
  if (!still_at(file, path)) {
    return false;
  }
  if (const auto holder = living_holder(read_entry(file.value))) {
    throw IoError(busy_message(path, *holder));
  }
  const std::string entry = own_entry();
  if (::ftruncate(file.value, 0) != 0 ||
      ::pwrite(file.value, entry.data(), entry.size(), 0) != static_cast<ssize_t>(entry.size())) {
    const int error = errno;
    ::unlink(path.c_str());
    throw IoError(fmt::format("{}: cannot write: {}", path.string(), std::strerror(error)));
  }
  return true;
}

} // namespace

LockFile::LockFile(std::filesystem::path path) : path_(std::move(path)) {
  while (!take(path_)) {
  }
}

LockFile::~LockFile() { ::unlink(path_.c_str()); }

std::optional<std::string> LockFile::holder(const std::filesystem::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0) {
    return std::nullopt;
  }
  const auto holder = living_holder(read_entry(file.value));
  return holder ? std::optional(busy_message(path, *holder)) : std::nullopt;
}

} // namespace driftwell::record

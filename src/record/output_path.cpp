#include "record/output_path.hpp"

#include "driftwell/core/error.hpp"
#include "record/hdf5_handle.hpp"
#include "record/lock_file.hpp"
#include "record/open_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace driftwell::record {

namespace fs = std::filesystem;

namespace {

fs::path with_suffix(fs::path path, const char* suffix) { return path += suffix; }

/// Step by step, since a link may also point to what does not exist yet.
fs::path without_links(fs::path path) {
  std::error_code error;
  for (int step = 0; step < 40 && fs::is_symlink(path, error); ++step) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) {
      break;
    }
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return path;
}

fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void check_directory(const fs::path& out) {
  const fs::path directory = directory_of(out);
  std::error_code error;
  const auto status = fs::status(directory, error);
  if (status.type() == fs::file_type::not_found) {
    throw IoError(fmt::format("{}: the directory {} does not exist", out.string(), directory.string()));
  }
  if (status.type() == fs::file_type::none) {
    throw IoError(fmt::format("{}: cannot look into {}: {}", out.string(), directory.string(), error.message()));
  }
  if (!fs::is_directory(status)) {
    throw IoError(fmt::format("{}: {} is not a directory", out.string(), directory.string()));
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    throw IoError(fmt::format("{}: cannot write in the directory {}: {}", out.string(), directory.string(),
                              std::strerror(errno)));
  }
}

/// True when some group was declared in it, and also for an HDF5 file that was damaged: somebody may rescue it.
bool holds_data(const fs::path& file) {
  silence_hdf5();
  if (H5Fis_hdf5(file.c_str()) <= 0) {
    return false;
  }
  try {
    const Handle opened = open_for_reading(file);
    H5G_info_t info{};
    return H5Gget_info(opened.get(), &info) < 0 || info.nlinks > 0;
  } catch (const IoError&) {
    return true;
  }
}

/// rename(), but refuses to replace where `replace` is false.
int move_file(const fs::path& from, const fs::path& to, bool replace) {
  if (replace) {
    return ::rename(from.c_str(), to.c_str());
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return -1;
  }
  if (fs::exists(to)) { // a file system without that flag (NFS): look first
    errno = EEXIST;
    return -1;
  }
  return ::rename(from.c_str(), to.c_str());
}

} // namespace

OutputPath::OutputPath(const fs::path& path)
    : out(without_links(path)), part(with_suffix(out, ".part")), previous(with_suffix(out, ".part~")),
      lock(with_suffix(out, ".part.lock")) {}

void OutputPath::check(bool replace) const {
  if (!out.has_filename()) {
    throw IoError(fmt::format("\"{}\" is not the name of a file", out.string()));
  }
  check_directory(out);
  std::error_code error;
  const auto status = fs::status(out, error);
  if (fs::is_directory(status)) {
    throw IoError(fmt::format("{}: is a directory", out.string()));
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw IoError(fmt::format("{}: is not a regular file", out.string()));
  }
  if (fs::exists(status) && !replace) {
    throw IoError(fmt::format("{}: exists already; choose another name with -o, or pass --overwrite", out.string()));
  }
  if (fs::is_directory(part, error)) {
    throw IoError(fmt::format("{}: is a directory, but the name is needed while writing", part.string()));
  }
  if (const auto holder = LockFile::holder(lock)) {
    throw IoError(*holder);
  }
}

void OutputPath::keep_previous() const {
  std::error_code error;
  if (!fs::is_regular_file(part, error) || !holds_data(part)) {
    return;
  }
  fs::rename(part, previous, error);
  if (error) {
    throw IoError(fmt::format("{}: cannot keep it as {}: {}", part.string(), previous.string(), error.message()));
  }
}

void OutputPath::publish(bool replace) const {
  if (move_file(part, out, replace) != 0) {
    const bool appeared = errno == EEXIST;
    throw IoError(appeared ? fmt::format("{}: appeared during the run and is not replaced; the complete result is {}",
                                         out.string(), part.string())
                           : fmt::format("{}: cannot rename {} to it: {}; the complete result is the latter",
                                         out.string(), part.string(), std::strerror(errno)));
  }
  const int directory = ::open(directory_of(out).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory); // best effort: not every file system can, and the data themselves are safe
    ::close(directory);
  }
}

} // namespace driftwell::record

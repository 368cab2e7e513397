#include "record/open_file.hpp"

#include "driftwell/core/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace driftwell::record {

namespace {

/// What the operating system has to say, before the library wraps it up.
void demand_readable(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not block
  if (descriptor < 0) {
    throw IoError(fmt::format("{}: cannot open it: {}", path.string(), std::strerror(errno)));
  }
  struct stat status {};
  const bool known = ::fstat(descriptor, &status) == 0;
  ::close(descriptor);
  if (known && S_ISDIR(status.st_mode)) {
    throw IoError(fmt::format("{}: is a directory", path.string()));
  }
  if (known && !S_ISREG(status.st_mode)) {
    throw IoError(fmt::format("{}: is not a regular file", path.string()));
  }
  if (known && status.st_size == 0) {
    throw IoError(fmt::format("{}: is empty", path.string()));
  }
}

} // namespace

Handle open_for_reading(const std::filesystem::path& path) {
  silence_hdf5();
  demand_readable(path);
  const htri_t known = H5Fis_hdf5(path.c_str());
  if (known == 0) {
    throw IoError(fmt::format("{}: is not an HDF5 file", path.string()));
  }
  const Handle access = checked(H5Pcreate(H5P_FILE_ACCESS), path.string(), "create file access properties");
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access.get(), false, true);
#endif
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()));
  if (file) {
    return file;
  }
  const std::string cause = hdf5_cause();
  if (cause.find("truncated file") != cause.npos) {
    throw IoError(fmt::format("{}: the file is truncated ({})", path.string(), cause));
  }
  throw IoError(fmt::format("{}: the file is damaged: {}", path.string(), cause));
}

std::vector<std::string> read_texts(hid_t dataset, hid_t type, std::size_t count, std::string_view path) {
  std::vector<std::string> out;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(count, nullptr);
    check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), path, "read it");
    for (const char* text : texts) {
      out.emplace_back(text != nullptr ? text : "");
    }
    const Handle space(H5Dget_space(dataset));
    H5Dvlen_reclaim(type, space.get(), H5P_DEFAULT, texts.data());
    return out;
  }
  const std::size_t size = H5Tget_size(type);
  constexpr std::size_t most = std::size_t{1} << 30;
  if (size == 0 || count > most / size) {
    throw IoError(fmt::format("{}: holds more than a GiB of text", path));
  }
  std::string bytes(count * size, '\0');
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), path, "read it");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view cell(bytes.data() + i * size, size);
    out.emplace_back(cell.substr(0, cell.find('\0')));
  }
  return out;
}

} // namespace driftwell::record

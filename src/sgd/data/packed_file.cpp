// Files as text, unpacked by zlib where they are gzip.
#include "driftwell/sgd/dataset.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace driftwell::sgd {

namespace {

constexpr std::size_t largest = std::size_t{2} << 30;

std::string where(const std::string& file, std::size_t line) { return line == 0 ? file : file + ":" + std::to_string(line); }

std::size_t lines_of(const std::string& text) { return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

} // namespace

DataError::DataError(const std::string& file, std::size_t line, const std::string& message)
    : IoError(where(file, line) + ": error: " + message) {}

std::string read_packed(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw IoError(path + ": is a directory, not a data file");
  errno = 0;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose_r);
  if (!file) throw IoError(path + ": cannot open: " + std::strerror(errno == 0 ? ENOMEM : errno));
  std::string text;
  std::array<char, 65536> block;
  for (;;) {
    const int read = gzread(file.get(), block.data(), block.size());
    if (read > 0) text.append(block.data(), static_cast<std::size_t>(read));
    if (text.size() > largest) throw DataError(path, 0, "more than 2 GiB when unpacked");
    if (read == static_cast<int>(block.size())) continue;
    int code = Z_OK;
    const char* message = gzerror(file.get(), &code);
    if (code == Z_BUF_ERROR)
      throw DataError(path, lines_of(text), "the gzip file is cut short: it ends after " + std::to_string(text.size()) + " unpacked bytes");
    if (code == Z_ERRNO) throw IoError(path + ": cannot read: " + std::strerror(errno));
    if (code != Z_OK && code != Z_STREAM_END) throw DataError(path, lines_of(text), std::string("the gzip file is damaged: ") + message);
    if (read <= 0) return text;
  }
}

} // namespace driftwell::sgd

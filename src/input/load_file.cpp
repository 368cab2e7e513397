#include "input/load_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

namespace driftwell::input {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t largest = 64U << 20U;

[[noreturn]] void refuse(const std::string& path, const std::string& why, const Hints& hints = {}) {
  const auto source = std::make_shared<const Source>(Source{path.empty() ? "\"\"" : path, {}});
  throw IoError(render({source, 0, 0, 1}, why, hints));
}

/// The nearest file name in the directory of a path that does not exist.
std::string neighbour(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<std::string> names;
  std::error_code problem;
  constexpr std::size_t enough = 10'000;
  for (fs::directory_iterator at(directory, problem), end; !problem && at != end && names.size() < enough;
       at.increment(problem))
    if (std::error_code ignored; at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
  const std::string name = nearest_name(path.filename().string(), names);
  return name.empty() ? "" : path.has_parent_path() ? (path.parent_path() / name).string() : name;
}

/// Refuses everything but regular files: a device or a pipe may never end.
void check_kind(const std::string& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  switch (status.type()) {
  case fs::file_type::regular:
    break;
  case fs::file_type::not_found: {
    const fs::path parent = fs::path(path).parent_path();
    std::error_code ignored;
    if (!parent.empty() && !fs::exists(parent, ignored)) refuse(path, "no such directory: " + parent.string());
    refuse(path, "no such file", {{}, neighbour(path), {}});
  }
  case fs::file_type::directory:
    refuse(path, "this is a directory", {"a TOML file", {}, {}});
  case fs::file_type::none:
    refuse(path, "cannot be read: " + problem.message());
  default:
    refuse(path, "this is a device or a pipe, not a regular file", {"a TOML file", {}, {}});
  }
  if (const std::uintmax_t size = fs::file_size(path, problem); !problem && size > largest)
    refuse(path, "the file has " + std::to_string(size >> 20U) + " MB, too much for an experiment file",
           {"at most 64 MB", {}, {}});
}

std::string read_all(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, std::string("cannot be read: ") + std::strerror(errno != 0 ? errno : EIO));
  // Not more than allowed even if the file grows, or claims a length of 0 as those in /proc do.
  std::string text;
  std::vector<char> block(1U << 16U);
  while (file && text.size() <= largest) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) refuse(path, "reading failed: " + std::string(std::strerror(errno != 0 ? errno : EIO)));
  if (text.size() > largest) refuse(path, "the file is too big for an experiment file", {"at most 64 MB", {}, {}});
  return text;
}

/// Length of the valid UTF-8 character at a byte; 0: there is none.
std::size_t character_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(at), next = byte(at + 1);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F)) return 0; // too long a form; half a pair
  if ((lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F)) return 0; // too long a form; beyond 10FFFF
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xC0U) != 0x80U) return 0;
  return length;
}

std::optional<std::size_t> first_bad_byte(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

} // namespace

std::shared_ptr<const Source> make_source(std::string name, std::string text) {
  const bool marked = text.starts_with("\xEF\xBB\xBF");
  const auto wrong = std::make_shared<const Source>(Source{name, {}});
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw invalid({wrong, 0, 0, 1}, "this is UTF-16 text", {"UTF-8: save the file in that encoding", {}, {}});
  if (const auto bad = first_bad_byte(text)) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[*bad]);
    const std::string hex{digits[byte >> 4U], digits[byte & 15U]};
    // A file without zero bytes may well be text, in another encoding: then the line helps.
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n') + 1;
    const bool is_text = text.find('\0') == std::string::npos;
    throw invalid({wrong, 0, 0, 1},
                  "not a text file: byte 0x" + hex + " at offset " + std::to_string(*bad) +
                      (is_text ? ", in line " + std::to_string(line) : ""),
                  {"a TOML file in UTF-8", {}, {}});
  }
  if (marked) text.erase(0, 3);
  return std::make_shared<const Source>(Source{std::move(name), std::move(text)});
}

std::shared_ptr<const Source> load_file(const std::string& path) {
  if (path.empty()) refuse(path, "no file name");
  if (path.find('\0') != std::string::npos) refuse(path, "a file name cannot contain a zero byte");
  check_kind(path);
  return make_source(path, read_all(path));
}

} // namespace driftwell::input

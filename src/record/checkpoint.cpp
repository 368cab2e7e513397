#include "driftwell/record/checkpoint.hpp"

#include "driftwell/core/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace driftwell::record {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::string_view magic = "driftwell checkpoint 2\n";
constexpr std::size_t longest_header = 64 << 20;

std::uint32_t checksum(const std::string& bytes) {
  uLong sum = crc32(0L, Z_NULL, 0);
  for (std::size_t at = 0; at < bytes.size(); at += 1 << 30)
    sum = crc32(sum, reinterpret_cast<const Bytef*>(bytes.data() + at), static_cast<uInt>(std::min<std::size_t>(bytes.size() - at, 1 << 30)));
  return static_cast<std::uint32_t>(sum);
}

/// magic, "<bytes of the header> <its checksum>\n", header (JSON), arrays, texts.
std::string packed(const Checkpoint& checkpoint, std::uint64_t generation) {
  std::string data;
  Json lengths = Json::object();
  for (const auto& [name, values] : checkpoint.arrays) {
    lengths[name] = values.size();
    data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
  }
  for (const auto& [name, text] : checkpoint.texts) data += text;
  Json text_lengths = Json::object();
  for (const auto& [name, text] : checkpoint.texts) text_lengths[name] = text.size();
  const std::string header =
      Json{{"generation", generation}, {"identity", checkpoint.identity}, {"arrays", lengths}, {"texts", text_lengths}, {"checksum", checksum(data)}}.dump();
  return std::string(magic) + fmt::format("{} {}\n", header.size(), checksum(header)) + header + data;
}

struct Unpacked {
  Checkpoint checkpoint;
  std::uint64_t generation = 0;
};

/// Nothing when the file is no checkpoint or any bit of it is wrong; `why` then says what is.
std::optional<Unpacked> unpacked(const fs::path& path, std::string& why) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bad = [&](const std::string& what) {
    why = fmt::format("{}: {}", path.string(), what);
    return std::nullopt;
  };
  if (!bytes.starts_with(magic)) return bad("is not a checkpoint of driftwell");
  const std::size_t line = bytes.find('\n', magic.size());
  std::size_t length = 0;
  std::uint32_t sum = 0;
  if (line == std::string::npos || std::sscanf(bytes.c_str() + magic.size(), "%zu %u", &length, &sum) != 2 || length > longest_header ||
      bytes.size() - line - 1 < length)
    return bad("is cut short");
  const std::string header = bytes.substr(line + 1, length), data = bytes.substr(line + 1 + length);
  if (checksum(header) != sum) return bad("is damaged (checksum of the header)");
  const Json json = Json::parse(header, nullptr, false);
  if (json.is_discarded()) return bad("is damaged (header)");
  if (checksum(data) != json["checksum"].get<std::uint32_t>()) return bad("is damaged or cut short (checksum of the data)");
  Unpacked result;
  result.generation = json["generation"].get<std::uint64_t>();
  result.checkpoint.identity = json["identity"].get<std::string>();
  std::size_t at = 0;
  for (const auto& [name, count] : json["arrays"].items()) {
    std::vector<double>& values = result.checkpoint.arrays[name];
    values.resize(count.get<std::size_t>());
    std::memcpy(values.data(), data.data() + at, values.size() * sizeof(double));
    at += values.size() * sizeof(double);
  }
  for (const auto& [name, count] : json["texts"].items()) {
    result.checkpoint.texts[name] = data.substr(at, count.get<std::size_t>());
    at += count.get<std::size_t>();
  }
  return result;
}

/// "langevin.dt: 0.01 there, 0.02 here", one line a difference, a few at most.
std::string differences(const std::string& there, const std::string& here) {
  const Json a = Json::parse(there, nullptr, false), b = Json::parse(here, nullptr, false);
  if (a.is_discarded() || b.is_discarded()) return {};
  const Json fa = a.flatten(), fb = b.flatten();
  std::string text;
  int lines = 0;
  const auto say = [&](std::string key, const std::string& left, const std::string& right) {
    if (++lines > 5) return;
    std::replace(key.begin(), key.end(), '/', '.');
    text += fmt::format("\n  {}: {} there, {} here", key.substr(1), left, right);
  };
  for (const auto& [key, value] : fa.items())
    if (!fb.contains(key)) say(key, value.dump(), "nothing");
    else if (fb[key] != value) say(key, value.dump(), fb[key].dump());
  for (const auto& [key, value] : fb.items())
    if (!fa.contains(key)) say(key, "nothing", value.dump());
  return text;
}

[[noreturn]] void cannot_write(const fs::path& path) { throw IoError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))); }

void write_whole(const fs::path& path, const std::string& bytes) {
  const fs::path beside = path.string() + "~";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) cannot_write(beside);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::write(file, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      ::close(file);
      ::unlink(beside.c_str());
      errno = error;
      cannot_write(beside);
    }
    done += static_cast<std::size_t>(written);
  }
  const bool good = ::fsync(file) == 0;
  ::close(file);
  if (!good || ::rename(beside.c_str(), path.c_str()) != 0) cannot_write(path);
}

} // namespace

CheckpointFiles::CheckpointFiles(const fs::path& out) : files_{out.string() + ".checkpoint.0", out.string() + ".checkpoint.1"} {}

void CheckpointFiles::save(const Checkpoint& checkpoint) {
  write_whole(files_[(generation_ + 1) % 2], packed(checkpoint, generation_ + 1));
  ++generation_;
}

bool CheckpointFiles::exist() const {
  std::error_code ignored;
  return fs::exists(files_[0], ignored) || fs::exists(files_[1], ignored);
}

std::optional<Checkpoint> CheckpointFiles::latest(const std::string& identity, std::string& note) {
  std::optional<Unpacked> newest;
  std::error_code ignored;
  for (const fs::path& path : files_) {
    if (!fs::exists(path, ignored)) continue;
    std::string why;
    std::optional<Unpacked> found = unpacked(path, why);
    if (!found) note += (note.empty() ? "" : "; ") + why;
    else if (!newest || found->generation > newest->generation) newest = std::move(found);
  }
  if (!newest) {
    if (!note.empty()) throw IoError(fmt::format("cannot resume: {}. Delete the checkpoint to begin anew, or run without --resume", note));
    return std::nullopt;
  }
  if (newest->checkpoint.identity != identity)
    throw IoError(fmt::format("cannot resume: {} belongs to another run{}\nDelete it to begin anew, or run without --resume", files_[newest->generation % 2].string(),
                              differences(newest->checkpoint.identity, identity)));
  generation_ = newest->generation;
  return std::move(newest->checkpoint);
}

void CheckpointFiles::remove() const {
  std::error_code ignored;
  for (const fs::path& path : files_) fs::remove(path, ignored);
}

} // namespace driftwell::record

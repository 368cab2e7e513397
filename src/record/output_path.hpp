#pragma once
// Where a result goes: OUT, OUT.part, OUT.part~, OUT.part.lock, and what may be in the way. Internal to the room.
#include <filesystem>

namespace driftwell::record {

struct OutputPath {
  explicit OutputPath(const std::filesystem::path& out);

  std::filesystem::path out;      ///< links followed, so that a link to a result stays a link
  std::filesystem::path part;     ///< out + ".part"
  std::filesystem::path previous; ///< out + ".part~": what a killed run left behind
  std::filesystem::path lock;     ///< out + ".part.lock"

  /// Throws IoError when `out` cannot become a result file. Creates nothing.
  void check(bool replace) const;
  /// Renames the .part of a killed run to .part~ when it holds data; the older .part~ goes.
  void keep_previous() const;
  /// Renames .part to out and waits until the directory is on the medium. Throws IoError, the .part then stays.
  void publish(bool replace) const;
};

} // namespace driftwell::record

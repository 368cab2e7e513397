#pragma once
// A lock file that says who writes: process, host and start of the process. Internal to the record room.
#include <filesystem>
#include <optional>
#include <string>

namespace driftwell::record {

/// HDF5's own locks fail on network file systems and keep readers out; this one is a plain file made with O_EXCL.
/// A lock whose process is gone from this host (or whose number went to a younger process) is taken over silently.
class LockFile {
public:
  /// Throws IoError when another run holds it or the file cannot be made.
  explicit LockFile(std::filesystem::path path);
  ~LockFile(); ///< removes it
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  /// Who holds the lock, as words for a message; nothing when it is free or stale.
  static std::optional<std::string> holder(const std::filesystem::path& path);

private:
  std::filesystem::path path_;
};

} // namespace driftwell::record

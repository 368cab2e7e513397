#pragma once
// Where a run can go on after it was killed: OUT.h5.checkpoint.0 and .1, written in turn, each whole or absent (written beside,
// fsync, rename). Not HDF5: a few named arrays behind a header, with a checksum, quick to write and safe to read.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driftwell::record {

struct Checkpoint {
  std::string identity;                               ///< what the run computes, as JSON: only the same run may go on from here
  std::map<std::string, std::vector<double>> arrays;
  std::map<std::string, std::string> texts{};
};

class CheckpointFiles {
public:
  explicit CheckpointFiles(const std::filesystem::path& out);

  /// Replaces the older of the two files. Throws IoError; the newer file is then as it was.
  void save(const Checkpoint& checkpoint);
  /// The newest one that is undamaged; nothing where there are no files. A damaged file beside a good one is passed over (`note` then says so).
  /// Throws IoError when all there are are damaged or foreign, or when `identity` differs: the message names the values that do.
  [[nodiscard]] std::optional<Checkpoint> latest(const std::string& identity, std::string& note);
  /// Whether one of the files is there.
  [[nodiscard]] bool exist() const;
  /// The run is complete.
  void remove() const;

private:
  std::filesystem::path files_[2];
  std::uint64_t generation_ = 0; ///< of the newest file
};

} // namespace driftwell::record

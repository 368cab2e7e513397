#pragma once
// The result file: valid netCDF-4 inside HDF5 (docs/result_file.md). Written as OUT.h5.part with locking off, so
// that readers may look in while the run goes on; finish() flushes, fsyncs and renames, so that OUT.h5 is either
// absent, the old one, or complete. This room is the only one that includes HDF5.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace driftwell::record {

using Value = std::variant<std::string, double, std::int64_t, std::vector<double>>;
using Attributes = std::vector<std::pair<std::string, Value>>;

struct Options {
  bool replace = false;          ///< an existing OUT.h5 may be replaced (at finish(), never before)
  std::optional<int> keep_bits;  ///< round doubles to this many bits of the significand; 1..52
  double flush_seconds = 5;      ///< flush_if_due() flushes when this much time has passed
};

class ResultFile;

/// A group that xarray.open_dataset(file, group=...) opens: every axis of every variable is a named dimension.
class Group {
public:
  void attribute(const std::string& name, const Value& value); ///< creates or overwrites

  /// A fixed dimension with its coordinate values.
  void dimension(const std::string& name, std::span<const double> coordinate, const Attributes& attributes = {});
  /// A fixed dimension whose coordinate is names ("variable": "x", "y").
  void dimension(const std::string& name, const std::vector<std::string>& labels, const Attributes& attributes = {});
  /// A fixed dimension without coordinate values (real and imaginary part, particles).
  void dimension(const std::string& name, std::size_t length);
  /// A growing dimension with its coordinate; "time" gets axis = "T", units = "1".
  void growing_dimension(const std::string& name, const Attributes& attributes = {});

  /// A variable of doubles on dimensions declared before; only the first may be growing. _FillValue = NaN.
  void variable(const std::string& name, const std::vector<std::string>& dimensions, const Attributes& attributes = {});
  /// A variable of texts on one fixed dimension, whole ("verdict" on "theorem").
  void text(const std::string& name, const std::string& dimension, const std::vector<std::string>& values,
            const Attributes& attributes = {});
  /// The whole of a variable whose dimensions are all fixed.
  void write(const std::string& name, std::span<const double> values);
  /// Frame `index` of a variable, or element `index` of the coordinate, along the growing dimension.
  void write_frame(const std::string& name, std::size_t index, std::span<const double> frame);

private:
  friend class ResultFile;
  struct Impl;
  explicit Group(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

class ResultFile {
public:
  /// Creates `out`.part (and `out`.part.lock against a second writer). Throws IoError: existing file without
  /// options.replace, unwritable or missing directory, a directory in the way, another run writing it.
  ResultFile(const std::filesystem::path& out, const Options& options = {});
  ~ResultFile(); ///< without finish(): closes and leaves the .part file
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void attribute(const std::string& name, const Value& value); ///< of the root
  [[nodiscard]] Group group(const std::string& name);          ///< creates it (once)
  void flush();
  void flush_if_due();
  void finish();  ///< complete: fsync, rename to `out`, fsync of the directory
  void discard(); ///< closes and deletes the .part file (a run that failed before its first frame)

  /// Throws the IoErrors of the constructor without creating anything: for `check` and before a long set-up.
  static void probe(const std::filesystem::path& out, const Options& options = {});

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace driftwell::record

#pragma once
// The result file: valid netCDF-4 inside HDF5 (docs/result_file.md). Written as OUT.h5.part with locking off, so
// that readers may look in while the run goes on; finish() flushes, fsyncs and renames, so that OUT.h5 is either
// absent, the old one, or complete. This room is the only one that includes HDF5. Every failure is an IoError.
//
//  * OUT.h5.part is at every moment, from the constructor on, what the last flush made of it: HDF5 runs on a driver
//    that keeps changes of the flushed part in memory (src/record/disk.hpp). A killed run, a full disk or an
//    exception loses what came after the last flush and nothing before. (Not covered: a kill within the fraction of a
//    millisecond in which a flush is put in place, and the loss of power, for which only finish() waits.)
//  * A full disk is one IoError that names the .part; after it every call throws the same again, and finish() too.
//  * The .part of a run that died is kept as OUT.h5.part~ when the next run to the same OUT.h5 starts, unless nothing
//    was declared in it; an older .part~ is replaced. Nothing else ever deletes a .part~.
//  * OUT.h5.part.lock names process and host. A dead process of this host loses it silently; for a lock of another
//    host, which cannot be looked at, the error says what to delete.
//  * Not thread-safe: all calls on all result files and readers of a process from one thread at a time.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
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
/// By name and index.
using Frames = std::map<std::pair<std::string, std::size_t>, std::vector<double>>;

struct Options {
  bool replace = false;         ///< an existing OUT.h5 may be replaced (at finish(), never before)
  std::optional<int> keep_bits; ///< round doubles to this many bits of the significand; 1..52
  double flush_seconds = 5;     ///< flush_if_due() flushes when this much time has passed
};

class ResultFile;

/// A group that xarray.open_dataset(file, group=...) opens: every axis of every variable is a named dimension.
/// Variables get units = "1" where the caller gives none. A dimension twice in one variable is refused, since xarray
/// cannot tell the axes apart: declare "variable_2". Texts become valid UTF-8 (U+FFFD for what is not), of any length.
class Group {
public:
  void attribute(const std::string& name, const Value& value); ///< creates or overwrites

  /// A fixed dimension with its coordinate values.
  void dimension(const std::string& name, std::span<const double> coordinate, const Attributes& attributes = {});
  /// A fixed dimension whose coordinate is names ("variable": "x", "y").
  void dimension(const std::string& name, const std::vector<std::string>& labels, const Attributes& attributes = {});
  /// A fixed dimension without coordinate values (real and imaginary part, particles).
  void dimension(const std::string& name, std::size_t length);
  /// A growing dimension with its coordinate; "time" and "..._time" get axis = "T", units = "1" (never "s" or
  /// "days": xarray would make dates of the numbers).
  void growing_dimension(const std::string& name, const Attributes& attributes = {});

  /// A variable of doubles on dimensions declared before; only the first may be growing. _FillValue = NaN.
  void variable(const std::string& name, const std::vector<std::string>& dimensions, const Attributes& attributes = {});
  /// A variable of texts on one fixed dimension, whole ("verdict" on "theorem").
  void text(const std::string& name, const std::string& dimension, const std::vector<std::string>& values,
            const Attributes& attributes = {});
  /// The whole of a variable whose dimensions are all fixed.
  void write(const std::string& name, std::span<const double> values);
  /// Frame `index` of a variable, or element `index` of the coordinate, along the growing dimension. The first one
  /// beyond the end lengthens everything on that dimension; what is not written yet reads as NaN. So write all of
  /// frame k, coordinate included, and then call flush_if_due(): readers find whole frames only.
  void write_frame(const std::string& name, std::size_t index, std::span<const double> frame);

  /// Every frame that is written from now on is copied to `frames`, which must outlive the group; nullptr: no longer.
  void keep_frames(Frames* frames);
  /// Writes frames that another run has kept.
  void write_frames(const Frames& frames);

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
  ~ResultFile(); ///< without finish(): flushes, closes and leaves the .part file
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void attribute(const std::string& name, const Value& value); ///< of the root
  [[nodiscard]] Group group(const std::string& name);          ///< creates it, or gives the one created before
  void flush();
  void flush_if_due();
  /// Complete: fsync, rename to `out`, fsync of the directory. Refuses to replace a file that appeared during the run
  /// unless options.replace; the complete result is then the .part.
  void finish();
  void discard(); ///< closes and deletes the .part file (a run that failed before its first frame)

  /// Throws the IoErrors of the constructor without creating anything: for `check` and before a long set-up.
  static void probe(const std::filesystem::path& out, const Options& options = {});

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace driftwell::record

#pragma once
// Reading result files back: for `driftwell info`, for samples as an initial law, for tests.
#include "driftwell/record/result_file.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace driftwell::record {

struct VariableInfo {
  std::string name;
  std::vector<std::string> dimensions; ///< names of the attached scales ("" where there is none)
  std::vector<std::size_t> shape;
  Attributes attributes;
  bool text = false; ///< read_text() and not read()
};

/// A file that may be damaged, foreign or still being written: every failure is an IoError that says which.
/// A file still being written may refuse when a flush comes in between: try again. HDF5 1.10 trusts much of what it
/// reads: of 3000 files with flipped bits 1 or 2 crashed inside the library, which no caller can catch.
/// Not listed: links that lead nowhere, and dimensions without coordinate (they show in `dimensions` of others).
class Reader {
public:
  explicit Reader(const std::filesystem::path& path);
  ~Reader();
  Reader(Reader&&) noexcept;

  [[nodiscard]] std::vector<std::string> groups() const;                             ///< of the root
  [[nodiscard]] Attributes attributes(const std::string& group = "/") const;         ///< numbers and strings only
  [[nodiscard]] std::vector<VariableInfo> variables(const std::string& group) const; ///< in order of creation
  /// A dataset of numbers, by path ("/fokker_planck/kl"), row-major, as doubles, with its shape.
  [[nodiscard]] std::pair<std::vector<double>, std::vector<std::size_t>> read(const std::string& path) const;
  /// Its shape alone. IoError where it holds no numbers.
  [[nodiscard]] std::vector<std::size_t> shape(const std::string& path) const;
  /// Rows first .. first+count-1 along the first axis of a dataset of numbers, into `out` of count times the size of a row: for
  /// files larger than the memory. IoError for rows that are not there.
  void read_rows(const std::string& path, std::size_t first, std::size_t count, double* out) const;
  /// A dataset of texts, by path ("/theorems/verdict"), row-major.
  [[nodiscard]] std::vector<std::string> read_text(const std::string& path) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace driftwell::record

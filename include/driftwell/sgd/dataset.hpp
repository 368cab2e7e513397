#pragma once
// Data that losses are made of: N samples, each a row of p inputs and a target, which is a number or a class.
#include "driftwell/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace driftwell::sgd {

struct Dataset {
  std::string name;            ///< for messages: a file, or the name of a generator
  std::size_t samples = 0;     ///< N
  std::size_t features = 0;    ///< p
  std::vector<double> inputs;  ///< N x p, row by row
  std::vector<double> targets; ///< N; a class is its number, 0 .. classes - 1
  std::size_t classes = 0;     ///< 0: the targets are numbers
  std::vector<std::string> feature_names, class_names;
  std::string why_no_classes;  ///< where classes = 0: what is wrong with the targets as classes

  [[nodiscard]] const double* input(std::size_t i) const { return inputs.data() + i * features; }
};

/// A data file that is not what it should be. what(): "file:line: error: what was found; what is allowed".
class DataError : public IoError {
public:
  DataError(const std::string& file, std::size_t line, const std::string& message);
};

struct CsvOptions {
  std::string target;    ///< name of the target's column, or its number from 1; empty: the last
  std::size_t rows = 0;  ///< only the first so many; 0: all
};

/// A table, packed with gzip or not: numbers separated by commas, semicolons or tabs; a first line that is not all numbers
/// is a header; quotes, CRLF, a byte order mark, empty lines and lines that begin with # are understood. The target's
/// column may hold words, which become classes in order of their first appearance; whole numbers from 0 or 1 on become classes, too.
/// Throws DataError (ragged rows, text or NaN among the numbers, an empty class where words say otherwise, a file cut short), IoError.
[[nodiscard]] Dataset read_csv(const std::string& path, const CsvOptions& options = {});
[[nodiscard]] Dataset parse_csv(const std::string& text, const std::string& name, const CsvOptions& options = {});

struct IdxOptions {
  std::size_t pool = 1; ///< side of the squares of pixels that are averaged; divides both sides of the images
  std::size_t rows = 0; ///< only the first so many; 0: all
};

/// Images and labels in the idx format of MNIST (magic numbers 0x803 and 0x801), packed or not; pixels divided by 255.
/// Throws DataError (wrong magic number, sizes that disagree, a file cut short, an empty class), IoError.
[[nodiscard]] Dataset read_idx(const std::string& images, const std::string& labels, const IdxOptions& options = {});

/// Content of a file, unpacked where it is gzip. Throws IoError, DataError (line: where the text stops).
[[nodiscard]] std::string read_packed(const std::string& path);

/// Whole-number targets from 0 or 1 on as classes; sets classes = 0 and why_no_classes where they are none.
void find_classes(Dataset& data);
/// Throws DataError when the targets are no classes or a class is empty.
void require_classes(const Dataset& data, std::size_t exactly = 0);

/// Every feature with mean 0 and variance 1 over the samples; a constant one becomes 0.
void standardise(Dataset& data);
/// Inputs times a factor.
void scale(Dataset& data, double factor);

/// y = x . w* + noise e with x, e standard normal and a teacher w* ~ N(0, I/p).
struct TeacherOptions {
  std::size_t samples = 2000, features = 64;
  double noise = 0.1;
  std::uint64_t seed = 1;
};
[[nodiscard]] Dataset teacher_student(const TeacherOptions& options);

/// Classes in turn; class c is N(separation u_c, I) with unit vectors u_c in random directions.
struct MixtureOptions {
  std::size_t samples = 1000, features = 2, classes = 2;
  double separation = 2;
  std::uint64_t seed = 1;
};
[[nodiscard]] Dataset gaussian_mixture(const MixtureOptions& options);

/// Entries (row, column) of a matrix of low rank, M = A B^T / sqrt(rank) + noise e; inputs are the two indices.
struct LowRankOptions {
  std::size_t rows = 20, columns = 20, rank = 2;
  double noise = 0.1, observed = 1; ///< share of entries kept
  std::uint64_t seed = 1;
};
[[nodiscard]] Dataset low_rank_matrix(const LowRankOptions& options);

/// The shipped sets (digits, iris, wine, breast_cancer; data/README.md) and fashion_mnist where Debian's package is installed.
[[nodiscard]] std::vector<std::string> shipped_datasets();
/// digits: pixels / 16; fashion_mnist: 7 x 7; the others as they are. Throws IoError where the file is not found: where it looked.
[[nodiscard]] Dataset shipped_dataset(const std::string& name, std::size_t rows = 0);

} // namespace driftwell::sgd

// Synthetic data. Every number is a function of (seed, sample, feature): a larger set begins with the smaller one.
#include "driftwell/core/random.hpp"
#include "driftwell/sgd/dataset.hpp"

#include <cmath>
#include <stdexcept>

namespace driftwell::sgd {

namespace {

/// What a random number of a data set is for: the step of its stream.
enum Part : std::uint64_t { inputs = 0, teacher = 1, noise = 2, left = 3, right = 4, kept = 5 };

/// n x p standard normal numbers, row by row.
std::vector<double> normals(std::uint64_t seed, Part part, std::size_t n, std::size_t p) {
  std::vector<double> columns((p + 1) * n), rows(n * p);
  std::vector<double*> places;
  for (std::size_t j = 0; j < p + p % 2; ++j) places.push_back(columns.data() + j * n); // an even number: the same bits for p and p + 1
  NoiseStream(seed, Purpose::probes).normals(0, n, part, places);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < p; ++j) rows[i * p + j] = columns[j * n + i];
  return rows;
}

std::vector<std::string> numbered(std::size_t p) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < p; ++j) names.push_back("x" + std::to_string(j + 1));
  return names;
}

} // namespace

Dataset teacher_student(const TeacherOptions& options) {
  const std::size_t n = options.samples, p = options.features;
  if (n == 0 || p == 0) throw std::invalid_argument("a data set without samples or features");
  Dataset data{"teacher", n, p, normals(options.seed, inputs, n, p), {}, 0, numbered(p), {}, "the targets are numbers"};
  const std::vector<double> w = normals(options.seed, teacher, 1, p), e = normals(options.seed, noise, n, 1);
  for (std::size_t i = 0; i < n; ++i) {
    double z = 0;
    for (std::size_t j = 0; j < p; ++j) z += data.input(i)[j] * w[j];
    data.targets.push_back(z / std::sqrt(static_cast<double>(p)) + options.noise * e[i]);
  }
  return data;
}

Dataset gaussian_mixture(const MixtureOptions& options) {
  const std::size_t n = options.samples, p = options.features, c = options.classes;
  if (p == 0 || c < 2 || n < c) throw std::invalid_argument("a mixture needs features, two classes and a sample for each");
  Dataset data{"gaussian_mixture", n, p, normals(options.seed, inputs, n, p), {}, c, numbered(p), {}, {}};
  std::vector<double> centres = normals(options.seed, teacher, c, p);
  for (std::size_t k = 0; k < c; ++k) {
    double square = 0;
    for (std::size_t j = 0; j < p; ++j) square += centres[k * p + j] * centres[k * p + j];
    for (std::size_t j = 0; j < p; ++j) centres[k * p + j] *= options.separation / std::sqrt(square);
    data.class_names.push_back(std::to_string(k));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = i % c;
    for (std::size_t j = 0; j < p; ++j) data.inputs[i * p + j] += centres[k * p + j];
    data.targets.push_back(static_cast<double>(k));
  }
  return data;
}

Dataset low_rank_matrix(const LowRankOptions& options) {
  const std::size_t rows = options.rows, columns = options.columns, r = options.rank;
  if (rows == 0 || columns == 0 || r == 0) throw std::invalid_argument("a matrix without rows, columns or rank");
  const std::vector<double> A = normals(options.seed, left, rows, r), B = normals(options.seed, right, columns, r), e = normals(options.seed, noise, rows * columns, 1);
  std::vector<double> chance(rows * columns);
  double* const place = chance.data();
  NoiseStream(options.seed, Purpose::probes).uniforms(0, chance.size(), kept, std::span(&place, 1));
  Dataset data;
  data.name = "low_rank";
  data.features = 2;
  data.feature_names = {"row", "column"};
  data.why_no_classes = "the targets are numbers";
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      // The corners stay, so that the matrix has the sides it was asked to have.
      if (chance[i * columns + j] > options.observed && !(i + 1 == rows && j + 1 == columns)) continue;
      double m = 0;
      for (std::size_t q = 0; q < r; ++q) m += A[i * r + q] * B[j * r + q];
      data.inputs.insert(data.inputs.end(), {static_cast<double>(i), static_cast<double>(j)});
      data.targets.push_back(m / std::sqrt(static_cast<double>(r)) + options.noise * e[i * columns + j]);
      ++data.samples;
    }
  return data;
}

} // namespace driftwell::sgd

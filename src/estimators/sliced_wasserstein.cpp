#include "driftwell/core/error.hpp"
#include "estimators/quantile_distance.hpp"
#include "estimators/random.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

using Eigen::Index;

/// Unit vectors as columns.
Eigen::MatrixXd directions_in(std::size_t dimension, std::size_t count, std::uint64_t seed) {
  const auto d = static_cast<Index>(dimension);
  const double pi = 3.14159265358979323846;
  if (d == 1) return Eigen::MatrixXd::Ones(1, 1);
  if (d == 2) {
    Eigen::MatrixXd result(2, static_cast<Index>(count));
    for (Index k = 0; k < result.cols(); ++k) {
      const double angle = pi * (static_cast<double>(k) + 0.5) / static_cast<double>(count);
      result.col(k) << std::cos(angle), std::sin(angle);
    }
    return result;
  }
  // At least two frames, or their scatter would be unknown.
  const auto frames = static_cast<Index>(std::max<std::size_t>(2, (count + dimension - 1) / dimension));
  Eigen::MatrixXd result(d, frames * d), gauss(d, d);
  auto random = generator_of(seed, dimension);
  for (Index f = 0; f < frames; ++f) {
    for (Index i = 0; i < d * d; ++i) {
      const double radius = std::sqrt(-2 * std::log(uniform(random)));
      gauss(i / d, i % d) = radius * std::cos(2 * pi * uniform(random));
    }
    result.middleCols(f * d, d) = Eigen::HouseholderQR<Eigen::MatrixXd>(gauss).householderQ() * Eigen::MatrixXd::Identity(d, d);
  }
  return result;
}

std::vector<double> projection(Columns columns, std::size_t n, const Eigen::VectorXd& direction) {
  std::vector<double> result(n);
  for (std::size_t a = 0; a < columns.size(); ++a)
    for (std::size_t i = 0; i < n; ++i) result[i] += direction[static_cast<Index>(a)] * columns[a][i];
  return result;
}

LeaveOut along(const SortedSample& one, const SortedSample& two) {
  LeaveOut values{squared_distance(one.values(), two.values()), {}, {}};
  for (std::size_t k = 0; k < one.blocks(); ++k) values.without_a.push_back(squared_distance(one.without(k), two.values()));
  for (std::size_t k = 0; k < two.blocks(); ++k) values.without_b.push_back(squared_distance(one.values(), two.without(k)));
  return values;
}

double scatter_of_frames(const std::vector<LeaveOut>& values, std::size_t dimension) {
  std::vector<double> frames;
  for (std::size_t f = 0; f < values.size(); f += dimension) {
    double sum = 0;
    for (std::size_t k = 0; k < dimension; ++k) sum += values[f + k].full / static_cast<double>(dimension);
    frames.push_back(sum);
  }
  return mean_of(frames, "wasserstein").standard_error;
}

} // namespace

SlicedEstimate sliced_wasserstein_2(Columns a, std::size_t n, Columns b, std::size_t m, std::size_t directions, std::uint64_t seed) {
  const std::size_t d = a.size();
  if (d == 0 || b.size() != d) throw std::invalid_argument(fmt::format("wasserstein: clouds of {} and {} variables", d, b.size()));
  if (directions == 0) throw std::invalid_argument("wasserstein: no directions");
  if (std::min(n, m) < 20) throw NumericalFailure(fmt::format("wasserstein: clouds of {} and {} particles are too small, at least 20", n, m));
  require_finite(a, n, "wasserstein");
  require_finite(b, m, "wasserstein");
  const Eigen::MatrixXd set = directions_in(d, directions, seed);
  const auto count = static_cast<std::size_t>(set.cols());
  const std::size_t blocks_a = std::min<std::size_t>(20, n), blocks_b = std::min<std::size_t>(20, m);
  std::vector<LeaveOut> values(count);
#pragma omp parallel for schedule(dynamic) if (n + m > 2000)
  for (std::size_t k = 0; k < count; ++k) {
    const Eigen::VectorXd direction = set.col(static_cast<Index>(k));
    values[k] = along(SortedSample(projection(a, n, direction), blocks_a), SortedSample(projection(b, m, direction), blocks_b));
  }
  LeaveOut mean{0, std::vector<double>(blocks_a), std::vector<double>(blocks_b)};
  const double weight = 1 / static_cast<double>(count);
  for (const LeaveOut& v : values) {
    mean.full += weight * v.full;
    for (std::size_t k = 0; k < blocks_a; ++k) mean.without_a[k] += weight * v.without_a[k];
    for (std::size_t k = 0; k < blocks_b; ++k) mean.without_b[k] += weight * v.without_b[k];
  }
  return {corrected(mean), d > 2 ? scatter_of_frames(values, d) : 0.0, count};
}

} // namespace driftwell::estimators

#include "estimators/whitening.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/reduce.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>

namespace driftwell::estimators {
namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;

Matrix covariance(Columns columns, std::size_t n, const std::vector<double>& mean) {
  const std::size_t d = columns.size();
  Matrix S(static_cast<Index>(d), static_cast<Index>(d));
  for (std::size_t a = 0; a < d; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      const double s = deterministic_sum(n, [&](std::size_t i) { return (columns[a][i] - mean[a]) * (columns[b][i] - mean[b]); });
      S(static_cast<Index>(a), static_cast<Index>(b)) = S(static_cast<Index>(b), static_cast<Index>(a)) = s / static_cast<double>(n - 1);
    }
  return S;
}

std::vector<double> standard_deviations(Columns columns, std::size_t n, std::vector<double>& mean) {
  std::vector<double> result;
  for (std::size_t a = 0; a < columns.size(); ++a) {
    const Estimate m = mean_of({columns[a], n}, "nearest neighbours");
    mean.push_back(m.value);
    result.push_back(m.standard_error * std::sqrt(static_cast<double>(n)));
    // A constant column may leave a rounding error as its deviation.
    if (!(result.back() > 1e-14 * std::abs(m.value)))
      throw NumericalFailure(fmt::format("nearest neighbours: variable {} is {:.6g} in all {} particles: the cloud has no density", a + 1, m.value, n));
  }
  return result;
}

/// Lower triangular L with L L^T the covariance; entropy is minus infinity where that is singular.
Matrix factor_of(const Matrix& S, const std::vector<double>& deviation) {
  const Index d = S.rows();
  const Eigen::VectorXd scale = Eigen::Map<const Eigen::VectorXd>(deviation.data(), d);
  const Matrix correlation = scale.cwiseInverse().asDiagonal() * S * scale.cwiseInverse().asDiagonal();
  const Eigen::LLT<Matrix> factor(correlation);
  const Matrix L = factor.matrixL();
  if (factor.info() != Eigen::Success || !(L.diagonal().minCoeff() > 1e-7))
    throw NumericalFailure(fmt::format("nearest neighbours: the {} variables are linearly dependent: the cloud has no density", d));
  return scale.asDiagonal() * L;
}

} // namespace

Whitening::Whitening(Columns columns, std::size_t n, const std::vector<double>& period, bool whiten) : period_(period) {
  const auto d = static_cast<Index>(columns.size());
  require_finite(columns, n, "nearest neighbours");
  const std::vector<double> deviation = standard_deviations(columns, n, mean_);
  const bool round = std::any_of(period.begin(), period.end(), [](double p) { return p > 0; });
  Matrix back = Matrix::Identity(d, d);
  if (round) {
    if (whiten) back.diagonal() = Eigen::Map<const Eigen::VectorXd>(deviation.data(), d);
  } else {
    const Matrix factor = factor_of(covariance(columns, n, mean_), deviation);
    if (whiten) back = factor;
  }
  log_volume_ = back.diagonal().array().log().sum();
  map_ = back.triangularView<Eigen::Lower>().solve(Matrix::Identity(d, d));
  for (std::size_t a = 0; a < period.size(); ++a) period_[a] *= map_(static_cast<Index>(a), static_cast<Index>(a));
}

PointCloud Whitening::apply(Columns columns, std::size_t n) const {
  const std::size_t d = columns.size();
  PointCloud result{d, n, std::vector<double>(n * d), period_};
#pragma omp parallel for schedule(static) if (n > 4096)
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < d; ++a) {
      double sum = 0;
      for (std::size_t b = 0; b <= a; ++b) sum += map_(static_cast<Index>(a), static_cast<Index>(b)) * (columns[b][i] - mean_[b]);
      if (!period_.empty() && period_[a] > 0) sum -= period_[a] * std::floor(sum / period_[a]);
      result.data[i * d + a] = sum;
    }
  return result;
}

PointCloud chosen(const PointCloud& cloud, const std::vector<std::size_t>& particles) {
  PointCloud result{cloud.dimension, particles.size(), {}, cloud.period};
  result.data.reserve(particles.size() * cloud.dimension);
  for (const std::size_t i : particles) result.data.insert(result.data.end(), cloud.point(i), cloud.point(i) + cloud.dimension);
  return result;
}

} // namespace driftwell::estimators

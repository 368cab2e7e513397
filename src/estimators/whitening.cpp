#include "estimators/whitening.hpp"

#include "driftwell/core/eigen_systems.hpp"
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

void require_full_rank(const Matrix& S, const std::vector<double>& deviation) {
  const Eigen::VectorXd inverse = Eigen::Map<const Eigen::VectorXd>(deviation.data(), S.rows()).cwiseInverse();
  const Eigen::LLT<Matrix> factor(Matrix(inverse.asDiagonal() * S * inverse.asDiagonal()));
  const Matrix L = factor.matrixL();
  if (factor.info() != Eigen::Success || !(L.diagonal().minCoeff() > 1e-7))
    throw NumericalFailure(fmt::format("nearest neighbours: the {} variables are linearly dependent: the cloud has no density", S.rows()));
}

/// Entropy power from spacings of order sqrt(n) (Vasicek 1976), at most the standard deviation, which bounds it.
double scale_of(std::vector<double> values, double deviation) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size(), m = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(n)))), count = n > m ? n - m : 0;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::log(std::max((values[i + m] - values[i]) / deviation, 1e-6));
  if (count == 0) return deviation;
  const double entropy = sum / static_cast<double>(count) + std::log(static_cast<double>(n + 1) / static_cast<double>(m));
  return deviation * std::clamp(std::exp(entropy) / std::sqrt(2 * 3.14159265358979323846 * 2.71828182845904523536), 1e-3, 1.0);
}

} // namespace

Whitening::Whitening(Columns columns, std::size_t n, const std::vector<double>& period, bool whiten) : period_(period) {
  const auto d = static_cast<Index>(columns.size());
  require_finite(columns, n, "nearest neighbours");
  const std::vector<double> deviation = standard_deviations(columns, n, mean_);
  const bool round = std::any_of(period.begin(), period.end(), [](double p) { return p > 0; });
  for (std::size_t a = 0; a < columns.size(); ++a) scales_.push_back(scale_of({columns[a], columns[a] + n}, deviation[a]));
  const Matrix S = covariance(columns, n, mean_);
  if (!round) require_full_rank(S, deviation);
  map_ = Matrix::Identity(d, d);
  if (whiten) divide_by_scales();
  for (std::size_t a = 0; a < period.size(); ++a) period_[a] *= map_(static_cast<Index>(a), static_cast<Index>(a));
  if (!whiten || round || d == 1) return;
  const SymmetricEigen principal(map_ * S * map_.transpose());
  map_ = principal.eigenvectors().transpose() * map_;
  const PointCloud turned = apply(columns, n);
  for (std::size_t a = 0; a < turned.dimension; ++a) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) values[i] = turned.point(i)[a];
    scales_[a] = scale_of(std::move(values), std::sqrt(std::max(principal.eigenvalues()[static_cast<Index>(a)], 1e-300)));
  }
  divide_by_scales();
}

void Whitening::divide_by_scales() {
  for (std::size_t a = 0; a < scales_.size(); ++a) {
    map_.row(static_cast<Index>(a)) /= scales_[a];
    log_volume_ += std::log(scales_[a]);
    scales_[a] = 1;
  }
}

PointCloud Whitening::apply(Columns columns, std::size_t n) const {
  const std::size_t d = columns.size();
  PointCloud result{d, n, std::vector<double>(n * d), period_};
#pragma omp parallel for schedule(static) if (n > 4096)
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < d; ++a) {
      double sum = 0;
      for (std::size_t b = 0; b < d; ++b) sum += map_(static_cast<Index>(a), static_cast<Index>(b)) * (columns[b][i] - mean_[b]);
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

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/divergence.hpp"
#include "driftwell/estimators/moments.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <boost/math/special_functions/digamma.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace driftwell::estimators {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double log_determinant(const Eigen::LLT<MatrixXd>& factor) { return 2 * MatrixXd(factor.matrixL()).diagonal().array().log().sum(); }

} // namespace

Estimate kl_gaussian(Columns columns, std::size_t n, const VectorXd& mean, const MatrixXd& covariance) {
  const std::size_t d = columns.size();
  const auto size = static_cast<Index>(d);
  if (d == 0 || mean.size() != size || covariance.rows() != size || covariance.cols() != size)
    throw std::invalid_argument(fmt::format("kl: a Gaussian law in {} variables needs a mean and a covariance of that size", d));
  const Eigen::LLT<MatrixXd> reference(covariance);
  if (reference.info() != Eigen::Success || !covariance.isApprox(covariance.transpose(), 1e-12) || !mean.allFinite())
    throw std::invalid_argument("kl: the covariance of the Gaussian law must be symmetric and positive definite");
  if (n < d + 2) throw NumericalFailure(fmt::format("kl: {} particles do not determine a covariance of {} variables", n, d));
  const Moments cloud = moments(columns, n);
  MatrixXd S(size, size);
  VectorXd delta(size);
  for (Index i = 0; i < size; ++i) {
    delta[i] = cloud.mean[static_cast<std::size_t>(i)].value - mean[i];
    for (Index j = 0; j < size; ++j) S(i, j) = cloud.covariance[static_cast<std::size_t>(i * size + j)].value;
  }
  const Eigen::LLT<MatrixXd> factor(S);
  const VectorXd pivots = MatrixXd(factor.matrixL()).diagonal().cwiseQuotient(S.diagonal().cwiseMax(1e-300).cwiseSqrt());
  if (factor.info() != Eigen::Success || !(pivots.minCoeff() > 1e-7))
    throw NumericalFailure("kl: the covariance of the cloud is singular: its divergence from a Gaussian density is infinite");
  const double count = static_cast<double>(n);
  // E log det S - log det Sigma of a Wishart matrix.
  double wishart = -static_cast<double>(d) * std::log((count - 1) / 2);
  for (std::size_t i = 1; i <= d; ++i) wishart += boost::math::digamma((count - static_cast<double>(i)) / 2);
  const VectorXd A_delta = reference.solve(delta);
  const MatrixXd AS = reference.solve(S), MS = AS - MatrixXd::Identity(size, size); // (A - S^-1) S
  const double trace = AS.trace();
  const double value = (trace - static_cast<double>(d) + delta.dot(A_delta) - trace / count - log_determinant(factor) + wishart + log_determinant(reference)) / 2;
  const double nu = static_cast<double>(d * (d + 3)) / 2;
  const double variance = (MS * MS).trace() / (2 * (count - 1)) + A_delta.dot(S * A_delta) / count + nu / (2 * count * count);
  return {value, std::sqrt(std::max(0.0, variance))};
}

} // namespace driftwell::estimators

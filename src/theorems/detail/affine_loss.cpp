#include "affine_loss.hpp"

#include "driftwell/theorems/subject.hpp"

#include <Eigen/QR>
#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace driftwell::theorems {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Vector = Eigen::Map<const VectorXd>;

constexpr double most_numbers = 1e7;
constexpr double too_far = 5; ///< standard errors: once in two million

} // namespace

AffineLoss::AffineLoss(const sgd::Loss& loss, const VectorXd& place) : place_(place) {
  if (static_cast<double>(loss.samples()) * static_cast<double>(place.size()) > most_numbers)
    throw NotApplicable{"few enough weights and samples to keep all gradients", fmt::format("{} weights and {} samples", place.size(), loss.samples())};
  c_.resize(place.size(), static_cast<Index>(loss.samples()));
  sgd::Workspace workspace;
  loss.sample_gradients(place.data(), {sgd::all_samples(loss.samples()), nullptr}, c_.data(), workspace);
  g_ = c_.rowwise().mean();
  H_ = sgd::full_hessian(loss, place.data());
}

double AffineLoss::evaluate(const double* w, const sgd::Batch& batch, double* gradient, sgd::Workspace&) const {
  const Index d = c_.rows();
  Eigen::Map<VectorXd> g(gradient, d);
  g.setZero();
  for (const std::uint32_t k : batch.samples) g += c_.col(k);
  g /= static_cast<double>(batch.samples.size());
  double value = 0;
  for (Index i = 0; i < d; ++i) value += g[i] * (w[i] - place_[i]);
  for (Index i = 0; i < d; ++i) {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum += H_(j, i) * (w[j] - place_[j]);
    value += sum * (w[i] - place_[i]) / 2;
    g[i] += sum;
  }
  return value;
}

void AffineLoss::weighted_gradient(const double* w, const sgd::Batch& batch, const double* weights, double* result, sgd::Workspace&) const {
  const Index d = c_.rows();
  Eigen::Map<VectorXd> g(result, d);
  g.setZero();
  double total = 0;
  for (std::size_t k = 0; k < batch.samples.size(); ++k) {
    g += weights[k] * c_.col(batch.samples[k]);
    total += weights[k];
  }
  for (Index i = 0; i < d; ++i)
    for (Index j = 0; j < d; ++j) g[i] += total * H_(j, i) * (w[j] - place_[j]);
}

void AffineLoss::hessian_product(const double*, const sgd::Batch&, const double* v, double* result, sgd::Workspace&) const {
  Eigen::Map<VectorXd>(result, c_.rows()) = H_ * Vector(v, c_.rows());
}

MatrixXd AffineLoss::noise() const {
  const MatrixXd apart = c_.colwise() - g_;
  return apart * apart.transpose() / static_cast<double>(c_.cols());
}

Measured controlled_mean(const VectorXd& x, const MatrixXd& y, const VectorXd& known) {
  const auto n = static_cast<double>(x.size());
  const VectorXd dx = x.array() - x.mean(), away = y.colwise().mean().transpose() - known;
  const auto error_of = [n](const VectorXd& d, double lost) { return n > lost ? std::sqrt(d.squaredNorm() / (n - lost) / n) : std::numeric_limits<double>::infinity(); };
  const double rounding = n * std::numeric_limits<double>::epsilon(); // of a sum of n numbers, beside the sum of their sizes
  const Measured plain{x.mean(), rounding * x.cwiseAbs().mean(), error_of(dx, 1)};
  if (y.cols() == 0) return plain;
  MatrixXd dy = y.rowwise() - y.colwise().mean();
  VectorXd size(y.cols());
  for (Index i = 0; i < y.cols(); ++i) {
    size[i] = dy.col(i).norm();
    if (!std::isfinite(size[i]) || (size[i] > 0 && !(std::abs(away[i]) <= too_far * error_of(dy.col(i), 1)))) return plain;
    if (size[i] > 0) dy.col(i) /= size[i];
    else size[i] = std::numeric_limits<double>::infinity(); // says nothing
  }
  const VectorXd slopes = dy.colPivHouseholderQr().solve(dx);
  const VectorXd terms = y.cwiseAbs().colwise().mean().transpose() + known.cwiseAbs();
  return {x.mean() - slopes.dot(away.cwiseQuotient(size)), plain.error + rounding * slopes.cwiseAbs().dot(terms.cwiseQuotient(size)), error_of(dx - dy * slopes, 1 + static_cast<double>(y.cols()))};
}

} // namespace driftwell::theorems

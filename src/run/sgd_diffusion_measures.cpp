// What is measured of SGD and its diffusions at an output: moments of the projections, and divergences between the clouds.
#include "sgd_diffusion.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/estimators/resampling.hpp"

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using estimators::Estimate;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t jackknife_blocks = 20;

/// One array a coordinate, as estimators take them.
struct Coordinates {
  explicit Coordinates(const MatrixXd& y) : columns(y.transpose()) {
    for (Index i = 0; i < columns.cols(); ++i) pointers.push_back(columns.col(i).data());
  }
  MatrixXd columns;
  std::vector<const double*> pointers;
  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(columns.rows()); }
};

/// KL(N(m1, S1), N(m2, S2)) from sums over particles: count, y_i, y_i y_j of both clouds, one after the other.
double gaussian_kl(std::span<const double> sums, Index m) {
  MatrixXd S[2];
  VectorXd mean[2];
  const double* at = sums.data();
  for (int side = 0; side < 2; ++side) {
    const double n = *at++;
    mean[side] = VectorXd::Map(at, m) / n;
    at += m;
    S[side] = (MatrixXd::Map(at, m, m) / n - mean[side] * mean[side].transpose()) * (n / (n - 1));
    at += m * m;
  }
  const Eigen::LLT<MatrixXd> p(S[0]), q(S[1]);
  if (p.info() != Eigen::Success || q.info() != Eigen::Success) return nan;
  const MatrixXd L = q.matrixL().solve(MatrixXd(p.matrixL()));
  const VectorXd delta = q.matrixL().solve(mean[0] - mean[1]);
  return (L.squaredNorm() - static_cast<double>(m) + delta.squaredNorm()) / 2 - L.diagonal().array().log().sum();
}

void add_sums(estimators::BlockSums& sums, const MatrixXd& y, std::size_t offset) {
  const auto n = static_cast<std::size_t>(y.cols());
  for (std::size_t b = 0; b < sums.blocks(); ++b) {
    const auto range = estimators::block_range(n, sums.blocks(), b);
    double* at = sums.of(b).data() + offset;
    const auto part = y.middleCols(static_cast<Index>(range.first), static_cast<Index>(range.last - range.first));
    *at++ = static_cast<double>(part.cols());
    VectorXd::Map(at, y.rows()) = part.rowwise().sum();
    MatrixXd::Map(at + y.rows(), y.rows(), y.rows()) = part.lazyProduct(part.transpose());
  }
}

/// Values and standard errors, apart.
struct Pairs {
  std::vector<double> value, error;
  void add(const Estimate& e) {
    value.push_back(e.value);
    error.push_back(e.standard_error);
  }
  void write(record::Group& group, const std::string& name, std::size_t index) const {
    group.write_frame(name, index, value);
    group.write_frame(name + "_stderr", index, error);
  }
};

/// Trace of the covariance of all weights of a cloud, w(r) the weights of a particle.
template <class Weights> Estimate total_variance(std::size_t n, Index d, const Weights& w) {
  VectorXd mean = VectorXd::Zero(d);
  for (std::size_t r = 0; r < n; ++r) mean += w(r);
  mean /= static_cast<double>(n);
  std::vector<double> squares(n);
  for (std::size_t r = 0; r < n; ++r) squares[r] = (w(r) - mean).squaredNorm() * static_cast<double>(n) / static_cast<double>(n - 1);
  return estimators::mean_of(squares, "variance of the weights");
}

double largest_score(const estimators::Moments& a, const estimators::Moments& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.mean.size(); ++i) {
    const double error = std::hypot(a.mean[i].standard_error, b.mean[i].standard_error), difference = std::abs(a.mean[i].value - b.mean[i].value);
    if (difference > 0) largest = std::max(largest, difference / error);
  }
  return largest;
}

} // namespace

void SgdDiffusionSection::declare(record::Group& group) const {
  std::vector<std::string> names, seconds;
  for (std::size_t i = 0; i < directions(); ++i) names.push_back(fmt::format("y{}", i + 1));
  std::vector<double> orders;
  for (const Cloud& cloud : clouds_) orders.push_back(cloud.order);
  const std::size_t particles = clouds_[0].particles->particles();
  group.growing_dimension("time", {{"long_name", std::string("clock: sum of the learning rates of the steps made")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of kept projections")}});
  group.dimension("direction", names, {{"long_name", std::string("projection y = P^T w")}});
  group.dimension("direction_2", names, {{"long_name", std::string("projection y = P^T w")}});
  group.dimension("order", orders, {{"long_name", std::string("weak order of the modified equation")}});
  group.dimension("parameter", problem_->loss->dimension());
  group.dimension("replica", process_->replicas());
  group.dimension("particle", particles);
  const auto series = [&](const std::string& name, const std::vector<std::string>& dims, const std::string& words) {
    group.variable(name, dims, {{"long_name", words}});
    group.variable(name + "_stderr", dims, {{"long_name", "standard error of " + name}});
  };
  series("sgd_mean", {"time", "direction"}, "mean of y over the replicas of SGD");
  series("sgd_covariance", {"time", "direction", "direction_2"}, "covariance of y over the replicas of SGD");
  series("sgd_variance", {"time"}, "trace of the covariance of all weights of SGD");
  series("diffusion_mean", {"time", "order", "direction"}, "mean of y over the particles of the modified equation");
  series("diffusion_covariance", {"time", "order", "direction", "direction_2"}, "covariance of y over the particles of the modified equation");
  series("diffusion_variance", {"time", "order"}, "trace of the covariance of all weights of the modified equation");
  series("kl", {"time", "order"}, "KL(SGD, modified equation) of y from nearest neighbours, nats");
  series("kl_gaussian", {"time", "order"}, "KL of the Gaussians with the mean and covariance of y of both clouds, nats");
  if (wants_density())
    group.variable("drift_unexplained", {"time"}, {{"long_name", std::string("share of the variance of the projected drift over the particles that y does not explain: 0 where y obeys an equation of its own")}});
  group.variable("sgd_sample", {"snapshot_time", "replica", "direction"}, {{"long_name", std::string("y of the replicas of SGD")}});
  group.variable("diffusion_sample", {"snapshot_time", "order", "particle", "direction"}, {{"long_name", std::string("y of the particles")}});
  group.variable("directions", {"direction", "parameter"}, {{"long_name", std::string("unit vectors P^T")}});
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = P_.transpose();
  group.write("directions", {rows.data(), static_cast<std::size_t>(rows.size())});
  if (explained_.size() > 0) {
    group.variable("explained", {"direction"}, {{"long_name", std::string("share of the variance of the trajectories of SGD in a principal component")}});
    group.write("explained", {explained_.data(), static_cast<std::size_t>(explained_.size())});
  }
  group.attribute("noise", sgd_.diffusion->noise.value);
  group.attribute("stepper", sgd_.diffusion->stepper.value);
  group.attribute("dt", sgd_.diffusion->dt ? sgd_.diffusion->dt->value : problem_->options.learning_rate.value(0) / 2);
  group.attribute("temperature", temperature_->text());
}

SgdDiffusionSection::Matrix SgdDiffusionSection::project(const Ensemble& particles) const {
  const Eigen::Map<const MatrixXd> rows(particles.data().data(), static_cast<Index>(particles.particles()), static_cast<Index>(particles.rows()));
  return P_.transpose().lazyProduct(rows.transpose());
}

void SgdDiffusionSection::divergences(const Matrix& p, const Matrix& q, Estimate& neighbours, Estimate& gaussian) const {
  neighbours = gaussian = {};
  const Index m = p.rows();
  const Coordinates a(p), b(q);
  // A point has neither a density nor a covariance.
  const auto flat = [](const MatrixXd& y) { return ((y.colwise() - y.col(0)).rowwise().norm().array() == 0).any(); };
  if (std::min(a.count(), b.count()) < least_for_divergences || flat(p) || flat(q)) return;
  // From random starts a replica and its particle begin at one place, and neighbours need clouds that know nothing of each other: the first half of
  // SGD, the others of the particles.
  const auto& std = problem_->start_std;
  const bool twins = std::any_of(std.begin(), std.end(), [](double x) { return x > 0; });
  const std::size_t first = twins ? std::min(a.count(), b.count()) / 2 : 0;
  std::vector<const double*> others = b.pointers;
  for (const double*& row : others) row += first;
  try {
    if (!twins || first >= least_for_divergences) neighbours = estimators::kl_two_sample(a.pointers, twins ? first : a.count(), others, b.count() - first);
  } catch (const NumericalFailure&) {
    neighbours = {}; // many particles at one place: few steps of few samples
  }
  const auto size = static_cast<std::size_t>(1 + m + m * m);
  estimators::BlockSums sums(jackknife_blocks, 2 * size);
  const VectorXd origin = p.rowwise().mean(); // near both: little cancels
  add_sums(sums, p.colwise() - origin, 0);
  add_sums(sums, q.colwise() - origin, size);
  const auto kl = estimators::jackknife(sums, [m](std::span<const double> totals) { return std::vector<double>{gaussian_kl(totals, m)}; });
  gaussian = {kl.value[0] - kl.bias[0], kl.standard_error[0]};
}

/// Drift and T D of the particles along the directions, for the equation of y.
sgd::ProjectedSamples SgdDiffusionSection::sample(const Cloud& cloud, double t) const {
  const MatrixXd y = project(*cloud.particles);
  const Index m = y.rows(), n = y.cols(), d = P_.rows();
  sgd::ProjectedSamples samples{y, MatrixXd(m, n), MatrixXd(m * (m + 1) / 2, n)};
  const double T = temperature_->value(t);
  const bool constant = cloud.equation->noise_class() == NoiseClass::additive;
#pragma omp parallel
  {
    sgd::Workspace workspace;
    VectorXd w(d + 8), b(d + 8);
    MatrixXd D;
#pragma omp for schedule(static)
    for (Index r = 0; r < n; ++r) {
      for (Index i = 0; i < d; ++i) w[i] = cloud.particles->row(static_cast<std::size_t>(i))[static_cast<std::size_t>(r)];
      cloud.equation->drift(w.data(), T, b.data(), workspace);
      samples.drift.col(r) = P_.transpose().lazyProduct(b.head(d));
      if (!constant || D.size() == 0) D = cloud.equation->projected_noise(w.data(), P_, workspace);
      for (Index i = 0, e = 0; i < m; ++i)
        for (Index j = i; j < m; ++j) samples.noise(e++, r) = T * D(i, j);
    }
  }
  return samples;
}

void SgdDiffusionSection::measure(record::Group& group, std::size_t index) {
  const double t = times_[index];
  const Index d = P_.rows();
  const Eigen::Map<const MatrixXd> weights(process_->weights(0), d, static_cast<Index>(process_->replicas()));
  const MatrixXd y = P_.transpose().lazyProduct(weights);
  const auto frame = [&](const std::string& name, double value) { group.write_frame(name, index, std::span(&value, 1)); };
  const auto moments_of = [](const MatrixXd& points, Pairs& mean, Pairs& covariance) {
    const Coordinates c(points);
    const estimators::Moments moments = estimators::moments(c.pointers, c.count());
    for (const Estimate& e : moments.mean) mean.add(e);
    for (const Estimate& e : moments.covariance) covariance.add(e);
    return moments;
  };
  frame("time", t);
  Pairs mean, covariance, variance;
  const estimators::Moments of_sgd = moments_of(y, mean, covariance);
  variance.add(total_variance(process_->replicas(), d, [&](std::size_t r) -> VectorXd { return weights.col(static_cast<Index>(r)); }));
  mean.write(group, "sgd_mean", index);
  covariance.write(group, "sgd_covariance", index);
  variance.write(group, "sgd_variance", index);
  Pairs means, covariances, variances, kls, gaussians;
  last_.time = t;
  std::vector<MatrixXd> projections;
  for (const Cloud& cloud : clouds_) {
    const MatrixXd there = project(*cloud.particles);
    last_.score[cloud.order] = largest_score(of_sgd, moments_of(there, means, covariances));
    const Eigen::Map<const MatrixXd> rows(cloud.particles->data().data(), static_cast<Index>(cloud.particles->particles()), d);
    variances.add(total_variance(cloud.particles->particles(), d, [&](std::size_t r) -> VectorXd { return rows.row(static_cast<Index>(r)).transpose(); }));
    auto& [neighbours, gaussian] = last_.kl[cloud.order];
    divergences(y, there, neighbours, gaussian);
    kls.add(neighbours);
    gaussians.add(gaussian);
    projections.push_back(there);
  }
  means.write(group, "diffusion_mean", index);
  covariances.write(group, "diffusion_covariance", index);
  variances.write(group, "diffusion_variance", index);
  kls.write(group, "kl", index);
  gaussians.write(group, "kl_gaussian", index);
  const auto found = std::find(snapshots_.begin(), snapshots_.end(), index);
  if (found != snapshots_.end()) {
    const auto k = static_cast<std::size_t>(found - snapshots_.begin());
    group.write_frame("snapshot_time", k, std::span(&t, 1));
    group.write_frame("sgd_sample", k, {y.data(), static_cast<std::size_t>(y.size())});
    std::vector<double> all;
    for (const MatrixXd& p : projections) all.insert(all.end(), p.data(), p.data() + p.size());
    group.write_frame("diffusion_sample", k, all);
  }
  if (!wants_density()) return;
  sgd_y_.push_back(y);
  sde_y_.push_back(projections.back());
  frames_.push_back(fit_.frame());
  if (!fit_.frame() || fit_.samples()->y.cols() < 20) return;
  frame("drift_unexplained", sgd::ProjectedEquation(*fit_.samples(), static_cast<std::size_t>(sgd_.projection.degree.value)).unexplained());
}

} // namespace driftwell::run

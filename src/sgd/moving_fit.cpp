#include "driftwell/sgd/moving_fit.hpp"

#include <stdexcept>

namespace driftwell::sgd {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

std::optional<Frame> frame_of(const MatrixXd& y) {
  const VectorXd centre = y.rowwise().mean();
  const MatrixXd away = y.colwise() - centre;
  const Eigen::LLT<MatrixXd> root(away.lazyProduct(away.transpose()) / static_cast<double>(y.cols()));
  const MatrixXd scale = root.matrixL();
  if (root.info() != Eigen::Success || !(scale.diagonal().minCoeff() > 1e-12 * y.cwiseAbs().maxCoeff())) return {};
  return Frame{centre, scale};
}

void MovingFit::collect(const Frame& frame, const ProjectedSamples& samples, const VectorXd& centre_rate, const MatrixXd& scale_rate) {
  const Index m = samples.y.rows();
  const auto inverse = frame.scale.triangularView<Eigen::Lower>();
  ProjectedSamples z{frame.to_z(samples.y), {}, samples.noise};
  z.drift = inverse.solve((samples.drift - scale_rate.lazyProduct(z.y)).colwise() - centre_rate);
  for (Index k = 0; k < z.noise.cols(); ++k) {
    MatrixXd D(m, m);
    for (Index i = 0, e = 0; i < m; ++i)
      for (Index j = i; j < m; ++j) D(i, j) = D(j, i) = samples.noise(e++, k);
    D = inverse.solve(MatrixXd(inverse.solve(D).transpose())).eval();
    for (Index i = 0, e = 0; i < m; ++i)
      for (Index j = i; j < m; ++j) z.noise(e++, k) = D(i, j);
  }
  collected_.push_back(std::move(z));
}

void MovingFit::add(const ProjectedSamples& samples, double t) {
  const std::optional<Frame> next = frame_of(samples.y);
  if (samples_) {
    broken_ = broken_ || !next || !frame_;
    if (!broken_) {
      const double dt = t - time_;
      const VectorXd centre_rate = (next->centre - frame_->centre) / dt;
      const MatrixXd scale_rate = (next->scale - frame_->scale) / dt;
      collect(*frame_, *samples_, centre_rate, scale_rate);
      collect(*next, samples, centre_rate, scale_rate);
    }
  }
  samples_ = samples;
  frame_ = next;
  time_ = t;
}

std::optional<ProjectedEquation> MovingFit::close(std::size_t degree) {
  const bool usable = !broken_ && !collected_.empty();
  broken_ = false;
  const std::vector<ProjectedSamples> parts = std::move(collected_);
  collected_.clear();
  if (!usable) return {};
  ProjectedSamples all;
  for (const auto member : {&ProjectedSamples::y, &ProjectedSamples::drift, &ProjectedSamples::noise}) {
    Index columns = 0;
    for (const ProjectedSamples& part : parts) columns += (part.*member).cols();
    MatrixXd& whole = all.*member;
    whole.resize((parts[0].*member).rows(), columns);
    Index at = 0;
    for (const ProjectedSamples& part : parts) {
      whole.middleCols(at, (part.*member).cols()) = part.*member;
      at += (part.*member).cols();
    }
  }
  try {
    return ProjectedEquation(all, degree);
  } catch (const std::domain_error&) { // too few particles
    return {};
  }
}

} // namespace driftwell::sgd

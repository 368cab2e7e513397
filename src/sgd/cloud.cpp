#include "driftwell/sgd/cloud.hpp"

#include "driftwell/core/interrupt.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::sgd {

namespace {

using Eigen::VectorXd;
using Weights = Eigen::Map<const VectorXd>;

constexpr std::size_t block = 256;

double unbias(std::size_t R) { return R > 1 ? static_cast<double>(R) / static_cast<double>(R - 1) : std::nan(""); }

struct Full {
  double loss = 0, square = 0, accuracy = 0;
  VectorXd gradient;
};

/// Everything over all samples in one thread: threads share the replicas.
Full over_samples(const Loss& loss, const double* w, bool squares, Workspace& workspace, const std::vector<std::uint32_t>& all) {
  Full full;
  full.gradient = VectorXd::Zero(static_cast<Eigen::Index>(loss.dimension()));
  VectorXd part(full.gradient.size());
  const bool classes = loss.classifies();
  for (std::size_t begin = 0; begin < all.size(); begin += block) {
    const Batch batch{std::span(all).subspan(begin, std::min(block, all.size() - begin)), nullptr};
    const double share = static_cast<double>(batch.samples.size()) / static_cast<double>(all.size());
    full.loss += share * loss.evaluate(w, batch, part.data(), workspace);
    full.gradient += share * part;
    if (squares) full.square += share * loss.squared_gradients(w, batch, workspace);
    if (classes) full.accuracy += share * loss.accuracy(w, batch, workspace);
  }
  return full;
}

} // namespace

Estimate estimate(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / n;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n * (n - 1))) : std::nan("")};
}

Spread spread(const Process& process) {
  const std::size_t R = process.replicas(), d = process.dimension();
  const auto size = static_cast<Eigen::Index>(d);
  Spread result{VectorXd::Zero(size), VectorXd::Zero(size), std::vector<double>(R)};
  for (std::size_t r = 0; r < R; ++r) result.mean += Weights(process.weights(r), size);
  result.mean /= static_cast<double>(R);
  for (std::size_t r = 0; r < R; ++r) {
    const VectorXd away = Weights(process.weights(r), size) - result.mean;
    result.variance += away.cwiseAbs2();
    result.squares[r] = away.squaredNorm() * unbias(R);
  }
  result.variance *= unbias(R) / static_cast<double>(R);
  return result;
}

Eigen::MatrixXd cloud_covariance(const Process& process) {
  const auto d = static_cast<Eigen::Index>(process.dimension()), R = static_cast<Eigen::Index>(process.replicas());
  Eigen::MatrixXd W = Eigen::Map<const Eigen::MatrixXd>(process.weights(0), d, R);
  W.colwise() -= W.rowwise().mean().eval();
  return W.lazyProduct(W.transpose()) / static_cast<double>(R - 1);
}

FullMeasures measure_replicas(const Loss& loss, const Process& process, std::size_t replicas, const VectorXd& mean, double factor) {
  const std::size_t R = std::min(replicas, process.replicas());
  const std::vector<std::uint32_t> all = all_samples(loss.samples());
  FullMeasures result;
  result.loss.resize(R);
  result.gradient_squared.resize(R);
  result.drift_work.resize(R);
  if (factor > 0) result.batch_squared.resize(R);
  if (loss.classifies()) result.accuracy.resize(R);
  const double correction = process.replicas() > 1 ? unbias(process.replicas()) : 1;
  // So many between two looks at the signal, and no threads for what is done sooner than they are woken.
  const std::size_t work = loss.samples() * loss.dimension(), chunk = std::clamp<std::size_t>((std::size_t{1} << 28) / work, 16, 4096);
  for (std::size_t first = 0; first < R; first += chunk) {
    poll_interrupt();
    const std::size_t last = std::min(R, first + chunk);
#pragma omp parallel if (work * (last - first) > 1'000'000)
    {
      Workspace workspace;
#pragma omp for schedule(dynamic, 1)
      for (std::size_t r = first; r < last; ++r) {
        const Full full = over_samples(loss, process.weights(r), factor > 0, workspace, all);
        const Weights w(process.weights(r), full.gradient.size());
        result.loss[r] = full.loss;
        result.gradient_squared[r] = full.gradient.squaredNorm();
        result.drift_work[r] = process.replicas() > 1 ? (w - mean).dot(full.gradient) * correction : w.dot(full.gradient);
        if (factor > 0) result.batch_squared[r] = result.gradient_squared[r] + factor * std::max(0.0, full.square - result.gradient_squared[r]);
        if (!result.accuracy.empty()) result.accuracy[r] = full.accuracy;
      }
    }
  }
  return result;
}

} // namespace driftwell::sgd

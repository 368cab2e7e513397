#include "batch_enumeration.hpp"

#include <cmath>
#include <vector>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double batches(std::size_t samples, std::size_t batch, sgd::Sampling sampling) {
  const auto n = static_cast<double>(samples), b = static_cast<double>(batch);
  if (sampling == sgd::Sampling::with_replacement) return std::pow(n, b);
  return std::round(std::exp(std::lgamma(n + 1) - std::lgamma(b + 1) - std::lgamma(n - b + 1)));
}

double enumerated_spread(const MatrixXd& rows, std::size_t batch, sgd::Sampling sampling) {
  const Index n = rows.rows();
  const VectorXd mean = rows.colwise().mean();
  const bool again = sampling == sgd::Sampling::with_replacement;
  std::vector<Index> pick(batch);
  for (std::size_t k = 0; k < batch; ++k) pick[k] = again ? 0 : static_cast<Index>(k);
  double sum = 0, count = 0;
  while (true) {
    VectorXd g = VectorXd::Zero(rows.cols());
    for (const Index k : pick) g += rows.row(k);
    sum += (g / static_cast<double>(batch) - mean).squaredNorm();
    ++count;
    // The next one: the last place that can still rise rises, and those behind it begin again.
    std::size_t place = batch;
    while (place > 0 && pick[place - 1] == (again ? n - 1 : n - static_cast<Index>(batch - place) - 1)) --place;
    if (place == 0) return sum / count;
    ++pick[place - 1];
    for (std::size_t k = place; k < batch; ++k) pick[k] = again ? 0 : pick[k - 1] + 1;
  }
}

} // namespace driftwell::theorems

#pragma once
// What a run of SGD ends with, for the laws over many of them.
#include "checkpoints.hpp"
#include "driftwell/sgd/cloud.hpp"

#include <limits>
#include <vector>

namespace driftwell::run {

struct SgdSummary {
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::size_t most_weights = 1'000'000; ///< kept of a cloud
  double learning_rate = nan, batch_size = nan, momentum = 0, temperature = nan; ///< of the last step
  bool constant = true;                     ///< neither the rate nor the batch size is a schedule
  std::size_t dimension = 0, replicas = 0;
  sgd::Estimate variance{nan, nan};         ///< trace, over the stationary part
  double predicted = nan, exact = nan;      ///< trace of the covariances of the diffusion and of SGD on the parabola at the minimum
  sgd::Estimate entropy{nan, nan};          ///< of the last cloud
  std::vector<sgd::Estimate> along;         ///< variances along the directions
  std::vector<double> along_predicted, along_exact;
  sgd::Estimate passage_time{nan, nan};     ///< mean first-passage time
  std::size_t passages = 0;
  std::vector<double> weights;              ///< of the last cloud, replica by replica; none where there are more than most_weights

  void keep(SectionState& state, const std::string& name);
};

/// Differential entropy of the last cloud in nats: from nearest neighbours (at most 6 weights and at least 100 replicas), else of the Gaussian
/// with its covariance, whose bias for a Gaussian cloud is taken off, and whose error is that for one: sqrt(sum_i psi'((R - i)/2))/2, i = 1 .. d.
struct CloudEntropy {
  sgd::Estimate entropy{SgdSummary::nan, SgdSummary::nan};
  std::string method;                       ///< "nearest_neighbours" or "gaussian"; else why there is none
};
[[nodiscard]] CloudEntropy cloud_entropy(const sgd::Process& process);

} // namespace driftwell::run

#pragma once
// The spread of the gradient of a batch by going through every batch there is.
#include "driftwell/sgd/sampler.hpp"

#include <Eigen/Core>

#include <cstddef>

namespace driftwell::theorems {

/// Mean over all batches of b rows of |mean of the batch - mean of all|^2: all ordered draws with replacement, all subsets without.
[[nodiscard]] double enumerated_spread(const Eigen::MatrixXd& rows, std::size_t batch, sgd::Sampling sampling);
/// How many there are.
[[nodiscard]] double batches(std::size_t samples, std::size_t batch, sgd::Sampling sampling);

} // namespace driftwell::theorems

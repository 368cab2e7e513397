#pragma once
// From [sgd] to data, loss and process.
#include "driftwell/input/spec.hpp"
#include "driftwell/sgd/process.hpp"

#include <memory>
#include <vector>

namespace driftwell::run {

struct SgdProblem {
  std::shared_ptr<const sgd::Dataset> data; ///< nullptr for a loss without
  std::unique_ptr<sgd::Loss> loss;
  sgd::ProcessOptions options;
  std::vector<double> start, start_std;
  double end = 0;                           ///< clock after the last step
};

/// Reads the data and makes the objects. Throws InvalidExperiment, IoError, sgd::DataError.
[[nodiscard]] SgdProblem build_sgd(const input::Spec& spec);

} // namespace driftwell::run

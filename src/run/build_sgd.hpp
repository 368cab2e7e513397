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

/// Puts a start at a minimum there; a word about one that was not reached goes into `warnings`, where there are any.
void place_start(const input::SgdSpec& spec, SgdProblem& problem, std::vector<std::string>* warnings);

/// Steps at which outputs are recorded: the first and the last among them.
[[nodiscard]] std::vector<std::uint64_t> output_steps(const input::SgdSpec& spec);

/// `kept` indices spread over 0 .. all-1, the last one first to be kept.
[[nodiscard]] std::vector<std::size_t> spread_indices(std::size_t kept, std::size_t all);

} // namespace driftwell::run

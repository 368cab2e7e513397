#pragma once
// Expectations of formulas over a cloud.
#include "driftwell/estimators/estimate.hpp"
#include "driftwell/expression/tape.hpp"

#include <vector>

namespace driftwell::estimators {

/// values[o][i] = output o of the tape at particle i. NumericalFailure naming output, particle and point where the value
/// (or the point) is not finite. std::invalid_argument when the tape has another dimension.
[[nodiscard]] std::vector<std::vector<double>> values_on(const expression::Tape& tape, Columns columns, std::size_t n);

/// E f for every output f of the tape, with the covariance of the errors of these means.
struct Expectation {
  std::vector<Estimate> mean;
  std::vector<double> covariance; ///< outputs x outputs: of the means, sample covariance / n
};
[[nodiscard]] Expectation expectation(const expression::Tape& tape, Columns columns, std::size_t n);

} // namespace driftwell::estimators

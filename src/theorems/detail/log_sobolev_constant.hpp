#pragma once
// rho in KL <= I / (2 rho), I with D: bounded from both sides.
#include "curvature.hpp"

#include <string>
#include <vector>

namespace driftwell::theorems {

/// One bound and where it is from.
struct ConstantBound {
  Measured rho;
  std::string method;
};

struct LogSobolevConstant {
  std::vector<ConstantBound> lower, upper; ///< best first
  [[nodiscard]] bool bounded() const { return !lower.empty() && lower.front().rho.value > 0; }
};

/// Lower: Bakry-Emery (of the potential of rho_ss, of the drift), Holley-Stroock, in one dimension Barthe-Roberto. Upper: the gap of the reversible
/// part over T, tilted laws exp(s y_a) rho_ss, Barthe-Roberto. A method that does not apply is left out. Throws NumericalFailure.
[[nodiscard]] LogSobolevConstant log_sobolev_constant(const DensityEvidence& evidence);

/// rho is a property of rho_ss, not of the box that cuts it off: failed where a box twice as wide has less than half of it although rho_ss has fallen
/// below a hundredth of its maximum at all walls of this one. Walls that are felt are part of the model.
[[nodiscard]] Hypothesis light_tails(const DensityEvidence& evidence, const LogSobolevConstant& constant);

} // namespace driftwell::theorems

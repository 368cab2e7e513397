#pragma once
// rho in KL <= I / (2 rho), I with D: bounded from both sides.
#include "curvature.hpp"

#include <optional>
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
  std::optional<Measured> estimate{};      ///< the lesser of I / (2 KL) of the worst law found (worst_law.hpp) and the gap over T: rho itself unless a worse law was missed
  [[nodiscard]] bool bounded() const { return !lower.empty() && lower.front().rho.value > 0; }
};

/// Lower: Bakry-Emery (of the potential of rho_ss, of the drift), Holley-Stroock, in one dimension mixtures of wells and Barthe-Roberto. Upper: the gap of
/// the reversible part over T, tilted laws exp(s y_a) rho_ss, in one dimension the law that makes I / (2 KL) least and Barthe-Roberto. A method that does not apply is left out. Throws NumericalFailure.
[[nodiscard]] const LogSobolevConstant& log_sobolev_constant(const DensityEvidence& evidence);

/// On a bounded box every law has such a constant. Where rho_ss has fallen below a hundredth of its maximum at all walls they are taken for a cut
/// through its tails, which have to be as light as a Gaussian's: Phi grows at least like |x|^2 (bounds::tails), or where Phi has no formula,
/// in one dimension, a box eight times as wide has not less than 3/4 of the constant. Walls that are felt are part of the model.
[[nodiscard]] Hypothesis light_tails(const DensityEvidence& evidence);

} // namespace driftwell::theorems

#pragma once
// Laws of (q, p) as coefficients of the Hermite hierarchy.
#include "driftwell/kinetic/kinetic_operator.hpp"

#include <array>
#include <vector>

namespace driftwell::kinetic {

/// A normal law of (q, p) with a weight; on a circle its images around the period count.
struct PhaseGaussian {
  double weight;
  std::array<double, 2> mean;
  std::array<std::array<double, 2>, 2> covariance;
};

/// A mixture, and a share of the steady state.
struct PhaseLaw {
  std::vector<PhaseGaussian> parts;
  double steady = 0;
};

struct InitialState {
  Eigen::VectorXd u;  ///< coefficients as of KineticOperator, of a law of mass 1
  double lost;        ///< mass of the law outside the box, or where exp(-U/T) is too small to stand for a density; normalised away
  double chi_squared; ///< int (rho - rho_ss)^2 / exp(-E/T) Z: what rounding is relative to
};

/// Coefficients of the law, by least squares in the density with a price on large coefficients (kinetic_law.cpp).
[[nodiscard]] InitialState project(const KineticOperator& L, const PhaseLaw& law);

} // namespace driftwell::kinetic

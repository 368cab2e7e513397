#pragma once
// Curvature of the drift in the coordinates of the noise, as formulas bounded over the box by branch and bound.
//
// In coordinates y in which the noise is sqrt(2 T) dW the drift is c(y), and kappa = min of the smallest eigenvalue of -(dc/dy + its transpose)/2.
//   D constant:                  y = D^-1/2 x,                   -dc/dy = D^1/2 (-D^-1 db/dx) D^1/2
//   D diagonal, D_a of x_a alone: y_a = int dx_a / sqrt(D_a),     c_a = (b_a - T d_a D_a / 2) / sqrt(D_a)     (Lamperti)
// Two points that are driven by the same noise, also along the walls of a convex box, approach like exp(-kappa t). Where c = -grad V
// this is V's convexity: V = Phi - (T/2) log det D.
#include "driftwell/bounds/curvature.hpp"
#include "driftwell/theorems/density_evidence.hpp"

#include <string>
#include <vector>

namespace driftwell::theorems {

/// Whether D is the same everywhere.
[[nodiscard]] bool constant_diffusion(const Model& model);

/// The coordinates y.
struct NoiseCoordinates {
  Eigen::MatrixXd constant;          ///< D where it is constant, else empty
  std::vector<Expression> diffusion; ///< D_a; along the diagonal of a constant D
  bool along_axes = true;            ///< y_a is a function of x_a alone

  [[nodiscard]] bool identity() const { return constant.size() && constant.isIdentity(0); }
};
/// Throws NotApplicable where D is neither constant nor diagonal with D_a a function of x_a alone.
[[nodiscard]] NoiseCoordinates noise_coordinates(const Model& model);

/// The box of the grid.
[[nodiscard]] bounds::Box box_of(const Grid& grid);

/// kappa of the whole drift in the box of the grid, found once.
[[nodiscard]] const bounds::Enclosure& drift_curvature(const Level& level);
/// The same of V, the potential of rho_ss in the coordinates y: where exp(-f/T) is stationary by construction the circulation is left out;
/// where the chain is in detailed balance the drift is -grad V. Throws NotApplicable where V has no formula.
[[nodiscard]] const bounds::Enclosure& potential_curvature(const Level& level);
/// exp(-f/T) is stationary by construction, and f closes around the periods: a tilted potential on a ring drives a current.
[[nodiscard]] bool gibbs(const Level& level);
/// f/c as a formula of Phi where the steady state is exp(-f/(c T)) by construction: gibbs(), or D = c I without a force. Throws NotApplicable.
[[nodiscard]] Expression potential_formula(const Level& level);

/// "curvature >= kappa > 0": met where the bound is above 0, failed where it is not above 0 somewhere, else open.
[[nodiscard]] Hypothesis positive(const bounds::Enclosure& kappa, const std::string& what, const Model& model);
/// "no wall absorbs".
[[nodiscard]] Hypothesis no_absorbing_walls(const Grid& grid);

/// "x = 1, y = 2"
[[nodiscard]] std::string place_in(const Model& model, const std::vector<double>& x);

} // namespace driftwell::theorems

#pragma once
// Closed orbits of a planar flow dx/dt = v(x) around one of its zeros.
#include "driftwell/expression/expression.hpp"
#include "driftwell/grid/grid.hpp"
#include "driftwell/theorems/claim.hpp"

#include <array>
#include <complex>
#include <vector>

namespace driftwell::theorems {

/// A zero of the flow in the box, with the eigenvalues of its Jacobian.
struct FlowZero {
  std::array<double, 2> x;
  std::array<std::complex<double>, 2> eigenvalues;
  [[nodiscard]] bool turns() const { return eigenvalues[0].imag() != 0; }
};
/// By Newton's method from every cell in which |v| has a local minimum.
[[nodiscard]] std::vector<FlowZero> zeros_of_flow(const std::vector<expression::Expression>& v, const Grid& grid);

/// r -> r', the next crossing of the ray from the zero along +x: where the orbit comes back to in the box.
struct Return {
  double radius;
  Measured displacement; ///< (r' - r) / r; Runge-Kutta of fourth order, halved steps
};
[[nodiscard]] std::vector<Return> return_map(const std::vector<expression::Expression>& v, const FlowZero& zero, const Grid& grid);

} // namespace driftwell::theorems

#pragma once
// The loss that SGD with bounded noise feels: g(y) = E f(y - eta w), w uniform on the cube of half side r/sqrt(d), so that |w| <= r.
#include "driftwell/expression/expression.hpp"
#include "driftwell/theorems/subject.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace driftwell::theorems {

/// The noise of gradient descent on a potential: how it is made from uniform variates, and how far it reaches.
struct BoundedNoise {
  double eta = 0, radius = 0;
  std::size_t dimension = 1;
  std::function<double(double)> of_uniform; ///< (0, 1) -> [-1, 1] of one component, in units of half_side(); empty: 2u - 1
  [[nodiscard]] double half_side() const;
  [[nodiscard]] double reach() const { return eta * half_side(); } ///< of eta w, along an axis
};

/// grad g: exact differences of f along each axis, Gauss-Legendre means of them over the other. Throws NotApplicable above two dimensions.
[[nodiscard]] std::vector<Expression> convolved_gradient(const Expression& f, const BoundedNoise& noise);

/// Squared distances from `centre` of y after `steps` steps y' = z - eta grad f(z), z = y - eta w, from y = start; one a replica.
struct NoisyDescent {
  std::vector<double> squares;
  bool inside = true;   ///< no replica left the box
  std::string where;    ///< who did
};
[[nodiscard]] NoisyDescent descend(const Model& model, const BoundedNoise& noise, const std::vector<double>& start, const std::vector<double>& centre, std::uint64_t steps,
                                   std::size_t replicas, const std::vector<double>& lower, const std::vector<double>& upper);

/// E |y' - centre|^2 after one step from y, by Gauss-Legendre quadrature over the noise in panels.
[[nodiscard]] Measured mean_square_after_step(const Model& model, const BoundedNoise& noise, const std::vector<double>& y, const std::vector<double>& centre);

} // namespace driftwell::theorems

#pragma once
// The loss that SGD with bounded noise feels: g(y) = E f(y - eta w), w uniform on the cube of half side r/sqrt(d) or on the ball of radius r, so that
// |w| <= r. With rho the reach of eta w along an axis
//
//   interval, cube   d_i g = mean over the other axis of (f(y + rho e_i) - f(y - rho e_i))/(2 rho)       Gauss-Legendre, 10 nodes
//   disc             grad g = 1/(pi rho) int f(y + rho n) n dtheta, n = (cos theta, sin theta)             trapezoid, 32 nodes (Gauss's theorem)
//
// exact on a line. In the plane what the quadrature leaves of the Jacobian of grad g is bounded by derivatives of order p, the p that does best:
//
//   cube   2 (pi/2 rho)^p (20 - p)!/20! max |d_j^p d_i d_k f|: twice the distance of a function from polynomials of degree 19 (Jackson's theorem)
//   disc   4 zeta(p)/(M^p rho) sum_k S(p+1, k+1) rho^k max |D^(k+1) f|, M nodes: Fourier coefficients beyond M, |c_n| <= max |F^(p)|/n^p; the derivatives of
//          F = n f(y + rho n) over theta by Faa di Bruno's formula, S Stirling's numbers of the second kind
//
// Cheney, Introduction to Approximation Theory, 2nd ed. 1982, chapter 4, Jackson's theorem V; Trefethen & Weideman, SIAM Review 56 (2014), section 3.
#include "driftwell/bounds/search.hpp"
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
  NoiseShape shape = NoiseShape::cube;
  std::function<double(double)> of_uniform; ///< as DescentOptions::of_uniform
  [[nodiscard]] bool disc() const { return shape == NoiseShape::ball && dimension == 2; }
  [[nodiscard]] double half_side() const;
  [[nodiscard]] double reach() const { return eta * half_side(); } ///< of eta w, along an axis
  /// The radius at which a component of eta w has the variance v.
  [[nodiscard]] double radius_of_variance(double v) const;
};

/// grad g as formulas. Throws NotApplicable above two dimensions.
[[nodiscard]] std::vector<Expression> convolved_gradient(const Expression& f, const BoundedNoise& noise);

/// Bound of |Jacobian of (grad g - convolved_gradient)|_2 over a box: 0 on a line; infinity where no derivatives of f are known to be bounded.
/// Higher orders are not tried once it is below `enough`.
[[nodiscard]] double quadrature_remainder(const Expression& f, const BoundedNoise& noise, const bounds::Box& box, double enough);

/// grad g at a point by cubature of grad f over the noise, the bar what a coarser one changes: another way.
[[nodiscard]] std::vector<Measured> averaged_gradient(const Model& model, const BoundedNoise& noise, const std::vector<double>& y);

/// Squared distances from `centre` of y after `steps` steps y' = z - eta grad f(z), z = y - eta w, from y = start; one a replica.
struct NoisyDescent {
  std::vector<double> squares;
  bool inside = true;   ///< no replica left the box
  std::string where;    ///< who did
};
[[nodiscard]] NoisyDescent descend(const Model& model, const BoundedNoise& noise, const std::vector<double>& start, const std::vector<double>& centre, std::uint64_t steps,
                                   std::size_t replicas, const std::vector<double>& lower, const std::vector<double>& upper);

/// E |y' - centre|^2 after one step from y, by cubature over the noise.
[[nodiscard]] Measured mean_square_after_step(const Model& model, const BoundedNoise& noise, const std::vector<double>& y, const std::vector<double>& centre);

} // namespace driftwell::theorems

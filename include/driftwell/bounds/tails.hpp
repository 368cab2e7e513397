#pragma once
// What f does far out, on shells between cubes of half width 2^k and 2^(k+1): evidence and no proof, as only so many shells are
// looked at. Everything on a single shell is rigorous.
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"

#include <string>
#include <vector>

namespace driftwell::bounds {

using expression::Expression;

/// One shell of cubes about the origin.
struct Shell {
  double inner = 0, outer = 0;   ///< half widths of the two cubes
  double least_curvature = 0;    ///< <= smallest eigenvalue of Hess f on the shell
  double least_inward = 0;       ///< <= x . grad f / |x|^2 on the shell: > 0 drives inwards
  double greatest_inward = 0;    ///< >= the least x . grad f / |x|^2: a value at a point
  double exponent = 0;           ///< least x . grad f / (f - f(0)) over sampled directions at |x| = outer: p for f ~ |x|^p
};

/// Which inequalities rho_ss = exp(-f/T)/Z on R^d can satisfy, by the growth of f in its slowest direction.
enum class Growth {
  quadratic,   ///< f ~ |x|^p, p >= 2: log-Sobolev can hold
  linear,      ///< 1 <= p < 2: Poincare can hold, log-Sobolev cannot
  sublinear,   ///< 0 < p < 1, or logarithmic: neither holds
  unconfined,  ///< f does not grow in some direction: exp(-f/T) cannot be normalised, or just by a logarithm's factor
  undefined,   ///< f is not finite far out
};
[[nodiscard]] std::string name_of(Growth growth);

struct Tails {
  std::vector<Shell> shells;
  Growth growth = Growth::unconfined;
  double exponent = 0;            ///< of the outermost shell where f was finite
  bool convex_far_out = false;    ///< least_curvature > 0 on the last three shells
  bool confining = false;         ///< least_inward > 0 on the last three shells
};

/// Shells k = first .. last - 1, or up to where f overflows. Throws std::invalid_argument when d = 0 or first >= last.
[[nodiscard]] Tails tails(const Expression& f, std::size_t dimension, int first = 0, int last = 12);

} // namespace driftwell::bounds

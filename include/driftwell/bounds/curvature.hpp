#pragma once
// Bounds of matrices of derivatives over a box. All are rigorous as long as `smooth` stays true: where a gradient jumps (the
// corner of abs, a where) its derivative says nothing about the jump.
//
// Eigenvalues: on each box the interval Hessian H is taken into the eigenbasis V of its middle, B = V^T H V, and
// x^T B x >= |x|^T C |x| with C_ii = min B_ii, C_ij = -max |B_ij|; the smallest eigenvalue of C is at least
// min_i (C u)_i / u_i for every u > 0 (Collatz and Wielandt), u being C's computed eigenvector. In 1-D that is f''.
#include "driftwell/bounds/search.hpp"
#include "driftwell/expression/expression.hpp"

#include <Eigen/Core>

namespace driftwell::bounds {

using expression::Expression;
using ExpressionMatrix = std::vector<std::vector<Expression>>;

/// The Hessian of f; symmetric, entries shared.
[[nodiscard]] ExpressionMatrix hessian(const Expression& f, std::size_t dimension);
/// d_j g_i
[[nodiscard]] ExpressionMatrix jacobian(const std::vector<Expression>& g, std::size_t dimension);

/// min over the box of the smallest eigenvalue of (A + A^T)/2. With a constant metric D (symmetric, positive definite;
/// empty: the identity): of D^1/2 A D^1/2, i.e. the largest kappa with A >= kappa D^-1, which is Bakry-Emery's for the diffusion D.
/// Where A is made of derivatives, `of` are the functions they are derivatives of: `smooth` is false where one of them may jump.
/// Throws std::invalid_argument for a metric that is not positive definite or sizes that disagree.
[[nodiscard]] Enclosure smallest_eigenvalue(const ExpressionMatrix& a, const Box& box, const Eigen::MatrixXd& metric = {}, const Search& search = {},
                                            const std::vector<Expression>& of = {});
[[nodiscard]] Enclosure largest_eigenvalue(const ExpressionMatrix& a, const Box& box, const Eigen::MatrixXd& metric = {}, const Search& search = {});
/// max over the box of the spectral norm |A|_2; A symmetric or not.
[[nodiscard]] Enclosure largest_spectral_norm(const ExpressionMatrix& a, const Box& box, const Search& search = {});

/// kappa = min over the box of the smallest eigenvalue of Hess f: f is kappa-convex there. Bakry-Emery.
[[nodiscard]] Enclosure convexity(const Expression& f, const Box& box, const Eigen::MatrixXd& metric = {}, const Search& search = {});
/// Largest eigenvalue of Hess f over the box.
[[nodiscard]] Enclosure largest_curvature(const Expression& f, const Box& box, const Eigen::MatrixXd& metric = {}, const Search& search = {});
/// L = max |Hess f|_2: |grad f(x) - grad f(y)| <= L |x - y|.
[[nodiscard]] Enclosure gradient_lipschitz(const Expression& f, const Box& box, const Search& search = {});
/// max |Jacobian|_2 of a vector field.
[[nodiscard]] Enclosure lipschitz(const std::vector<Expression>& g, const Box& box, const Search& search = {});
/// Contraction rate of dx = b dt: min over the box of the smallest eigenvalue of -(J + J^T)/2, J the Jacobian of b;
/// |x(t) - y(t)| <= exp(-rate t) |x(0) - y(0)|. For b = -grad f this is convexity(f).
[[nodiscard]] Enclosure contraction(const std::vector<Expression>& b, const Box& box, const Search& search = {});

/// c = min over the box of <x - x*, g(x) - g(x*)> / |x - x*|^2, g = grad f or -b: one-point strong convexity about x* (Kleinberg,
/// Li & Yuan 2018), a critical point up to rounding, whose residual g(x*) is taken off. x* must lie in the box, else
/// std::invalid_argument.
[[nodiscard]] Enclosure one_point_convexity(const std::vector<Expression>& g, const std::vector<double>& centre, const Box& box, const Search& search = {});
/// The same on a line for g(x) = (f(x + reach) - f(x - reach))/(2 reach), whose intervals blow up as reach -> 0: it is the mean of f' over [x - reach, x + reach], and
/// its derivative that of f'', so that f' and f'' on the wider box bound them as well. Throws std::invalid_argument in more than one variable.
[[nodiscard]] Enclosure one_point_convexity_of_mean(const Expression& f, double reach, const std::vector<Expression>& g, const std::vector<double>& centre, const Box& box,
                                                    const Search& search = {});

} // namespace driftwell::bounds

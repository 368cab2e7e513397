#pragma once
// Nodes, weights and differentiation matrices of global collocation, in one dimension.
#include <Eigen/Core>

namespace driftwell::kinetic {

/// sum_i w_i g(x_i) for the integral over [lower, upper], and (D g)_i for g'(x_i). Exact for polynomials of degree <= n - 1 (D) and
/// 2 n - 3 (w), or for trigonometric polynomials of the n modes around the period.
struct Collocation {
  double lower = 0, upper = 1;
  bool periodic = false;
  Eigen::VectorXd x, w;
  Eigen::MatrixXd D;
};

/// n >= 4 Gauss-Lobatto-Legendre nodes, both ends among them. w D + (w D)^T = diag(-1, 0, ..., 0, 1): summation by parts.
[[nodiscard]] Collocation lobatto(double lower, double upper, Eigen::Index n);
/// n (odd) equidistant nodes of a period, the first at `lower`; w D is antisymmetric. Throws std::invalid_argument for even n,
/// whose highest mode has no derivative.
[[nodiscard]] Collocation fourier(double lower, double upper, Eigen::Index n);

/// Legendre polynomials of degree 0 ... n-1 at t in [-1, 1], orthonormal there: row i for t_i.
[[nodiscard]] Eigen::MatrixXd legendre(const Eigen::VectorXd& t, Eigen::Index n);

/// Values at `points` of the interpolant through the nodes: row i for point i. Barycentric for polynomials.
[[nodiscard]] Eigen::MatrixXd interpolation(const Collocation& c, const Eigen::VectorXd& points);

/// Gauss-Hermite rule for the standard normal density: sum_k w_k g(x_k) = E g(X), exact to degree 2 n - 1.
struct NormalRule {
  Eigen::VectorXd x, w;
};
[[nodiscard]] NormalRule normal_rule(Eigen::Index n);

/// He_k(x) / sqrt(k!), k < n: row i for x_i.
[[nodiscard]] Eigen::MatrixXd hermite(const Eigen::VectorXd& x, Eigen::Index n);

} // namespace driftwell::kinetic

#pragma once
// Smooth functions to test equations of a steady state with in the weak form: no derivative falls on what was computed.
#include "driftwell/theorems/density_evidence.hpp"

#include <cstddef>
#include <vector>

namespace driftwell::theorems {

/// psi = prod_a B_a(x_a) times the monomials of degree <= 2 in (x_a - m_a) / s_a, m and s mean and standard deviation of rho_ss:
///   B_a = 256 r^4 (1-r)^4 exp(-(x_a-m_a)^2 / (2 s_a^2)), r = (x_a - lower) / (upper - lower):   psi and grad psi vanish at walls, by far
///     where a chain may be of lower order
///   B_a = exp(cos(w (x_a - m_a))), w = 2 pi / period, and sin(w (x_a - m_a)) instead of the monomial's variable:   on a circle
/// Made on the finest grid and the same for all. `constant_along`: an axis that psi is not to depend on; dimension(): none.
[[nodiscard]] std::vector<Expression> test_functions(const Level& finest, std::size_t constant_along);
[[nodiscard]] std::vector<Expression> test_functions(const Level& finest);

/// sum over the cells of v times volume.
[[nodiscard]] double integral(const Grid& grid, const Eigen::VectorXd& v);

} // namespace driftwell::theorems

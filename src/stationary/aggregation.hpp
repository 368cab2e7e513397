#pragma once
// The steady state of a chain too large to eliminate.
#include "driftwell/generator/stencil.hpp"

#include <Eigen/Core>

namespace driftwell {

/// Multilevel aggregation (Horton & Leutenegger 1994): blocks of 2 cells an axis become states of a smaller chain, whose rates
/// are those of the cells weighted with the present p; its steady law corrects the mass of the blocks, Gauss-Seidel sweeps
/// p_k = sum_l q_lk p_l / s_k what is inside them. All of it is products and sums of positive numbers, so p > 0 throughout. The
/// iterates of the finest level are combined to the smallest |Q p| (De Sterck, Manteuffel, Miller & Sanders 2010). Memory is
/// some 40 numbers a cell. Throws NumericalFailure when the residual | Q p | / | |Q| p | does not reach 1e-11.
[[nodiscard]] Eigen::VectorXd aggregated_steady_state(const Stencil& Q);

} // namespace driftwell

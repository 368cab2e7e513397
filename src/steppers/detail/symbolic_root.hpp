#pragma once
// The lower triangular root of D(x) as formulas, for schemes that need its derivatives. The same root as that of Dynamics.
#include "driftwell/model/model.hpp"

#include <vector>

namespace driftwell {

/// L with L L^T = D, by Cholesky's recurrence. Columns whose pivot is the constant 0 are 0. Throws std::invalid_argument when d > 8 and D is
/// not diagonal: the formulas would be too long.
[[nodiscard]] std::vector<std::vector<Expression>> symbolic_root(const Model& model);

/// sum_k L_ka d_k L_ib, i.e. the derivative of column b along column a.
[[nodiscard]] Expression along(const std::vector<std::vector<Expression>>& L, std::size_t i, std::size_t a, std::size_t b);

} // namespace driftwell

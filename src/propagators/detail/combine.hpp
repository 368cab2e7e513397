#pragma once
#include <Eigen/Core>

namespace driftwell {

/// out = basis.leftCols(m) * coefficients (m x q), streaming through the basis once.
void combine(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& coefficients, Eigen::MatrixXd& out);

/// The same with raw columns: basis n x m, coefficients m x columns, out n x columns.
void combine(const double* basis, Eigen::Index n, Eigen::Index m, const double* coefficients, Eigen::Index columns, double* out);

} // namespace driftwell

#pragma once
#include <Eigen/Core>

namespace driftwell {

/// out = basis.leftCols(m) * coefficients (m x q), streaming through the basis once.
void combine(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& coefficients, Eigen::MatrixXd& out);

} // namespace driftwell

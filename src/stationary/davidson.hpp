#pragma once
// The slowest eigenvalues and vectors of a large operator from products and an approximate inverse.
#include "resolvent.hpp"

#include <functional>

namespace driftwell {

/// Davidson's method (Davidson 1975; Crouzeix, Philippe & Sadkane 1994) for a symmetric A <= 0, a block of `wanted` and two more, restarted
/// with the best Ritz vectors: Galerkin's eigenvalues of a growing space, each time joined by the preconditioned residuals,
/// precondition(r, t): t ~ -(A - shift)^-1 r. `null`: a vector of unit length to be taken out, or empty. The residual of a unit vector
/// bounds the error of its eigenvalue. Memory is 4 wanted + 10 vectors. Throws NumericalFailure where residuals do not fall below 1e-10
/// of the eigenvalues.
[[nodiscard]] Ritz slowest_davidson(const Stencil& A, const std::function<void(const Eigen::VectorXd& r, Eigen::VectorXd& t)>& precondition,
                                    const Eigen::VectorXd& null, Eigen::Index wanted, bool vectors);

} // namespace driftwell

#pragma once
// exp(t L) u at many times from one recurrence: the Faber series of an ellipse (faber_coefficients.hpp). One product with L a term.
#include "driftwell/core/faber_coefficients.hpp"

#include <Eigen/Core>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace driftwell {

struct LinearMap {
  std::size_t size;
  std::function<void(const double* u, double* y)> apply; ///< y = L u
};

struct FaberReport {
  std::size_t products = 0;
  double growth = 0; ///< largest |F_k u| / |u|: about 1 where the ellipse holds the numerical range
};

/// out[i] = exp(times[i] L) u. Throws std::domain_error as soon as growth > `most`: the ellipse is too small.
FaberReport faber_series(const LinearMap& map, Ellipse ellipse, const Eigen::VectorXd& u, const std::vector<double>& times, double eps,
                         std::vector<Eigen::VectorXd>& out, double most = 20);

} // namespace driftwell

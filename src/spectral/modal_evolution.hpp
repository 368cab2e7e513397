#pragma once
#include "driftwell/spectral/spectral_evolution.hpp"

namespace driftwell {

/// exp(-t S) w where S is a sum over axes: w in products of the axes' eigenvectors, each decaying at the sum of its rates. Exact in time; two
/// small products an axis for every output, however late it is. `w` has no part along sqrt(p_ss). Only for L.separable().
void evolve_modes(const SpectralOperator& L, const Eigen::VectorXd& w, const std::vector<double>& times,
                  const std::function<void(std::size_t index, Eigen::VectorXd& w)>& observe);

} // namespace driftwell

#pragma once
#include "driftwell/observables/observable.hpp"

namespace driftwell {

/// E[x_a] over the cell centres; on a periodic axis of the representative inside the box.
[[nodiscard]] std::vector<double> mean_of(const DensityState& state);

/// Cov[x], d x d, row-major.
[[nodiscard]] std::vector<double> covariance_of(const DensityState& state);

} // namespace driftwell

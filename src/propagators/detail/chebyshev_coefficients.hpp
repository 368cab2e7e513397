#pragma once
#include <vector>

namespace driftwell {

/// c_0 .. c_K of e^-tau I_k(tau), cut where what is left out sums to less than eps; Miller's backward recurrence, normalised by
/// I_0 + 2 (I_1 + I_2 + ...) = e^tau.
[[nodiscard]] std::vector<double> chebyshev_coefficients(double tau, double eps);

} // namespace driftwell

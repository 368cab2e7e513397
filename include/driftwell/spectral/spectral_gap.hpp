#pragma once
// The slowest eigenvalue of a spectral operator.
#include "driftwell/spectral/spectral_operator.hpp"

#include <complex>
#include <optional>

namespace driftwell {

struct SpectralGap {
  std::complex<double> value; ///< lambda: real part < 0, imaginary part >= 0
  double residual = 0;        ///< |L u - lambda u| / |u|: with detailed balance an eigenvalue lies no farther from lambda
  std::size_t products = 0;
};

/// The eigenvalue of L of largest real part besides the 0 of the steady state, by the generalised Davidson method: Ritz values in a
/// space that grows by (D - lambda)^-1 times the residual, D the modes of the axes (exact where the potential separates). `most`:
/// products after which it gives up. Empty where the residual does not fall below 1e-8 |lambda| or the limit that rounding sets.
[[nodiscard]] std::optional<SpectralGap> spectral_gap(const SpectralOperator& L, std::size_t most = 300);

} // namespace driftwell

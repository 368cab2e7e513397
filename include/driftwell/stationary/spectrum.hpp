#pragma once
#include "driftwell/stationary/steady_state.hpp"

namespace driftwell {

/// The `count` slowest eigenvalues of Q (the 0 of a conservative chain left out), by descending real part; of a complex
/// pair the one with positive imaginary part comes first. Shift-invert Lanczos (Spectra) or Arnoldi on the
/// complement of the steady state; absolute accuracy about 1e-15 times the fastest rate, relative about 1e-10. With
/// absorbing walls the first one is minus the decay rate. Throws NumericalFailure.
[[nodiscard]] std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator,
                                                                    const SteadyState& steady, std::size_t count);

} // namespace driftwell

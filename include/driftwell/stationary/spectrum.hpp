#pragma once
#include "driftwell/stationary/steady_state.hpp"

namespace driftwell {

/// The `count` slowest eigenvalues of Q (the 0 of a conservative chain left out), by descending real part; of a complex
/// pair the one with positive imaginary part comes first. Shift-invert Lanczos (Spectra) or Arnoldi on the
/// complement of the steady state; absolute accuracy about 1e-15 times the fastest rate, relative about 1e-10. With
/// absorbing walls the first one is minus the decay rate. Throws NumericalFailure.
[[nodiscard]] std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator,
                                                                    const SteadyState& steady, std::size_t count);

/// Eigenvalues of Q as above with their functions, one column a mode:
///   Q r = lambda r (right: a density, as probabilities of cells),   Q^T l = lambda l (left: an observable, values at centres)
/// biorthonormal, l_i . r_j = delta_ij without conjugation, E_ss[|l|^2] = 1, and l real and positive where rho_ss |l|^2 is largest.
/// From a start p_0 the density is p_ss + sum_i (l_i . p_0) r_i exp(lambda_i t) + faster ones; with detailed balance r = p_ss l.
struct Eigenmodes {
  std::vector<std::complex<double>> values;
  Eigen::MatrixXcd right, left;
  std::vector<double> residuals; ///< |Q r - lambda r|_1 / | |Q| r |_1
};

/// Throws NumericalFailure.
[[nodiscard]] Eigenmodes eigenmodes(const Generator& generator, const SteadyState& steady, std::size_t count);

} // namespace driftwell

#pragma once
#include "driftwell/stationary/steady_state.hpp"

namespace driftwell {

/// The `count` slowest eigenvalues of Q (the 0 of a conservative chain left out), by descending real part; of a complex
/// pair the one with positive imaginary part comes first. Shift-invert Lanczos (Spectra) or Arnoldi on the
/// complement of the steady state, or `iteratively` (and where Arnoldi's does not converge) Davidson's method in memory proportional to the cells; absolute accuracy about 1e-15 times the fastest rate, relative about 1e-10. With
/// absorbing walls the first one is minus the decay rate. Throws NumericalFailure.
[[nodiscard]] std::vector<std::complex<double>> leading_eigenvalues(const Generator& generator,
                                                                    const SteadyState& steady, std::size_t count, bool iteratively = false);

/// Eigenvalues of Q as above with their functions, one column a mode:
///   Q r = lambda r (right: a density, as probabilities of cells),   Q^T l = lambda l (left: an observable, values at centres)
/// biorthonormal, l_i . r_j = delta_ij without conjugation, E_ss[|l|^2] = 1, and l real and positive where rho_ss |l|^2 is largest.
/// From a start p_0 the density is p_ss + sum_i (l_i . p_0) r_i exp(lambda_i t) + faster ones; with detailed balance r = p_ss l.
struct Eigenmodes {
  std::vector<std::complex<double>> values;
  Eigen::MatrixXcd right, left;
  std::vector<double> residuals; ///< |Q r - lambda r|_1 / | |Q| r |_1
  /// |Q^T l - lambda l| |r / w| in L2(w), w the weights of detailed balance, where an eigenvalue is certainly within it; out of
  /// detailed balance w = p_ss and it holds to first order.
  std::vector<double> bounds;
  /// How many cells have a left function that rounding leaves unknown (p_ss far below 1e-22 of its largest, and no way to follow it there
  /// from where it is known): NaN in `left`.
  std::vector<std::size_t> unknown;
};

/// Throws NumericalFailure.
[[nodiscard]] Eigenmodes eigenmodes(const Generator& generator, const SteadyState& steady, std::size_t count, bool iteratively = false);

} // namespace driftwell

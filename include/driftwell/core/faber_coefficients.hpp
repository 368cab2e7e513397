#pragma once
// exp(t L) as a series of polynomials that are small on an ellipse: its coefficients.
//
// L has its numerical range in the ellipse around -a that touches 0, semi-axes a along the real axis and b across. Its Faber
// polynomials are Chebyshev's with foci at distance d = sqrt(a^2 - b^2), divided by rho^k, rho = (a + b) / d:
//
//   exp(t L) = sum_k c_k(t) F_k,   F_0 = 1, F_1 = (L + a) / sigma, F_{k+1} = (2 / sigma) (L + a) F_k - kappa F_{k-1}
//   sigma = a + b,  kappa = (a - b) / (a + b),  c_0 = y_0, c_k = 2 y_k,  y_k = e^{-at} rho^k I_k(d t)
//
// (Novati 2003, "A polynomial method based on Fejer points for the computation of functions of unsymmetric matrices", and
// Moret and Novati 2001; for b = 0 it is the Chebyshev series of Tal-Ezer and Kosloff 1984.) All quantities stay real also
// for b > a, where kappa is negative. About t b + sqrt(2 t a log(1/eps)) terms.
#include <vector>

namespace driftwell {

struct Ellipse {
  double a, b; ///< semi-axes along and across the real axis; a > 0, b >= 0
};

/// c_0 ... c_K at time t, cut where all that follow are below eps.
[[nodiscard]] std::vector<double> faber_coefficients(double t, Ellipse ellipse, double eps);

} // namespace driftwell

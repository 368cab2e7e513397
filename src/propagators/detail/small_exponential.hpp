#pragma once
// The small matrix of a shift-invert Krylov space: coefficients of exp(tA) u in its basis, and a bound of their error.
#include <Eigen/Core>

#include <complex>
#include <vector>

namespace driftwell {

/// In an orthonormal basis V of m vectors, V e_1 = u / |u|, the resolvent R = (I - gamma A)^-1 obeys
///   R V = V H + h v e_m^T   (v the next vector),   exp(tA) u ~ y(t) = V f(t),   f(t) = |u| exp(t (I - H^-1) / gamma) e_1.
/// The residual of y is known without a product with A (Botchev, Grimm, Hochbruck 2013):
///   A y - y' = c(t) (I - gamma A) v,   c(t) = (h / gamma) e_m^T H^-1 f(t),
/// and the error is int_0^t exp((t-s)A) (I - gamma A) v c(s) ds. bound() estimates that integral from above.
class SmallExponential {
public:
  /// H: m x m; `next`: h. `growth` is added to every eigenvalue of A (the decay of the survivors taken out).
  SmallExponential(const Eigen::MatrixXd& H, bool symmetric, double next, double gamma, double norm, double growth);

  [[nodiscard]] Eigen::VectorXd coefficients(double t) const;
  /// |exp(tA) u - y(t)| as far as |exp(sA)| <= e^{-rho s} and |exp(sA) gamma A| <= gamma e^{-rho s} / (e s), rho the
  /// slowest decay seen in the space: holds for symmetric A once the slowest mode is found; tested for the others.
  [[nodiscard]] double bound(double t) const;
  /// Rounding of coefficients(), relative to |u|: the condition of the modes times the machine's precision.
  [[nodiscard]] double rounding() const { return 0x1p-53 * condition_; }

private:
  struct Residual {
    double c, slope; ///< c(s) and c'(s)
  };
  [[nodiscard]] Residual residual(double s) const;

  double gamma_, rho_ = 0, condition_ = 1;
  std::vector<std::complex<double>> lambda_, first_, last_; ///< of the modes: eigenvalue, weight of u, part in c
  Eigen::MatrixXcd complex_vectors_;
  Eigen::MatrixXd vectors_;
};

} // namespace driftwell

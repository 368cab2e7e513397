#pragma once
// Polynomials of degree 2 in up to three variables, for local regression: basis (1, u_a, u_a u_b), a <= b, and what a shift and a
// change of scale make of it.
#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <vector>

namespace driftwell::estimators {

class LocalPolynomials {
public:
  explicit LocalPolynomials(std::size_t dimension);

  [[nodiscard]] std::size_t size() const { return basis_.size(); }            ///< 3, 6, 10
  [[nodiscard]] std::size_t moments() const { return moment_.size(); }        ///< monomials of degree <= 4: 5, 15, 35
  /// Which moment is the product of two basis functions.
  [[nodiscard]] std::size_t product(std::size_t i, std::size_t j) const { return product_[i * size() + j]; }
  /// Values of all moments at u; the first size() of them are the basis.
  void evaluate(const double* u, double* values) const;
  /// Derivatives of the basis functions at u, so many along each axis.
  void differentiate(const double* u, const std::array<int, 3>& orders, double* values) const;
  /// L with basis((u - z) s) = L basis(u), one z and one s an axis.
  [[nodiscard]] Eigen::MatrixXd shifted(const std::array<double, 3>& z, const std::array<double, 3>& s) const;

private:
  using Powers = std::array<int, 3>;
  std::size_t d_;
  std::vector<Powers> basis_, moment_;
  std::vector<std::size_t> product_;
};

} // namespace driftwell::estimators

#include "estimators/local_polynomials.hpp"

#include <algorithm>

namespace driftwell::estimators {

using Eigen::Index;

LocalPolynomials::LocalPolynomials(std::size_t dimension) : d_(dimension) {
  for (int degree = 0; degree <= 4; ++degree) // by degree, so that the basis comes first
    for (int i = degree; i >= 0; --i)
      for (int j = degree - i; j >= 0; --j) {
        const Powers powers{i, j, degree - i - j};
        if ((d_ < 2 && powers[1] > 0) || (d_ < 3 && powers[2] > 0)) continue;
        moment_.push_back(powers);
        if (degree <= 2) basis_.push_back(powers);
      }
  for (const Powers& a : basis_)
    for (const Powers& b : basis_) {
      const Powers sum{a[0] + b[0], a[1] + b[1], a[2] + b[2]};
      product_.push_back(static_cast<std::size_t>(std::find(moment_.begin(), moment_.end(), sum) - moment_.begin()));
    }
}

void LocalPolynomials::evaluate(const double* u, double* values) const {
  std::array<std::array<double, 5>, 3> power{};
  for (std::size_t a = 0; a < 3; ++a) {
    power[a][0] = 1;
    for (std::size_t i = 1; i < 5; ++i) power[a][i] = a < d_ ? power[a][i - 1] * u[a] : 0;
  }
  for (std::size_t m = 0; m < moment_.size(); ++m)
    values[m] = power[0][static_cast<std::size_t>(moment_[m][0])] * power[1][static_cast<std::size_t>(moment_[m][1])] * power[2][static_cast<std::size_t>(moment_[m][2])];
}

void LocalPolynomials::differentiate(const double* u, const std::array<int, 3>& orders, double* values) const {
  for (std::size_t i = 0; i < basis_.size(); ++i) {
    values[i] = 1;
    for (std::size_t a = 0; a < d_; ++a) {
      int power = basis_[i][a];
      for (int n = 0; n < orders[a]; ++n) values[i] *= power--;
      for (; power > 0; --power) values[i] *= u[a];
    }
  }
}

Eigen::MatrixXd LocalPolynomials::shifted(const std::array<double, 3>& z, const std::array<double, 3>& s) const {
  // ((u - z) s)^p = s^p sum_q C(p, q) u^q (-z)^(p - q) along each axis
  const auto coefficient = [&](std::size_t a, int p, int q) {
    if (q > p) return 0.0;
    double value = p == 2 && q == 1 ? 2 : 1;
    for (int i = 0; i < p; ++i) value *= s[a];
    for (int i = q; i < p; ++i) value *= -z[a];
    return value;
  };
  const auto n = static_cast<Index>(size());
  Eigen::MatrixXd L = Eigen::MatrixXd::Zero(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j <= i; ++j) {
      double value = 1;
      for (std::size_t a = 0; a < d_; ++a) value *= coefficient(a, basis_[static_cast<std::size_t>(i)][a], basis_[static_cast<std::size_t>(j)][a]);
      L(i, j) = value;
    }
  return L;
}

} // namespace driftwell::estimators

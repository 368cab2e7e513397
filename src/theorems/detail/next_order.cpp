#include "next_order.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// All derivatives of one order at a point, by the sorted variables.
class Derivatives {
public:
  Derivatives(const Expression& f, std::size_t order, std::size_t dimension, const std::vector<double>& x) {
    std::map<std::vector<std::size_t>, Expression> of{{{}, f}};
    for (std::size_t k = 0; k < order; ++k) {
      std::map<std::vector<std::size_t>, Expression> next;
      for (const auto& [variables, g] : of)
        for (std::size_t i = variables.empty() ? 0 : variables.back(); i < dimension; ++i) {
          std::vector<std::size_t> more = variables;
          more.push_back(i);
          next.emplace(std::move(more), g.derivative(i));
        }
      of = std::move(next);
    }
    std::vector<Expression> all;
    for (const auto& [variables, g] : of) all.push_back(g);
    const std::vector<double> values = expression::Tape(all, dimension)(x);
    std::size_t i = 0;
    for (const auto& [variables, g] : of) value_.emplace(variables, values[i++]);
  }
  [[nodiscard]] double operator()(std::vector<std::size_t> variables) const {
    std::sort(variables.begin(), variables.end());
    return value_.at(variables);
  }

private:
  std::map<std::vector<std::size_t>, double> value_;
};

/// Third derivatives, and the fourth ones with two equal pairs, along the columns of `axes`.
struct Along {
  std::vector<MatrixXd> third; ///< third[i](j, k) = V_ijk
  MatrixXd fourth;             ///< (i, j): V_iijj
};

Along along(const MatrixXd& axes, const Expression& phi, const std::vector<double>& x) {
  const auto d = static_cast<std::size_t>(axes.rows());
  const auto n = static_cast<Index>(d);
  const Derivatives V3(phi, 3, d, x), V4(phi, 4, d, x);
  Along result{std::vector<MatrixXd>(d, MatrixXd::Zero(n, n)), MatrixXd::Zero(n, n)};
  const auto u = [&](std::size_t a, std::size_t i) { return axes(static_cast<Index>(a), static_cast<Index>(i)); };
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      const auto row = static_cast<Index>(j);
      for (std::size_t a = 0; a < d; ++a)
        for (std::size_t b = 0; b < d; ++b)
          for (std::size_t c = 0; c < d; ++c) {
            for (std::size_t k = 0; k < d; ++k) result.third[i](row, static_cast<Index>(k)) += u(a, i) * u(b, j) * u(c, k) * V3({a, b, c});
            for (std::size_t e = 0; e < d; ++e) result.fourth(static_cast<Index>(i), row) += u(a, i) * u(b, i) * u(c, j) * u(e, j) * V4({a, b, c, e});
          }
    }
  return result;
}

} // namespace

double next_order_at(const CriticalPoint& point, const Model& model, const Expression& phi) {
  const auto n = static_cast<Index>(model.dimension());
  MatrixXd D(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) D(i, j) = model.diffusion(static_cast<std::size_t>(i), static_cast<std::size_t>(j)).constant();
  const MatrixXd root = SymmetricEigen(D).operatorSqrt();
  const SymmetricEigen modes(root * point.hessian * root); // the way down comes first
  const Along V = along(root * modes.eigenvectors(), phi, point.x);
  const VectorXd k = modes.eigenvalues().cwiseAbs(), inverse = k.cwiseInverse();
  VectorXd traces(n); // sum_i V_iij / |k_i|
  for (Index j = 0; j < n; ++j) traces[j] = V.third[static_cast<std::size_t>(j)].diagonal().dot(inverse);
  double squares = 0;
  for (Index i = 0; i < n; ++i) squares += inverse[i] * inverse.dot(V.third[static_cast<std::size_t>(i)].cwiseAbs2() * inverse);
  const double A = traces.cwiseAbs2().dot(inverse) / 8 + squares / 12 - inverse.dot(V.fourth * inverse) / 8;
  if (point.index == 0) return A;
  double bent = traces[0] * traces[0] / (4 * k[0]);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) bent += std::pow(V.third[0](i, j), 2) * inverse[i] * inverse[j] / (2 * (k[i] + k[j] + k[0]));
  return bent - A;
}

double next_order(const PassageLaw& law, const Model& model, const Expression& phi) {
  double sum = next_order_at(law.from, model, phi);
  for (std::size_t i = 0; i < law.gates.size(); ++i) sum += law.shares[i] * next_order_at(law.gates[i], model, phi);
  return sum;
}

} // namespace driftwell::theorems

#include "driftwell/bounds/curvature.hpp"

#include "eigenvalue_objective.hpp"

#include <algorithm>
#include <stdexcept>

namespace driftwell::bounds {

namespace {

ExpressionMatrix scaled(double factor, ExpressionMatrix a) {
  for (auto& row : a)
    for (Expression& entry : row) entry = Expression(factor) * entry;
  return a;
}

Enclosure smallest(const ExpressionMatrix& a, const std::vector<Expression>& primitives, const Box& box, const Eigen::MatrixXd& metric,
                   const Search& search) {
  if (a.empty()) throw std::invalid_argument("eigenvalues need a matrix");
  return minimise(SmallestEigenvalue(a, primitives, box.size(), metric), box, search);
}

/// max(|largest|, |smallest|) of a symmetric matrix.
Enclosure larger_in_size(const Enclosure& largest, const Enclosure& smallest) {
  Enclosure result = largest.lower >= -smallest.upper ? largest : negated(smallest);
  result.lower = std::max({0.0, largest.lower, -smallest.upper});
  result.upper = std::max(largest.upper, -smallest.lower);
  result.reached = largest.reached && smallest.reached;
  result.defined = largest.defined && smallest.defined;
  result.smooth = largest.smooth && smallest.smooth;
  result.boxes = largest.boxes + smallest.boxes;
  return result;
}

/// [[0, A], [A^T, 0]]: its largest eigenvalue is |A|_2.
ExpressionMatrix doubled(const ExpressionMatrix& a) {
  const std::size_t m = a.size(), n = a.front().size();
  ExpressionMatrix both(m + n, std::vector<Expression>(m + n, Expression(0.0)));
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) both[i][m + j] = both[m + j][i] = a[i][j];
  return both;
}

Enclosure norm_of(const ExpressionMatrix& a, const std::vector<Expression>& primitives, const Box& box, const Search& search) {
  if (a.empty() || a.front().empty()) throw std::invalid_argument("a norm needs a matrix");
  Enclosure result = negated(smallest(scaled(-1, doubled(a)), primitives, box, {}, search));
  result.lower = std::max(0.0, result.lower);
  return result;
}

} // namespace

ExpressionMatrix hessian(const Expression& f, std::size_t dimension) {
  const std::vector<Expression> gradient = f.gradient(dimension);
  ExpressionMatrix h(dimension, std::vector<Expression>(dimension));
  for (std::size_t i = 0; i < dimension; ++i) {
    const std::vector<Expression> row = gradient[i].gradient(dimension);
    for (std::size_t j = i; j < dimension; ++j) h[i][j] = h[j][i] = row[j];
  }
  return h;
}

ExpressionMatrix jacobian(const std::vector<Expression>& g, std::size_t dimension) {
  ExpressionMatrix j;
  for (const Expression& component : g) j.push_back(component.gradient(dimension));
  return j;
}

Enclosure smallest_eigenvalue(const ExpressionMatrix& a, const Box& box, const Eigen::MatrixXd& metric, const Search& search, const std::vector<Expression>& of) {
  return smallest(a, of, box, metric, search);
}

Enclosure largest_eigenvalue(const ExpressionMatrix& a, const Box& box, const Eigen::MatrixXd& metric, const Search& search) {
  return negated(smallest(scaled(-1, a), {}, box, metric, search));
}

Enclosure largest_spectral_norm(const ExpressionMatrix& a, const Box& box, const Search& search) { return norm_of(a, {}, box, search); }

Enclosure convexity(const Expression& f, const Box& box, const Eigen::MatrixXd& metric, const Search& search) {
  return smallest(hessian(f, box.size()), f.gradient(box.size()), box, metric, search);
}

Enclosure largest_curvature(const Expression& f, const Box& box, const Eigen::MatrixXd& metric, const Search& search) {
  return negated(convexity(-f, box, metric, search));
}

Enclosure gradient_lipschitz(const Expression& f, const Box& box, const Search& search) {
  return larger_in_size(largest_curvature(f, box, {}, search), convexity(f, box, {}, search));
}

Enclosure lipschitz(const std::vector<Expression>& g, const Box& box, const Search& search) { return norm_of(jacobian(g, box.size()), g, box, search); }

Enclosure contraction(const std::vector<Expression>& b, const Box& box, const Search& search) {
  return smallest(scaled(-1, jacobian(b, box.size())), b, box, {}, search);
}

} // namespace driftwell::bounds

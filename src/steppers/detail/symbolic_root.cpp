#include "symbolic_root.hpp"

#include <stdexcept>

namespace driftwell {

std::vector<std::vector<Expression>> symbolic_root(const Model& model) {
  const std::size_t d = model.dimension();
  constexpr std::size_t most = 8;
  std::vector<std::vector<Expression>> L(d, std::vector<Expression>(d, Expression(0.0)));
  if (!model.diagonal() && d > most)
    throw std::invalid_argument("this stepper needs derivatives of the root of a full diffusion matrix, which is done up to 8 variables");
  for (std::size_t j = 0; j < d; ++j) {
    Expression pivot = model.diffusion(j, j);
    for (std::size_t k = 0; k < j; ++k) pivot = pivot - L[j][k] * L[j][k];
    if (pivot.is_constant(0.0)) continue;
    L[j][j] = sqrt(pivot);
    for (std::size_t i = j + 1; i < d; ++i) {
      Expression rest = model.diffusion(i, j);
      for (std::size_t k = 0; k < j; ++k) rest = rest - L[i][k] * L[j][k];
      L[i][j] = rest / L[j][j];
    }
  }
  return L;
}

Expression along(const std::vector<std::vector<Expression>>& L, std::size_t i, std::size_t a, std::size_t b) {
  Expression sum(0.0);
  for (std::size_t k = 0; k < L.size(); ++k)
    if (!L[k][a].is_constant(0.0) && L[i][b].depends_on(k)) sum = sum + L[k][a] * L[i][b].derivative(k);
  return sum;
}

} // namespace driftwell

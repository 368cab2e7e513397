#include "test_functions.hpp"

#include "drift_form.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace driftwell::theorems {

namespace {

struct Factor {
  std::string bell, variable; ///< formulas
};

/// Mean and standard deviation along axis a; around a circle the mean direction.
Factor factor_of(const Level& level, std::size_t a) {
  const Grid& grid = level.grid();
  const Axis& axis = grid.axis(a);
  const double width = axis.upper - axis.lower, w = 2 * M_PI / width;
  double mean = 0, square = 0, c = 0, s = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const double p = level.steady().p[static_cast<Eigen::Index>(k)], x = axis.centre(grid.coordinate(k, a));
    mean += p * x, square += p * x * x, c += p * std::cos(w * x), s += p * std::sin(w * x);
  }
  const std::string x = fmt::format("x{}", a);
  if (axis.periodic()) {
    const double angle = std::atan2(s, c) / w;
    return {fmt::format("exp(cos({:.17g}*({}-({:.17g}))))", w, x, angle), fmt::format("sin({:.17g}*({}-({:.17g})))", w, x, angle)};
  }
  const double std = std::max(std::sqrt(std::max(square - mean * mean, 0.0)), 2 * axis.spacing());
  const std::string r = fmt::format("(({}-({:.17g}))/{:.17g})", x, axis.lower, width), u = fmt::format("(({}-({:.17g}))/{:.17g})", x, mean, std);
  return {fmt::format("256*{0}^4*(1-{0})^4*exp(-{1}^2/2)", r, u), u};
}

} // namespace

std::vector<Expression> test_functions(const Level& finest, std::size_t constant_along) {
  const std::size_t d = finest.grid().dimension();
  expression::Symbols symbols;
  std::string bell = "1";
  std::vector<std::string> variables;
  for (std::size_t a = 0; a < d; ++a) {
    symbols.variables.push_back(fmt::format("x{}", a));
    if (a == constant_along) continue;
    const Factor factor = factor_of(finest, a);
    bell += "*" + factor.bell;
    variables.push_back(factor.variable);
  }
  std::vector<std::string> texts{bell};
  for (std::size_t i = 0; i < variables.size(); ++i) {
    texts.push_back(bell + "*" + variables[i]);
    for (std::size_t j = i; j < variables.size(); ++j) texts.push_back(bell + "*" + variables[i] + "*" + variables[j]);
  }
  std::vector<Expression> result;
  for (const std::string& text : texts) result.push_back(Expression::parse(text, symbols));
  return result;
}

std::vector<Expression> test_functions(const Level& finest) { return test_functions(finest, finest.grid().dimension()); }

double integral(const Grid& grid, const Eigen::VectorXd& v) {
  double sum = 0;
  for (Eigen::Index k = 0; k < v.size(); ++k) sum += v[k] * grid.volume(static_cast<std::size_t>(k));
  return sum;
}

} // namespace driftwell::theorems

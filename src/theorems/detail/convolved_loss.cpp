#include "convolved_loss.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/random.hpp"
#include "driftwell/expression/tape.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <fmt/format.h>

#include <cmath>
#include <functional>

namespace driftwell::theorems {

namespace {

using expression::Tape;

/// Nodes and weights on [-1, 1]; the weights sum to 1.
struct Rule {
  std::vector<double> nodes, weights;
};

template <unsigned N> Rule gauss() {
  Rule rule;
  const auto& x = boost::math::quadrature::gauss<double, N>::abscissa();
  const auto& w = boost::math::quadrature::gauss<double, N>::weights();
  for (std::size_t i = 0; i < x.size(); ++i)
    for (const double sign : {-1.0, 1.0}) {
      if (x[i] == 0 && sign > 0) continue;
      rule.nodes.push_back(sign * x[i]);
      rule.weights.push_back(w[i] / 2);
    }
  return rule;
}

/// The same rule on equal panels.
Rule composite(const Rule& rule, int panels) {
  Rule result;
  for (int p = 0; p < panels; ++p)
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
      result.nodes.push_back((2 * p + 1 + rule.nodes[i]) / panels - 1);
      result.weights.push_back(rule.weights[i] / panels);
    }
  return result;
}

/// f(x + shift), by way of its text.
Expression shifted(const Expression& f, const std::vector<double>& shift) {
  expression::Symbols symbols;
  symbols.limits.length = std::size_t{1} << 24;
  symbols.limits.depth = 4000;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shift.size(); ++i) {
    symbols.variables.push_back("u" + std::to_string(i + 1));
    names.push_back(fmt::format("({} {} {:.17g})", symbols.variables.back(), shift[i] < 0 ? '-' : '+', std::abs(shift[i])));
  }
  return Expression::parse(f.str(names), symbols);
}

Tape gradient_tape(const Model& model) {
  std::vector<Expression> g;
  for (std::size_t i = 0; i < model.dimension(); ++i) g.push_back(model.gradient(i));
  return Tape(g, model.dimension());
}

} // namespace

double BoundedNoise::half_side() const { return radius / std::sqrt(static_cast<double>(dimension)); }

std::vector<Expression> convolved_gradient(const Expression& f, const BoundedNoise& noise) {
  const double rho = noise.reach();
  if (noise.dimension > 2) throw NotApplicable{"one or two variables", fmt::format("{} variables", noise.dimension)};
  if (rho == 0) return f.gradient(noise.dimension);
  const auto difference = [&](std::size_t axis, double beside) {
    std::vector<double> up(noise.dimension, beside), down(noise.dimension, beside);
    up[axis] = rho;
    down[axis] = -rho;
    return (shifted(f, up) - shifted(f, down)) / Expression(2 * rho);
  };
  if (noise.dimension == 1) return {difference(0, 0)};
  const Rule rule = gauss<10>();
  std::vector<Expression> gradient(2);
  for (std::size_t axis = 0; axis < 2; ++axis)
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) gradient[axis] = gradient[axis] + Expression(rule.weights[i]) * difference(axis, rho * rule.nodes[i]);
  return gradient;
}

NoisyDescent descend(const Model& model, const BoundedNoise& noise, const std::vector<double>& start, const std::vector<double>& centre, std::uint64_t steps, std::size_t replicas,
                     const std::vector<double>& lower, const std::vector<double>& upper) {
  const std::size_t d = model.dimension();
  const Tape tape = gradient_tape(model);
  Tape::Workspace workspace(tape);
  std::vector<std::vector<double>> y(d, std::vector<double>(replicas)), z = y, g = y, u = y;
  std::vector<const double*> in(d);
  std::vector<double*> out(d), draws(d);
  for (std::size_t i = 0; i < d; ++i) {
    std::fill(y[i].begin(), y[i].end(), start[i]);
    in[i] = z[i].data();
    out[i] = g[i].data();
    draws[i] = u[i].data();
  }
  const NoiseStream stream(1, Purpose::probes);
  NoisyDescent result;
  for (std::uint64_t k = 0; k < steps; ++k) {
    if (k % 256 == 0) poll_interrupt();
    stream.uniforms(0, replicas, k, draws);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t r = 0; r < replicas; ++r) z[i][r] = y[i][r] - noise.reach() * (noise.of_uniform ? noise.of_uniform(u[i][r]) : 2 * u[i][r] - 1);
    tape.evaluate(in, out, replicas, workspace);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t r = 0; r < replicas; ++r) {
        y[i][r] = z[i][r] - noise.eta * g[i][r];
        if (!(y[i][r] >= lower[i] && y[i][r] <= upper[i]) && result.inside) {
          result.inside = false;
          result.where = fmt::format("{} = {:.4g} after step {}", model.names()[i], y[i][r], k + 1);
        }
      }
  }
  result.squares.assign(replicas, 0.0);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t r = 0; r < replicas; ++r) result.squares[r] += (y[i][r] - centre[i]) * (y[i][r] - centre[i]);
  return result;
}

Measured mean_square_after_step(const Model& model, const BoundedNoise& noise, const std::vector<double>& y, const std::vector<double>& centre) {
  const Tape tape = gradient_tape(model);
  const auto by = [&](const Rule& rule) {
    double sum = 0;
    const std::size_t n = rule.nodes.size(), d = y.size();
    for (std::size_t k = 0; k < (d == 1 ? n : n * n); ++k) {
      const std::size_t index[] = {k % n, k / n};
      std::vector<double> z(y);
      double weight = 1, square = 0;
      for (std::size_t i = 0; i < d; ++i) {
        z[i] -= noise.reach() * rule.nodes[index[i]];
        weight *= rule.weights[index[i]];
      }
      const std::vector<double> g = tape(z);
      for (std::size_t i = 0; i < d; ++i) square += std::pow(z[i] - noise.eta * g[i] - centre[i], 2);
      sum += weight * square;
    }
    return sum;
  };
  const double fine = by(composite(gauss<10>(), y.size() == 1 ? 8 : 3)), coarse = by(composite(gauss<10>(), y.size() == 1 ? 4 : 1));
  return {fine, std::abs(fine - coarse) + 1e-14 * std::abs(fine), 0};
}

} // namespace driftwell::theorems

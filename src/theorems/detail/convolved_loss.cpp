#include "convolved_loss.hpp"

#include "driftwell/bounds/range.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/random.hpp"
#include "driftwell/expression/tape.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/special_functions/binomial.hpp>
#include <boost/math/special_functions/zeta.hpp>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>

namespace driftwell::theorems {

namespace {

using expression::Tape;

constexpr unsigned gauss_nodes = 10, circle_nodes = 32;

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

double BoundedNoise::half_side() const { return shape == NoiseShape::ball ? radius : radius / std::sqrt(static_cast<double>(dimension)); }

double BoundedNoise::radius_of_variance(double v) const {
  const auto d = static_cast<double>(dimension);
  return std::sqrt((shape == NoiseShape::ball ? d + 2 : 3 * d) * v) / eta;
}

std::vector<Expression> convolved_gradient(const Expression& f, const BoundedNoise& noise) {
  const double rho = noise.reach();
  if (noise.dimension > 2) throw NotApplicable{"one or two variables", fmt::format("{} variables", noise.dimension)};
  if (rho == 0) return f.gradient(noise.dimension);
  if (noise.disc()) {
    std::vector<Expression> gradient(2);
    for (std::size_t m = 0; m < circle_nodes / 2; ++m) { // opposite nodes together
      const double angle = 2 * M_PI * static_cast<double>(m) / circle_nodes, n[] = {std::cos(angle), std::sin(angle)};
      const Expression difference = shifted(f, {rho * n[0], rho * n[1]}) - shifted(f, {-rho * n[0], -rho * n[1]});
      for (std::size_t i = 0; i < 2; ++i) gradient[i] = gradient[i] + Expression(2 * n[i] / (circle_nodes * rho)) * difference;
    }
    return gradient;
  }
  const auto difference = [&](std::size_t axis, double beside) {
    std::vector<double> up(noise.dimension, beside), down(noise.dimension, beside);
    up[axis] = rho;
    down[axis] = -rho;
    return (shifted(f, up) - shifted(f, down)) / Expression(2 * rho);
  };
  if (noise.dimension == 1) return {difference(0, 0)};
  const Rule rule = gauss<gauss_nodes>();
  std::vector<Expression> gradient(2);
  for (std::size_t axis = 0; axis < 2; ++axis)
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) gradient[axis] = gradient[axis] + Expression(rule.weights[i]) * difference(axis, rho * rule.nodes[i]);
  return gradient;
}

namespace {

/// max |d_1^a d_2^b f| over a box, each found when it is first asked for. Infinity where it, or a derivative that it is made of, may jump: of a corner the formulas
/// of higher derivatives know nothing.
class Partials {
public:
  Partials(const Expression& f, bounds::Box box) : box_(std::move(box)) { known_[{0, 0}] = bounded(f, false); }
  [[nodiscard]] double largest(std::size_t a, std::size_t b) { return at(a, b).largest; }
  /// Of the tensor of all derivatives of order k (its Frobenius norm).
  [[nodiscard]] double tensor(std::size_t k) {
    double sum = 0;
    for (std::size_t a = 0; a <= k; ++a) sum += boost::math::binomial_coefficient<double>(static_cast<unsigned>(k), static_cast<unsigned>(a)) * std::pow(largest(a, k - a), 2);
    return std::sqrt(sum);
  }

private:
  struct Entry {
    Expression formula;
    double largest;
  };
  [[nodiscard]] Entry bounded(const Expression& formula, bool jumps) const {
    if (jumps) return {formula, std::numeric_limits<double>::infinity()};
    const bounds::Enclosure found = bounds::largest_norm({formula}, box_, {1e-6, 0.1, 200, 3'000'000});
    return {formula, found.smooth && found.defined ? found.upper : std::numeric_limits<double>::infinity()};
  }
  const Entry& at(std::size_t a, std::size_t b) {
    const auto found = known_.find({a, b});
    if (found != known_.end()) return found->second;
    const Entry below = a > 0 ? at(a - 1, b) : at(a, b - 1);
    return known_[{a, b}] = bounded(below.formula.derivative(a > 0 ? 0 : 1), std::isinf(below.largest));
  }
  bounds::Box box_;
  std::map<std::pair<std::size_t, std::size_t>, Entry> known_;
};

double stirling(std::size_t n, std::size_t k) {
  if (k == 0 || k > n) return n == k ? 1 : 0;
  return static_cast<double>(k) * stirling(n - 1, k) + stirling(n - 1, k - 1);
}

double cube_remainder(Partials& f, double rho, std::size_t p) {
  double factor = 2;
  for (std::size_t k = 0; k < p; ++k) factor *= M_PI / 2 * rho / static_cast<double>(2 * gauss_nodes - k);
  // Rows of the Jacobian: of d_1 g the mean is over the second axis, of d_2 g over the first.
  return factor * std::sqrt(std::pow(f.largest(2, p), 2) + std::pow(f.largest(1, p + 1), 2) + std::pow(f.largest(p + 1, 1), 2) + std::pow(f.largest(p, 2), 2));
}

double disc_remainder(Partials& f, double rho, std::size_t p) {
  double sum = 0;
  for (std::size_t k = 0; k <= p; ++k) sum += stirling(p + 1, k + 1) * std::pow(rho, static_cast<double>(k)) * f.tensor(k + 1);
  return 4 * boost::math::zeta(static_cast<double>(p)) / std::pow(static_cast<double>(circle_nodes), static_cast<double>(p)) / rho * sum;
}

} // namespace

double quadrature_remainder(const Expression& f, const BoundedNoise& noise, const bounds::Box& box, double enough) {
  const double rho = noise.reach();
  if (noise.dimension == 1 || rho == 0) return 0;
  Partials partials(f, box);
  double best = std::numeric_limits<double>::infinity();
  try {
    for (std::size_t p = 2; p <= 12 && best > enough; p += 2) {
      const double bound = noise.disc() ? disc_remainder(partials, rho, p) : cube_remainder(partials, rho, p);
      if (!(bound < best)) break; // the derivatives grow faster than the quadrature gains
      best = bound;
      poll_interrupt();
    }
  } catch (const std::length_error&) { // the formulas outgrow their limits: the orders before will do
  }
  return best;
}

namespace {

/// Points in units of eta, and weights that sum to 1: of the noise, at two resolutions.
struct Cubature {
  std::vector<std::vector<double>> points;
  std::vector<double> weights;
};

Cubature cubature(const BoundedNoise& noise, bool fine) {
  Cubature result;
  const double reach = noise.half_side();
  const auto add = [&](std::vector<double> point, double weight) {
    result.points.push_back(std::move(point));
    result.weights.push_back(weight);
  };
  if (noise.dimension == 1) {
    const Rule rule = composite(gauss<gauss_nodes>(), fine ? 8 : 4);
    for (std::size_t i = 0; i < rule.nodes.size(); ++i) add({reach * rule.nodes[i]}, rule.weights[i]);
  } else if (noise.disc()) { // the area within s times the reach is s^2
    const Rule rule = composite(gauss<gauss_nodes>(), fine ? 2 : 1);
    const std::size_t angles = fine ? 64 : 32;
    for (std::size_t i = 0; i < rule.nodes.size(); ++i)
      for (std::size_t m = 0; m < angles; ++m) {
        const double s = (1 + rule.nodes[i]) / 2, angle = 2 * M_PI * (static_cast<double>(m) + 0.5) / static_cast<double>(angles);
        add({reach * s * std::cos(angle), reach * s * std::sin(angle)}, 2 * s * rule.weights[i] / static_cast<double>(angles));
      }
  } else {
    const Rule rule = composite(gauss<gauss_nodes>(), fine ? 3 : 1);
    for (std::size_t i = 0; i < rule.nodes.size(); ++i)
      for (std::size_t j = 0; j < rule.nodes.size(); ++j) add({reach * rule.nodes[i], reach * rule.nodes[j]}, rule.weights[i] * rule.weights[j]);
  }
  return result;
}

} // namespace

std::vector<Measured> averaged_gradient(const Model& model, const BoundedNoise& noise, const std::vector<double>& y) {
  const Tape tape = gradient_tape(model);
  std::vector<Measured> result(y.size(), Measured{0, 0, 0});
  for (const bool fine : {false, true}) {
    const Cubature over = cubature(noise, fine);
    std::vector<double> sum(y.size(), 0.0), size(y.size(), 0.0);
    for (std::size_t k = 0; k < over.points.size(); ++k) {
      std::vector<double> z(y);
      for (std::size_t i = 0; i < z.size(); ++i) z[i] -= noise.eta * over.points[k][i];
      const std::vector<double> g = tape(z);
      for (std::size_t i = 0; i < z.size(); ++i) {
        sum[i] += over.weights[k] * g[i];
        size[i] += over.weights[k] * std::abs(g[i]);
      }
    }
    for (std::size_t i = 0; i < y.size(); ++i) result[i] = {sum[i], (fine ? std::abs(sum[i] - result[i].value) : 0) + 1e-14 * size[i], 0};
  }
  return result;
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
    if (noise.disc()) {
      for (std::size_t r = 0; r < replicas; ++r) {
        const double length = noise.reach() * (noise.of_uniform ? noise.of_uniform(u[0][r]) : std::sqrt(u[0][r])), angle = 2 * M_PI * u[1][r];
        z[0][r] = y[0][r] - length * std::cos(angle);
        z[1][r] = y[1][r] - length * std::sin(angle);
      }
    } else {
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t r = 0; r < replicas; ++r) z[i][r] = y[i][r] - noise.reach() * (noise.of_uniform ? noise.of_uniform(u[i][r]) : 2 * u[i][r] - 1);
    }
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
  const auto by = [&](const Cubature& over) {
    double sum = 0;
    for (std::size_t k = 0; k < over.points.size(); ++k) {
      std::vector<double> z(y);
      for (std::size_t i = 0; i < z.size(); ++i) z[i] -= noise.eta * over.points[k][i];
      const std::vector<double> g = tape(z);
      double square = 0;
      for (std::size_t i = 0; i < z.size(); ++i) square += std::pow(z[i] - noise.eta * g[i] - centre[i], 2);
      sum += over.weights[k] * square;
    }
    return sum;
  };
  const double fine = by(cubature(noise, true)), coarse = by(cubature(noise, false));
  return {fine, std::abs(fine - coarse) + 1e-14 * std::abs(fine), 0};
}

} // namespace driftwell::theorems

#pragma once
// Weak errors without statistics: expectations over one step by quadrature of the noise, through the very interface the noise is
// handed in by, against the exact semigroup.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/steppers/stepper.hpp"
#include "engine.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <vector>

namespace transfer {

using namespace driftwell;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Values and weights of a variate.
struct Nodes {
  std::vector<double> value, weight;
};

/// Gauss's nodes for N(0, 1), by Golub and Welsch.
inline Nodes gauss(int n) {
  MatrixXd J = MatrixXd::Zero(n, n);
  for (int i = 1; i < n; ++i) J(i, i - 1) = J(i - 1, i) = std::sqrt(i);
  const SymmetricEigen eigen(J);
  Nodes nodes;
  for (int i = 0; i < n; ++i) {
    nodes.value.push_back(eigen.eigenvalues()[i]);
    nodes.weight.push_back(eigen.eigenvectors()(0, i) * eigen.eigenvectors()(0, i));
  }
  return nodes;
}
inline Nodes two_points() { return {{-1, 1}, {0.5, 0.5}}; }
inline Nodes three_points() { return {{-std::sqrt(3.0), 0, std::sqrt(3.0)}, {1.0 / 6, 2.0 / 3, 1.0 / 6}}; }

/// Hands out numbers that were written down before: row j of the kind for step 0 or 1.
class GivenNoise : public Noise {
public:
  GivenNoise(std::size_t n, std::vector<std::vector<std::vector<double>>> main, std::vector<std::vector<double>> sign, std::vector<double> uniform = {})
      : Noise(n), main_(std::move(main)), sign_(std::move(sign)), uniform_(std::move(uniform)) {}
  void normals(std::uint64_t step, std::span<double* const> rows) override { give(main_.at(step), rows); }
  void three_points(std::uint64_t step, std::span<double* const> rows) override { give(main_.at(step), rows); }
  void uniforms(std::uint64_t, std::span<double* const> rows) override {
    if (uniform_.empty()) throw std::logic_error("no quadrature of uniform variates");
    std::copy_n(uniform_.data(), n_, rows[0]);
  }
  void signs(std::uint64_t step, std::span<double* const> rows) override { give(sign_.empty() ? main_.at(step) : sign_, rows); }

private:
  void give(const std::vector<std::vector<double>>& from, std::span<double* const> rows) const {
    for (std::size_t j = 0; j < rows.size(); ++j) std::copy_n(from.at(j).data(), n_, rows[j]);
  }
  std::vector<std::vector<std::vector<double>>> main_;
  std::vector<std::vector<double>> sign_;
  std::vector<double> uniform_;
};

/// One step of many particles, each with its own numbers: x (rows) is moved.
inline void one_step(const Stepper& stepper, const Dynamics& dynamics, std::vector<std::vector<double>>& x,
                     const std::vector<std::vector<std::vector<double>>>& main, const std::vector<std::vector<double>>& sign, double dt,
                     const std::vector<double>& uniform = {}) {
  const std::size_t n = x[0].size(), strip = expression::Tape::strip;
  const auto blocks = stepper.on(dynamics);
  const auto cut = [&](const std::vector<std::vector<double>>& rows, std::size_t from, std::size_t m) {
    std::vector<std::vector<double>> part;
    for (const auto& row : rows) part.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(from), row.begin() + static_cast<std::ptrdiff_t>(from + m));
    return part;
  };
  for (std::size_t from = 0; from < n; from += strip) {
    const std::size_t m = std::min(strip, n - from);
    std::vector<std::vector<std::vector<double>>> part;
    for (const auto& step : main) part.push_back(cut(step, from, m));
    GivenNoise noise(m, part, cut(sign, from, m), uniform.empty() ? uniform : cut({uniform}, from, m)[0]);
    RowBuffer buffer(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) std::copy_n(x[i].data() + from, m, buffer[i]);
    Block block{m, 0, buffer.rows()};
    blocks->begin(block, {0, 0, dt}, noise);
    blocks->step(block, {0, 0, dt}, noise);
    for (std::size_t i = 0; i < x.size(); ++i) std::copy_n(buffer[i], m, x[i].data() + from);
  }
}

inline Nodes nodes_of(const Stepper& stepper, int normals) {
  switch (stepper.traits().variates) {
  case StepperTraits::Variates::signs: return two_points();
  case StepperTraits::Variates::three_points: return three_points();
  case StepperTraits::Variates::normals: break;
  }
  return gauss(normals);
}

/// A scheme that accepts or refuses its proposals, at the places x with the variates xi: where it would go, and with what probability. The
/// largest uniform variate that is accepted is found by bisection, through the scheme itself.
struct Proposals {
  std::vector<double> place, probability;
};
inline Proposals proposals(const Stepper& stepper, const Dynamics& dynamics, const std::vector<double>& x, const std::vector<double>& xi, double dt) {
  const std::size_t n = x.size();
  const auto step = [&](const std::vector<double>& uniform) {
    std::vector<std::vector<double>> at{x};
    one_step(stepper, dynamics, at, {{xi}}, {}, dt, uniform);
    return at[0];
  };
  Proposals result{step(std::vector<double>(n, 1e-300)), std::vector<double>(n)};
  std::vector<double> low(n, 0.0), high(n, 1.0), middle(n);
  for (int round = 0; round < 45; ++round) {
    for (std::size_t k = 0; k < n; ++k) middle[k] = (low[k] + high[k]) / 2;
    const std::vector<double> at = step(middle);
    for (std::size_t k = 0; k < n; ++k) (at[k] == x[k] ? high : low)[k] = middle[k];
  }
  result.probability = low;
  return result;
}

/// On the circle, one variable: E f(x_n) as a function of the start, n steps of dt. Functions live on `points` equal points, times
/// the nodes of a variate that a scheme may remember from step to step.
class Circle {
public:
  static constexpr int points = 64;

  Circle(const Stepper& stepper, const Dynamics& dynamics, double dt, bool refuses = false) : nodes_(refuses ? Nodes{{0}, {1}} : nodes_of(stepper, 8)) {
    if (refuses) with_refusals(stepper, dynamics, dt);
    else with_all_nodes(stepper, dynamics, dt);
  }

  /// One column for each of the functions cos x, sin x, cos 2x, sin 2x.
  [[nodiscard]] MatrixXd expectation(int steps) const {
    const auto q = static_cast<Index>(nodes_.value.size());
    MatrixXd u(step_.rows(), 4);
    for (Index r = 0; r < u.rows(); ++r) u.row(r) = functions(static_cast<int>(r / q));
    for (int n = 0; n < steps; ++n) u = (step_ * u).eval();
    MatrixXd result = MatrixXd::Zero(points, 4);
    for (Index r = 0; r < u.rows(); ++r) result.row(r / q) += nodes_.weight[static_cast<std::size_t>(r % q)] * u.row(r);
    return result;
  }

  /// exp(t L) f, L = b d/dx + T D d^2/dx^2 by spectral differentiation.
  [[nodiscard]] static MatrixXd exact(const Model& model, double t) {
    MatrixXd derivative = MatrixXd::Zero(points, points);
    for (int i = 0; i < points; ++i)
      for (int j = 0; j < points; ++j)
        if (i != j) derivative(i, j) = 0.5 * ((i - j) % 2 == 0 ? 1 : -1) / std::tan(M_PI * (i - j) / points);
    const expression::Tape tape({model.drift(0), model.diffusion(0, 0)}, 1);
    MatrixXd L(points, points), u(points, 4);
    const MatrixXd second = derivative * derivative;
    for (int i = 0; i < points; ++i) {
      const double x = 2 * M_PI * i / points;
      const auto value = tape(std::vector<double>{x});
      L.row(i) = value[0] * derivative.row(i) + model.temperature() * value[1] * second.row(i);
      u.row(i) = functions(i);
    }
    const int doublings = std::max(0, static_cast<int>(std::ceil(std::log2(L.norm() * t))) + 1);
    MatrixXd step = MatrixXd::Identity(points, points), term = step;
    for (int n = 1; n <= 20; ++n) step += (term = (term * L * (std::ldexp(t, -doublings) / n)).eval());
    for (int k = 0; k < doublings; ++k) step = (step * step).eval();
    return step * u;
  }

  /// Cardinal function of the trigonometric polynomials on an even number of points.
  static double cardinal(double x, int points) {
    const double s = std::sin(x / 2);
    return std::abs(s) < 1e-14 ? 1.0 : std::sin(points * x / 2) * std::cos(x / 2) / s / points;
  }

private:
  void with_all_nodes(const Stepper& stepper, const Dynamics& dynamics, double dt) {
    const std::size_t q = nodes_.value.size();
    std::vector<std::vector<double>> x(1);
    std::vector<std::vector<std::vector<double>>> main(2, std::vector<std::vector<double>>(1));
    for (int j = 0; j < points; ++j)
      for (std::size_t a = 0; a < q; ++a)
        for (std::size_t b = 0; b < q; ++b) {
          x[0].push_back(2 * M_PI * j / points);
          main[0][0].push_back(nodes_.value[a]);
          main[1][0].push_back(nodes_.value[b]);
        }
    one_step(stepper, dynamics, x, main, {}, dt);
    const auto size = static_cast<Index>(points * q);
    step_ = MatrixXd::Zero(size, size);
    for (std::size_t k = 0; k < x[0].size(); ++k) {
      const std::size_t b = k % q, row = k / q;
      for (int j = 0; j < points; ++j) // trigonometric interpolation
        step_(static_cast<Index>(row), static_cast<Index>(static_cast<std::size_t>(j) * q + b)) += nodes_.weight[b] * kernel(x[0][k] - 2 * M_PI * j / points);
    }
  }

  /// Equally spaced nodes of the normal variate: the probability of acceptance has a kink, which Gauss's would not like.
  void with_refusals(const Stepper& stepper, const Dynamics& dynamics, double dt) {
    constexpr int half = 400;
    constexpr double h = 8.0 / half;
    std::vector<double> x, xi, weight;
    for (int j = 0; j < points; ++j)
      for (int a = -half; a <= half; ++a) {
        x.push_back(2 * M_PI * j / points);
        xi.push_back(a * h);
        weight.push_back(h * std::exp(-0.5 * a * h * a * h) / std::sqrt(2 * M_PI));
      }
    const Proposals made = proposals(stepper, dynamics, x, xi, dt);
    step_ = MatrixXd::Zero(points, points);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const auto row = static_cast<Index>(k / (2 * half + 1));
      for (int j = 0; j < points; ++j) step_(row, j) += weight[k] * made.probability[k] * kernel(made.place[k] - 2 * M_PI * j / points);
      step_(row, row) += weight[k] * (1 - made.probability[k]);
    }
  }

  static Eigen::RowVector4d functions(int j) {
    const double x = 2 * M_PI * j / points;
    return {std::cos(x), std::sin(x), std::cos(2 * x), std::sin(2 * x)};
  }
  static double kernel(double x) { return cardinal(x, points); }
  Nodes nodes_;
  MatrixXd step_;
};

/// E f(x_1) from the point x over all combinations of nodes: `normals` variates by quadrature, `signs` two-point ones.
inline double expectation(const Stepper& stepper, const Dynamics& dynamics, const std::vector<double>& point, std::size_t variates, std::size_t signs,
                          double dt, const expression::Tape& f, std::size_t output) {
  const Nodes nodes = nodes_of(stepper, variates > 2 ? 8 : 12);
  const std::size_t q = nodes.value.size();
  std::size_t total = std::size_t{1} << signs;
  for (std::size_t j = 0; j < variates; ++j) total *= q;
  std::vector<std::vector<double>> x(point.size(), std::vector<double>(total)), main(variates, std::vector<double>(total)), sign(signs, std::vector<double>(total));
  std::vector<double> weight(total, 1.0);
  for (std::size_t k = 0; k < total; ++k) {
    std::size_t rest = k;
    for (std::size_t i = 0; i < point.size(); ++i) x[i][k] = point[i];
    for (std::size_t j = 0; j < variates; ++j, rest /= q) main[j][k] = nodes.value[rest % q], weight[k] *= nodes.weight[rest % q];
    for (std::size_t j = 0; j < signs; ++j, rest /= 2) sign[j][k] = rest % 2 == 0 ? -1 : 1, weight[k] *= 0.5;
  }
  one_step(stepper, dynamics, x, {main}, sign, dt);
  double sum = 0;
  std::vector<double> at(point.size());
  for (std::size_t k = 0; k < total; ++k) {
    for (std::size_t i = 0; i < point.size(); ++i) at[i] = x[i][k];
    sum += weight[k] * f(at)[output];
  }
  return sum;
}

} // namespace transfer

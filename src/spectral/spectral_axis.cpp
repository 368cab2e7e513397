#include "driftwell/spectral/spectral_axis.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using std::numbers::pi;

/// The map asin(alpha xi) has its singularities where an expansion of n terms has fallen to this; they sit just outside the
/// walls, and count with the size of the solution there.
constexpr double map_accuracy = 1e-7;

/// Legendre polynomial P_n and its derivative at x.
std::array<double, 2> legendre(std::size_t n, double x) {
  if (n == 0) return {1, 0};
  double before = 1, here = x;
  for (std::size_t k = 2; k <= n; ++k) {
    const double next = ((2 * static_cast<double>(k) - 1) * x * here - (static_cast<double>(k) - 1) * before) / static_cast<double>(k);
    before = here;
    here = next;
  }
  const double m = static_cast<double>(n);
  const double slope = std::abs(x) < 1 ? m * (x * here - before) / (x * x - 1) : std::pow(x, m - 1) * m * (m + 1) / 2;
  return {here, slope};
}

/// Zeros of P'_m and the ends, rising and exactly symmetric; by Newton's method with P'' from Legendre's equation.
VectorXd lobatto_nodes(std::size_t n) {
  const std::size_t m = n - 1;
  VectorXd x(static_cast<Index>(n));
  x[0] = -1;
  x[static_cast<Index>(m)] = 1;
  const double top = static_cast<double>(m) * static_cast<double>(m + 1);
  for (std::size_t i = 1; i <= m / 2; ++i) {
    double at = -std::cos(pi * static_cast<double>(i) / static_cast<double>(m));
    for (int step = 0; step < 50; ++step) {
      const auto [value, slope] = legendre(m, at);
      const double change = slope / ((2 * at * slope - top * value) / (1 - at * at));
      at -= change;
      if (std::abs(change) < 1e-16) break;
    }
    if (2 * i == m) at = 0;
    x[static_cast<Index>(i)] = at;
    x[static_cast<Index>(m - i)] = -at;
  }
  return x;
}

/// An Axis whose centres and widths are given.
Axis with_nodes(const Axis& box, const VectorXd& nodes, const VectorXd& weights) {
  auto places = std::make_shared<Stretching>();
  double face = box.lower;
  for (Index i = 0; i < nodes.size(); ++i) {
    places->faces.push_back(face);
    places->centres.push_back(nodes[i]);
    places->log_widths.push_back(std::log(weights[i]));
    face += weights[i];
  }
  places->faces.push_back(box.upper);
  Axis axis = box;
  axis.stretching = std::move(places);
  return axis;
}

SpectralAxis between_walls(const Axis& box) {
  const std::size_t n = box.cells, m = n - 1;
  const auto N = static_cast<Index>(n);
  const VectorXd xi = lobatto_nodes(n);
  const double alpha = 1 / std::cosh(-std::log(map_accuracy) / static_cast<double>(n)), edge = std::asin(alpha), half = (box.upper - box.lower) / 2;
  VectorXd top(N), nodes(N), stretch(N), weights(N);
  for (Index i = 0; i < N; ++i) {
    top[i] = legendre(m, xi[i])[0];
    nodes[i] = box.lower + half * (1 + std::asin(alpha * xi[i]) / edge);
    stretch[i] = half * alpha / edge / std::sqrt(1 - alpha * alpha * xi[i] * xi[i]);
    weights[i] = 2 / (static_cast<double>(m) * static_cast<double>(n) * top[i] * top[i]) * stretch[i];
  }
  nodes[0] = box.lower;
  nodes[N - 1] = box.upper;
  SpectralAxis result{with_nodes(box, nodes, weights), MatrixXd(N, N), MatrixXd(N, N), 0};
  for (Index i = 0; i < N; ++i) {
    double diagonal = 0; // the derivative of 1 is 0
    for (Index j = 0; j < N; ++j) {
      if (i == j) continue;
      const double d = top[i] / (top[j] * (xi[i] - xi[j])) / stretch[i];
      result.derivative(i, j) = d * std::sqrt(weights[i] / weights[j]);
      diagonal -= d;
    }
    result.derivative(i, i) = diagonal;
  }
  for (Index k = 0; k < N; ++k)
    for (Index j = 0; j < N; ++j) {
      const double norm = k + 1 < N ? (2 * static_cast<double>(k) + 1) / 2 : static_cast<double>(m) / 2; // the last one by quadrature
      result.analysis(k, j) = std::sqrt(norm * weights[j] / stretch[j]) * legendre(static_cast<std::size_t>(k), xi[j])[0];
    }
  return result;
}

SpectralAxis around_period(const Axis& box) {
  const auto N = static_cast<Index>(box.cells);
  const double length = box.upper - box.lower, h = length / static_cast<double>(N), n = static_cast<double>(N);
  VectorXd nodes(N);
  for (Index i = 0; i < N; ++i) nodes[i] = box.lower + (static_cast<double>(i) + 0.5) * h;
  SpectralAxis result{with_nodes(box, nodes, VectorXd::Constant(N, h)), MatrixXd::Zero(N, N), MatrixXd(N, N), 0};
  for (Index i = 0; i < N; ++i)
    for (Index j = 0; j < N; ++j) {
      if (i == j) continue;
      const double angle = pi * static_cast<double>(i - j) / n, sign = (i - j) % 2 ? -1 : 1;
      result.derivative(i, j) = sign * pi / length * (N % 2 ? 1 / std::sin(angle) : 1 / std::tan(angle));
    }
  for (Index k = 0; k < N; ++k)
    for (Index j = 0; j < N; ++j) {
      const double angle = 2 * pi * static_cast<double>((k + 1) / 2) * static_cast<double>(j) / n;
      const bool single = k == 0 || (N % 2 == 0 && k == N - 1);
      result.analysis(k, j) = (k % 2 ? std::cos(angle) : std::sin(angle)) * std::sqrt((single ? 1 : 2) / n);
      if (k == 0) result.analysis(k, j) = std::sqrt(1 / n);
    }
  if (N % 2 == 0) result.unseen = pi / h;
  return result;
}

} // namespace

SpectralAxis spectral_axis(const Axis& box) {
  if (box.cells < 4) throw std::invalid_argument("a spectral axis needs 4 points");
  if (box.sides[0] == Boundary::absorbing || box.sides[1] == Boundary::absorbing)
    throw std::invalid_argument("a spectral axis has no absorbing walls");
  return box.periodic() ? around_period(box) : between_walls(box);
}

Grid spectral_grid(const std::vector<SpectralAxis>& axes) {
  std::vector<Axis> list;
  for (const SpectralAxis& axis : axes) list.push_back(axis.axis);
  return Grid(std::move(list));
}

} // namespace driftwell

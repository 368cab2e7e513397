#include "driftwell/kinetic/collocation.hpp"

#include "driftwell/core/eigen_systems.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::kinetic {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Nodes of an interval from nodes t of [-1, 1].
VectorXd mapped(const VectorXd& t, double lower, double upper) { return (lower + (upper - lower) / 2 * (t.array() + 1)).matrix(); }

/// Legendre's P_n and P_{n-1} at t.
std::pair<double, double> legendre_pair(Index n, double t) {
  double before = 1, now = t;
  for (Index k = 1; k < n; ++k) {
    const auto m = static_cast<double>(k);
    const double next = ((2 * m + 1) * t * now - m * before) / (m + 1);
    before = now;
    now = next;
  }
  return {now, before};
}

/// Zeros of (1 - t^2) P'_N(t), increasing, by Newton's method from the Chebyshev points.
VectorXd lobatto_nodes(Index N) {
  VectorXd t(N + 1);
  const auto n = static_cast<double>(N);
  for (Index i = 0; i <= N; ++i) {
    double x = -std::cos(M_PI * static_cast<double>(i) / n);
    for (int iteration = 0; iteration < 30 && i > 0 && i < N; ++iteration) {
      const auto [p, q] = legendre_pair(N, x);
      // (1-t^2) P' = N (P_{N-1} - t P_N), and its derivative is -N (N+1) P_N
      const double step = (q - x * p) / ((n + 1) * p);
      x += step;
      if (std::abs(step) < 1e-16) break;
    }
    t[i] = x;
  }
  for (Index i = 0; i <= N / 2; ++i) { // the nodes are symmetric: to the last bit
    const double half = (t[N - i] - t[i]) / 2;
    t[i] = -half;
    t[N - i] = half;
  }
  return t;
}

} // namespace

Collocation lobatto(double lower, double upper, Index n) {
  if (n < 4 || !(lower < upper)) throw std::invalid_argument("lobatto: needs 4 nodes and lower < upper");
  const Index N = n - 1;
  const VectorXd t = lobatto_nodes(N);
  VectorXd P(n);
  for (Index i = 0; i < n; ++i) P[i] = legendre_pair(N, t[i]).first;
  Collocation c{lower, upper, false, mapped(t, lower, upper), VectorXd(n), MatrixXd::Zero(n, n)};
  const double NN = static_cast<double>(N) * static_cast<double>(N + 1);
  c.w = (upper - lower) / (NN * P.array().square());
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      if (i != j) c.D(i, j) = P[i] / P[j] / (t[i] - t[j]);
  for (Index i = 0; i < n; ++i) c.D(i, i) = -c.D.row(i).sum(); // constants have the derivative 0, exactly
  c.D *= 2 / (upper - lower);
  return c;
}

Collocation fourier(double lower, double upper, Index n) {
  if (n < 3 || n % 2 == 0 || !(lower < upper)) throw std::invalid_argument("fourier: needs an odd number of nodes and lower < upper");
  const double length = upper - lower, h = length / static_cast<double>(n);
  Collocation c{lower, upper, true, VectorXd(n), VectorXd::Constant(n, h), MatrixXd::Zero(n, n)};
  for (Index i = 0; i < n; ++i) c.x[i] = lower + static_cast<double>(i) * h;
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      if (i != j) {
        const double sign = (i - j) % 2 == 0 ? 1 : -1;
        c.D(i, j) = M_PI / length * sign / std::sin(M_PI * static_cast<double>(i - j) / static_cast<double>(n));
      }
  return c;
}

MatrixXd legendre(const VectorXd& t, Index n) {
  MatrixXd P(t.size(), n);
  for (Index i = 0; i < t.size(); ++i) {
    double before = 0, now = 1;
    for (Index k = 0; k < n; ++k) {
      const auto m = static_cast<double>(k);
      P(i, k) = now * std::sqrt(m + 0.5);
      const double next = ((2 * m + 1) * t[i] * now - m * before) / (m + 1);
      before = now;
      now = next;
    }
  }
  return P;
}

MatrixXd interpolation(const Collocation& c, const VectorXd& points) {
  const Index n = c.x.size();
  MatrixXd M = MatrixXd::Zero(points.size(), n);
  for (Index i = 0; i < points.size(); ++i) {
    double sum = 0;
    for (Index j = 0; j < n; ++j) {
      const double away = points[i] - c.x[j];
      const double sign = j % 2 == 0 ? 1 : -1;
      if (c.periodic) {
        const double angle = M_PI * away / (c.upper - c.lower);
        M(i, j) = std::abs(std::sin(angle)) < 1e-14 ? 1 : std::sin(static_cast<double>(n) * angle) / (static_cast<double>(n) * std::sin(angle));
        continue;
      }
      if (away == 0) {
        M.row(i).setZero();
        M(i, j) = sum = 1;
        break;
      }
      sum += M(i, j) = sign * std::sqrt(c.w[j]) / away; // barycentric weights of Lobatto nodes: (-1)^j sqrt(w_j)
    }
    if (!c.periodic) M.row(i) /= sum;
  }
  return M;
}

NormalRule normal_rule(Index n) {
  MatrixXd jacobi = MatrixXd::Zero(n, n);
  for (Index k = 1; k < n; ++k) jacobi(k, k - 1) = jacobi(k - 1, k) = std::sqrt(static_cast<double>(k));
  NormalRule rule{SymmetricEigen(jacobi, Eigen::EigenvaluesOnly).eigenvalues(), VectorXd(n)};
  rule.x = ((rule.x - rule.x.reverse()) / 2).eval();
  // Christoffel's numbers 1 / sum_k h_k(x)^2, relative accuracy in the tails too.
  const MatrixXd h = hermite(rule.x, n);
  for (Index i = 0; i < n; ++i) rule.w[i] = 1 / h.row(i).squaredNorm();
  rule.w /= rule.w.sum();
  return rule;
}

MatrixXd hermite(const VectorXd& x, Index n) {
  MatrixXd h(x.size(), n);
  for (Index i = 0; i < x.size(); ++i)
    for (Index k = 0; k < n; ++k) {
      const auto m = static_cast<double>(k);
      h(i, k) = k == 0 ? 1 : k == 1 ? x[i] : (x[i] * h(i, k - 1) - std::sqrt(m - 1) * h(i, k - 2)) / std::sqrt(m);
    }
  return h;
}

} // namespace driftwell::kinetic

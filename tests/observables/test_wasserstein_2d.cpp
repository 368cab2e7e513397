// W2 in the plane: the error that is said covers the truth, for Gaussians and for products of laws.
#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/observables/transport.hpp"
#include "engine.hpp"

#include <catch2/catch.hpp>
#include <omp.h>

#include <functional>
#include <numeric>
#include <random>

using namespace engine;

namespace {

using Numbers = std::vector<double>;
using Density = std::function<double(double)>;

TransportAxis even(double lower, double upper, std::size_t cells, bool periodic = false) {
  TransportAxis a{{}, periodic};
  for (std::size_t i = 0; i <= cells; ++i) a.faces.push_back(lower + (upper - lower) * static_cast<double>(i) / static_cast<double>(cells));
  return a;
}

Numbers on(const TransportAxis& axis, const Density& rho) {
  Numbers law;
  for (std::size_t i = 0; i + 1 < axis.faces.size(); ++i) law.push_back(rho((axis.faces[i] + axis.faces[i + 1]) / 2) * (axis.faces[i + 1] - axis.faces[i]));
  return law;
}

VectorXd product(const Numbers& x, const Numbers& y) {
  VectorXd p(static_cast<Index>(x.size() * y.size()));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) p[static_cast<Index>(i * y.size() + j)] = x[i] * y[j];
  return p / std::accumulate(p.begin(), p.end(), 0.0);
}

VectorXd gauss(const std::vector<TransportAxis>& axes, const Eigen::Vector2d& mean, const Eigen::Matrix2d& covariance) {
  const Eigen::Matrix2d U = covariance.inverse();
  const std::size_t n = axes[0].faces.size() - 1, m = axes[1].faces.size() - 1;
  VectorXd p(static_cast<Index>(n * m));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) {
      const Eigen::Vector2d z = Eigen::Vector2d((axes[0].faces[i] + axes[0].faces[i + 1]) / 2, (axes[1].faces[j] + axes[1].faces[j + 1]) / 2) - mean;
      p[static_cast<Index>(i * m + j)] = std::exp(-z.dot(U * z) / 2);
    }
  return p / std::accumulate(p.begin(), p.end(), 0.0);
}

Eigen::Matrix2d root(const Eigen::Matrix2d& S) { return driftwell::SymmetricEigen(S).operatorSqrt(); }

double bures(const Eigen::Vector2d& shift, const Eigen::Matrix2d& A, const Eigen::Matrix2d& B) {
  return std::sqrt(shift.squaredNorm() + (A + B - 2 * root(root(B) * A * root(B))).trace());
}

void covers(const TransportDistance& w, double truth, double most) {
  CAPTURE(w.distance, w.error, truth, w.iterations);
  CHECK(std::abs(w.distance - truth) <= w.error);
  CHECK(w.error <= most * truth);
}

} // namespace

TEST_CASE("W2 in the plane: Gaussians against Bures") {
  const std::vector<TransportAxis> axes{even(-7, 7, 160), even(-6, 6, 128)};
  Eigen::Matrix2d A, B, C;
  A << 1, 0.3, 0.3, 0.6;
  B << 0.5, -0.2, -0.2, 0.9;
  C << 0.09, 0, 0, 0.04;
  const PlanarTransport to(axes, gauss(axes, {0, 0}, A));
  covers(to.distance_to(gauss(axes, {1, -0.5}, B)), bures({1, -0.5}, B, A), 3e-3);
  covers(to.distance_to(gauss(axes, {0, 0}, B)), bures({0, 0}, B, A), 1e-2);
  covers(to.distance_to(gauss(axes, {-2, 1}, C)), bures({-2, 1}, C, A), 5e-3);
  covers(to.distance_to(gauss(axes, {0.3, 0.2}, A)), std::hypot(0.3, 0.2), 2e-3); // a translation
  covers(to.distance_to(gauss(axes, {0, 0}, 1.02 * A)), bures({0, 0}, 1.02 * A, A), 0.1); // close
}

TEST_CASE("W2 in the plane: double well times Ornstein-Uhlenbeck adds up over the axes") {
  for (const double T : {0.5, 0.25, 0.1}) {
    CAPTURE(T);
    const std::vector<TransportAxis> axes{even(-3, 3, 256), even(-3, 3, 200)};
    const double s = std::sqrt(T) / 1.5;
    const Numbers bx = on(axes[0], [&](double x) { return std::exp(-std::pow(x * x - 1, 2) / 4 / T); });
    const Numbers by = on(axes[1], [&](double y) { return std::exp(-y * y / 2 / T); });
    const PlanarTransport to(axes, product(bx, by));
    for (const double share : {1.0, 0.9, 0.6}) {
      CAPTURE(share);
      const Numbers ax = on(axes[0], [&](double x) { return share * std::exp(-std::pow((x + 1) / s, 2) / 2) + (1 - share) * std::exp(-std::pow((x - 1) / s, 2) / 2); });
      const Numbers ay = on(axes[1], [&](double y) { return std::exp(-std::pow((y - 0.3) / s, 2) / 2); });
      covers(to.distance_to(product(ax, ay)), std::hypot(wasserstein_2_line(axes[0].faces, ax, bx), wasserstein_2_line(axes[1].faces, ay, by)), 1e-2);
    }
  }
}

TEST_CASE("W2 in the plane with a periodic axis adds up too") {
  const std::vector<TransportAxis> axes{even(0, 2 * M_PI, 128, true), even(-4, 4, 100)};
  const Numbers bx = on(axes[0], [](double x) { return std::exp(std::cos(x)); }), by = on(axes[1], [](double y) { return std::exp(-y * y / 2); });
  const PlanarTransport to(axes, product(bx, by));
  for (const double at : {0.5, 2.0, 3.1}) {
    const Numbers ax = on(axes[0], [&](double x) { return std::exp(4 * std::cos(x - at)); }), ay = on(axes[1], [](double y) { return std::exp(-std::pow(y - 1, 2) / 0.5); });
    covers(to.distance_to(product(ax, ay)), std::hypot(wasserstein_2_circle(axes[0].faces, ax, bx), wasserstein_2_line(axes[1].faces, ay, by)), 1e-2);
  }
}

TEST_CASE("W2 in the plane: the same bits for any number of threads") {
  const std::vector<TransportAxis> axes{even(-6, 6, 300), even(-5, 5, 300)};
  const VectorXd a = gauss(axes, {0.5, -0.25}, (Eigen::Matrix2d() << 1, 0.3, 0.3, 0.8).finished()), b = gauss(axes, {0, 0}, Eigen::Matrix2d::Identity());
  const int before = omp_get_max_threads();
  std::vector<double> found;
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    found.push_back(PlanarTransport(axes, b).distance_to(a).distance);
  }
  omp_set_num_threads(before);
  CHECK(found[0] == found[1]);
  CHECK(found[0] == found[2]);
}

#include "transport_to_steady.hpp"

#include "driftwell/core/eigen_systems.hpp"
#include "driftwell/expression/tape.hpp"
#include "driftwell/observables/transport.hpp"
#include "driftwell/theorems/subject.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Distances in the plane are looked at at so many times.
constexpr std::size_t most_planar_times = 4;

/// int dx / sqrt(D_a) from point to point, by Gauss quadrature with four nodes.
std::vector<double> lengths(const Expression& D, std::size_t a, std::size_t d, const std::vector<double>& points) {
  static constexpr std::array<double, 4> node{-0.8611363115940526, -0.3399810435848563, 0.3399810435848563, 0.8611363115940526},
      weight{0.3478548451374538, 0.6521451548625461, 0.6521451548625461, 0.3478548451374538};
  const expression::Tape tape({D}, d);
  std::vector<double> sum{0}, x(d, 0.0);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double half = (points[i + 1] - points[i]) / 2, middle = (points[i + 1] + points[i]) / 2;
    double length = 0;
    for (std::size_t q = 0; q < 4; ++q) {
      x[a] = middle + half * node[q];
      length += weight[q] * half / std::sqrt(tape(x)[0]);
    }
    sum.push_back(sum.back() + length);
  }
  return sum;
}

std::vector<double> faces_of(const Axis& axis) {
  std::vector<double> faces;
  for (std::size_t i = 0; i <= axis.cells; ++i) faces.push_back(axis.face(i));
  return faces;
}

/// y_a (or x_a where y is no product) at the faces.
std::vector<double> faces_in(const Grid& grid, const NoiseCoordinates& y, std::size_t a) {
  std::vector<double> faces = faces_of(grid.axis(a));
  if (!y.along_axes) return faces;
  if (!y.diffusion[a].is_constant()) return lengths(y.diffusion[a], a, grid.dimension(), faces);
  for (double& x : faces) x /= std::sqrt(y.diffusion[a].constant());
  return faces;
}

/// y at the centres, one column a cell.
MatrixXd centres_in(const Grid& grid, const NoiseCoordinates& y) {
  const auto d = static_cast<Index>(grid.dimension());
  std::vector<std::vector<double>> axis(grid.dimension());
  for (std::size_t a = 0; a < axis.size(); ++a) {
    axis[a] = grid.centres(a);
    if (y.along_axes && !y.diffusion[a].is_constant()) axis[a] = lengths(y.diffusion[a], a, grid.dimension(), axis[a]);
    else if (y.along_axes)
      for (double& x : axis[a]) x /= std::sqrt(y.diffusion[a].constant());
  }
  MatrixXd points(d, static_cast<Index>(grid.size()));
  for (std::size_t k = 0; k < grid.size(); ++k)
    for (std::size_t a = 0; a < axis.size(); ++a) points(static_cast<Index>(a), static_cast<Index>(k)) = axis[a][grid.coordinate(k, a)];
  if (!y.along_axes) points = (SymmetricEigen(y.constant).operatorInverseSqrt() * points).eval();
  return points;
}

std::vector<double> on_the_line(const Level& level, const NoiseCoordinates& y) {
  const std::vector<double> faces = faces_in(level.grid(), y, 0);
  const VectorXd& q = level.steady().p;
  std::vector<double> result;
  for (std::size_t i = 0; i < level.times().size(); ++i) {
    const DensityState state = level.state(i);
    const std::span<const double> a(state.c.data(), state.c.size()), b(q.data(), q.size());
    result.push_back(level.grid().axis(0).periodic() ? wasserstein_2_circle(faces, a, b) : wasserstein_2_line(faces, a, b));
  }
  return result;
}

/// Distances on one grid with the errors of the regularised transport.
std::vector<TransportDistance> in_the_plane(const Level& level, const NoiseCoordinates& y, const std::vector<std::size_t>& times) {
  std::vector<TransportAxis> axes;
  for (std::size_t a = 0; a < 2; ++a) axes.push_back({faces_in(level.grid(), y, a), level.grid().axis(a).periodic()});
  const PlanarTransport to(axes, level.steady().p);
  std::vector<TransportDistance> result;
  for (const std::size_t i : times) result.push_back(to.distance_to(level.state(i).c));
  return result;
}

double gelbrich(const MatrixXd& points, const VectorXd& p, const VectorXd& q) {
  const auto covariance = [&](const VectorXd& w, const VectorXd& mean) -> MatrixXd {
    const MatrixXd centred = points.colwise() - mean;
    return centred * w.asDiagonal() * centred.transpose();
  };
  const VectorXd m = points * p, n = points * q;
  const MatrixXd A = covariance(p, m), root = SymmetricEigen(covariance(q, n)).operatorSqrt();
  const MatrixXd cross = SymmetricEigen(root * A * root).operatorSqrt();
  const double shape = (A + root * root - 2 * cross).trace();
  return std::sqrt((m - n).squaredNorm() + std::max(0.0, shape));
}

TransportSeries found_series(const DensityEvidence& evidence) {
  const NoiseCoordinates y = noise_coordinates(evidence.model());
  const Grid& grid = evidence.level().grid();
  TransportSeries series;
  const std::size_t n = evidence.times().size(), kept = grid.dimension() == 1 ? n : std::min(n, most_planar_times);
  if (grid.dimension() > 2) throw NotApplicable{"W2 can be computed", "exactly in one dimension, by regularised transport in two"};
  for (std::size_t i = 0; i < kept; ++i) series.times.push_back(kept > 1 ? i * (n - 1) / (kept - 1) : 0);
  if (!y.along_axes) {
    const VectorXd D = SymmetricEigen(y.constant).eigenvalues();
    series.weakest = 1 / std::sqrt(D.maxCoeff());
    series.strongest = 1 / std::sqrt(D.minCoeff());
  }
  if (grid.dimension() == 1) {
    series.distance = evidence.measure([&](const Level& level) { return on_the_line(level, y); });
    for (Measured& w : series.distance) w.error += 1e-14 * (grid.axis(0).upper - grid.axis(0).lower);
    return series;
  }
  // The nodes of the transport are no finer than 64 an axis: a third grid would say nothing about the density.
  const auto fine = in_the_plane(evidence.level(), y, series.times);
  const auto coarse = evidence.levels() > 1 ? in_the_plane(evidence.level(1), y, series.times) : std::vector<TransportDistance>();
  for (std::size_t i = 0; i < fine.size(); ++i) {
    const double change = coarse.empty() ? std::numeric_limits<double>::infinity() : std::abs(fine[i].distance - coarse[i].distance);
    series.distance.push_back({fine[i].distance, fine[i].error + change, 0});
  }
  return series;
}

} // namespace

const TransportSeries& transport_to_steady(const DensityEvidence& evidence) {
  return evidence.remembered().get<TransportSeries>([&] { return found_series(evidence); });
}

std::vector<Measured> moment_distance(const DensityEvidence& evidence, const NoiseCoordinates& y) {
  for (const Axis& axis : evidence.level().grid().axes())
    if (axis.periodic()) throw NotApplicable{"means and covariances", "an axis is periodic"};
  double width = 0;
  std::vector<Measured> result = evidence.measure([&](const Level& level) {
    const MatrixXd points = centres_in(level.grid(), y);
    width = std::max(width, (points.rowwise().maxCoeff() - points.rowwise().minCoeff()).norm());
    std::vector<double> values;
    for (std::size_t i = 0; i < level.times().size(); ++i) values.push_back(gelbrich(points, level.state(i).c, level.steady().p));
    return values;
  });
  // Rounding of W2^2.
  for (Measured& w : result) w.error += std::min(1e-7 * width, 1e-14 * width * width / std::max(w.value, 1e-300));
  return result;
}

} // namespace driftwell::theorems

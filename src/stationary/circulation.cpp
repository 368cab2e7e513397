#include "driftwell/stationary/circulation.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace driftwell {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

/// Net flow k -> l divided by the probability of k, resp. l: nothing underflows.
struct RelativeFlow {
  double of_lower, of_upper;
};
RelativeFlow relative_flow(const VectorXd& log_p, Index k, Index l, double up, double down) {
  const double ratio = std::exp(log_p[l] - log_p[k]);
  return {up - ratio * down, up / ratio - down};
}

} // namespace

Circulation circulation(const Generator& generator, const SteadyState& steady) {
  const Grid& grid = generator.grid();
  const Index n = steady.p.size();
  Circulation result{std::vector<VectorXd>(grid.dimension(), VectorXd::Zero(n)), VectorXd::Zero(n), VectorXd::Zero(n), VectorXd::Zero(n)};
  if (generator.reversible() && generator.conservative()) return result;
  const auto volume = [&](Index k) { return grid.volume(static_cast<std::size_t>(k)); };
  generator.rates().for_each_step([&](std::size_t lower, std::size_t upper, double up, double down, std::span<const int> steps) {
    const auto k = static_cast<Index>(lower), l = static_cast<Index>(upper);
    const RelativeFlow flow = relative_flow(steady.log_p, k, l, up, down);
    for (std::size_t a = 0; a < steps.size(); ++a) {
      result.circulation[a][k] += flow.of_lower * steps[a] * grid.axis(a).width(grid.coordinate(lower, a)) / 2;
      result.circulation[a][l] += flow.of_upper * steps[a] * grid.axis(a).width(grid.coordinate(upper, a)) / 2;
    }
    // Over the logarithmic mean of the densities: with D the step of log rho, rho_k / mean = B(D).
    const double D = (steady.log_p[l] - grid.log_volume(upper)) - (steady.log_p[k] - grid.log_volume(lower));
    const double out = D > 0 ? volume(l) * flow.of_upper * bernoulli(-D) : volume(k) * flow.of_lower * bernoulli(D);
    result.divergence[k] += out / volume(k);
    result.divergence[l] -= out / volume(l);
  });
  for (const Generator::WallRate& wall : generator.walls()) {
    const auto k = static_cast<Index>(wall.cell);
    result.circulation[wall.axis][k] += (wall.side ? 1 : -1) * wall.rate * grid.axis(wall.axis).width(grid.coordinate(wall.cell, wall.axis)) / 2;
    result.divergence[k] += wall.rate;
  }
  const VectorXd drained = -(generator.rates() * steady.p);
  for (Index k = 0; k < n; ++k) result.current_divergence[k] = drained[k] / volume(k);
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    result.along_gradient += result.circulation[a].cwiseProduct(central_derivative(grid, steady.implicit_potential, a));
  return result;
}

double root_mean_square(const SteadyState& steady, const VectorXd& v) { return std::sqrt(steady.p.dot(v.cwiseAbs2())); }

VectorXd central_derivative(const Grid& grid, const VectorXd& v, std::size_t axis) {
  const Axis& x = grid.axis(axis);
  const auto s = static_cast<Index>(grid.stride(axis)), cells = static_cast<Index>(x.cells);
  VectorXd result(v.size());
  for (Index k = 0; k < v.size(); ++k) {
    const auto i = static_cast<Index>(grid.coordinate(static_cast<std::size_t>(k), axis));
    const auto centre = [&](Index j) { return x.centre(static_cast<std::size_t>(j)); };
    const auto at = [&](Index j) { return v[k + (j - i) * s]; };
    if (cells == 1) {
      result[k] = 0;
    } else if (x.periodic()) {
      const Index before = (i + cells - 1) % cells, after = (i + 1) % cells;
      result[k] = (at(after) - at(before)) / (x.step(static_cast<std::size_t>(before)) + x.step(static_cast<std::size_t>(i)));
    } else if (i > 0 && i + 1 < cells) {
      result[k] = (at(i + 1) - at(i - 1)) / (centre(i + 1) - centre(i - 1));
    } else if (cells == 2) {
      result[k] = (at(1) - at(0)) / (centre(1) - centre(0));
    } else {
      const Index inward = i == 0 ? 1 : -1;
      result[k] = (4 * at(i + inward) - 3 * at(i) - at(i + 2 * inward)) / (4 * centre(i + inward) - 3 * centre(i) - centre(i + 2 * inward));
    }
  }
  return result;
}

PotentialDistance potential_distance(const Grid& grid, const SteadyState& steady, const VectorXd& loss) {
  const VectorXd difference = steady.implicit_potential - loss;
  double sum = 0;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    // At a centre the mean over its faces; a cell at a wall has only one.
    VectorXd square = VectorXd::Zero(difference.size()), faces = VectorXd::Zero(difference.size());
    for (const Grid::EdgeRun& run : grid.edge_runs(a))
      for (std::size_t i = 0; i < run.count; ++i) {
        const auto k = static_cast<Index>(run.first + i), l = static_cast<Index>(run.neighbour + i);
        const std::size_t at = grid.coordinate(run.first + i, a);
        if (!grid.axis(a).periodic() && at + 1 >= grid.axis(a).cells) continue;
        const double slope = (difference[l] - difference[k]) / grid.axis(a).step(at);
        for (const Index cell : {k, l}) square[cell] += slope * slope, faces[cell] += 1;
      }
    for (Index k = 0; k < square.size(); ++k)
      if (faces[k] > 0) sum += steady.p[k] * square[k] / faces[k];
  }
  const auto centred = [&](const VectorXd& v) { return VectorXd(v.array() - steady.p.dot(v)); };
  const VectorXd phi = centred(steady.implicit_potential), f = centred(loss);
  const auto covariance = [&](const VectorXd& u, const VectorXd& v) { return steady.p.dot(u.cwiseProduct(v)); };
  const double spread = std::sqrt(covariance(phi, phi) * covariance(f, f));
  const double noise = 1e-24 * (1 + loss.squaredNorm() / static_cast<double>(loss.size()));
  const bool constant = !(covariance(f, f) > noise) || !(covariance(phi, phi) > noise);
  return {std::sqrt(sum), constant ? std::numeric_limits<double>::quiet_NaN() : covariance(phi, f) / spread};
}

} // namespace driftwell

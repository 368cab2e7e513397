#include "predicted_steady.hpp"

#include "driftwell/generator/gibbs.hpp"
#include "sample_fields.hpp"

#include <Eigen/LU>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// Adds volumes and normalises.
void normalise(const Grid& grid, VectorXd& log_p) {
  for (Index k = 0; k < log_p.size(); ++k) log_p[k] += grid.log_volume(static_cast<std::size_t>(k));
  const double top = log_p.maxCoeff();
  log_p.array() -= top + std::log((log_p.array() - top).exp().sum());
}

/// From the middle of the box outwards, the first axis last.
Prediction along_paths(const Model& model, const DriftForm& form, const Grid& grid) {
  const std::vector<VectorXd> work = edge_work(model, form, grid);
  Prediction result{VectorXd::Zero(static_cast<Index>(grid.size())), 0, "the integral of D^-1 (b - T div D) / T"};
  std::size_t steps = 0;
  for (std::size_t a = grid.dimension(); a-- > 0;) {
    const std::size_t n = grid.axis(a).cells, s = grid.stride(a), middle = n / 2;
    steps += n;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      bool base = true;
      for (std::size_t o = 0; o <= a; ++o) base = base && grid.coordinate(k, o) == grid.axis(o).cells / 2;
      if (!base) continue;
      for (std::size_t i = middle + 1; i < n; ++i) {
        const auto at = static_cast<Index>(k + (i - middle) * s), below = at - static_cast<Index>(s);
        result.log_p[at] = result.log_p[below] + work[a][below];
      }
      for (std::size_t i = middle; i-- > 0;) {
        const auto at = static_cast<Index>(k - (middle - i) * s);
        result.log_p[at] = result.log_p[at + static_cast<Index>(s)] - work[a][at];
      }
    }
  }
  result.rounding = epsilon * static_cast<double>(steps) * (1 + result.log_p.cwiseAbs().maxCoeff());
  return result;
}

using Five = Eigen::Matrix<double, 5, 1>;
using FiveByFive = Eigen::Matrix<double, 5, 5>;

/// Gauss-Legendre on [0, 1]: nodes, weights, and S with (S g)_q = int_0^{t_q} g for polynomials of degree 4.
struct Panel {
  Five t, w;
  FiveByFive S;
  Panel() {
    t << 0.046910077030668004, 0.23076534494715845, 0.5, 0.76923465505284155, 0.953089922969332;
    w << 0.11846344252809454, 0.23931433524968324, 0.28444444444444444, 0.23931433524968324, 0.11846344252809454;
    FiveByFive powers, integrals;
    for (int q = 0; q < 5; ++q)
      for (int m = 0; m < 5; ++m) powers(q, m) = std::pow(t[q], m), integrals(q, m) = std::pow(t[q], m + 1) / (m + 1);
    S = integrals * powers.inverse();
  }
};

/// Every term is positive: nothing cancels, however deep the potential or strong the tilt.
Prediction around_circle(const Model& model, const DriftForm& form, const Grid& grid) {
  const Panel panel;
  const Axis& axis = grid.axis(0);
  const std::size_t n = axis.cells;
  std::array<VectorXd, 5> A, D;
  for (Index q = 0; q < 5; ++q) {
    std::vector<double> at(n);
    for (std::size_t i = 0; i < n; ++i) {
      at[i] = axis.centre(i) + panel.t[q] * axis.step(i);
      if (at[i] > axis.upper) at[i] -= axis.upper - axis.lower;
    }
    const auto values = sample_fields({form.form[0], model.diffusion(0, 0)}, grid, 0, at);
    A[static_cast<std::size_t>(q)] = values[0], D[static_cast<std::size_t>(q)] = values[1];
  }
  std::vector<long double> V(n + 1, 0), part(n), behind(n + 1, 0), ahead(n + 1, 0); // of exp(V)/D: over each step, up to it, and from it on
  for (std::size_t i = 0; i < n; ++i) {
    Five a;
    for (Index q = 0; q < 5; ++q) a[q] = A[static_cast<std::size_t>(q)][static_cast<Index>(i)];
    const double h = axis.step(i);
    const Five inside = -h / model.temperature() * panel.S * a;
    long double sum = 0;
    for (Index q = 0; q < 5; ++q)
      sum += static_cast<long double>(panel.w[q] * h / D[static_cast<std::size_t>(q)][static_cast<Index>(i)]) * std::exp(V[i] + static_cast<long double>(inside[q]));
    part[i] = sum;
    behind[i + 1] = behind[i] + sum;
    V[i + 1] = V[i] - static_cast<long double>(h / model.temperature() * panel.w.dot(a));
  }
  for (std::size_t i = n; i-- > 0;) ahead[i] = ahead[i + 1] + part[i]; // not behind[n] - behind[i]: exp(V) may span more than all digits
  Prediction result{VectorXd(static_cast<Index>(n)), 0, "the integrals around the circle, with the current that runs"};
  long double size = 0;
  for (std::size_t i = 0; i < n; ++i) {
    result.log_p[static_cast<Index>(i)] = static_cast<double>(std::log(ahead[i] + std::exp(V[n]) * behind[i]) - V[i]);
    size = std::max(size, std::abs(V[i + 1]));
  }
  if (!result.log_p.allFinite()) throw NotApplicable{"potential differences below 11000 T around the circle", fmt::format("{:.4g} T", static_cast<double>(size))};
  result.rounding = epsilon * static_cast<double>(n) * (1 + static_cast<double>(size));
  return result;
}

} // namespace

Prediction predicted_steady(const Level& level, const Model& model, const DriftForm& form, bool gradient) {
  const Grid& grid = level.grid();
  if (grid.absorbing()) throw NotApplicable{"no wall absorbs", "there is no steady state but the law of the survivors"};
  Prediction result;
  if (gradient) result = along_paths(model, form, grid);
  else if (grid.dimension() == 1) result = around_circle(model, form, grid);
  else if (gibbs_on(model, level.generator())) result = {-level.loss() / model.temperature(), epsilon * (1 + level.loss().cwiseAbs().maxCoeff() / model.temperature()), "exp(-f/T)"};
  else throw NotApplicable{"a steady state in closed form", "D^-1 (b - T div D) is no gradient"};
  if (!result.log_p.allFinite()) throw NotApplicable{"a drift that is finite in the box", ""};
  normalise(grid, result.log_p);
  return result;
}

double total_variation(const Level& level, const Prediction& prediction) {
  return (level.steady().p.array() - prediction.log_p.array().exp()).abs().sum() / 2;
}

Model with_interpretation(const Model& model, Interpretation interpretation) {
  const std::size_t d = model.dimension();
  Equation equation;
  equation.names = model.names();
  equation.potential = model.potential();
  equation.has_potential = model.has_potential();
  for (std::size_t i = 0; i < d; ++i) {
    equation.force.push_back(model.force(i));
    equation.diffusion.emplace_back();
    equation.circulation.emplace_back();
    for (std::size_t j = 0; j < d; ++j) {
      equation.diffusion[i].push_back(model.diffusion(i, j));
      equation.circulation[i].push_back(model.circulation(i, j));
    }
  }
  equation.temperature = model.temperature();
  equation.friction = model.friction();
  equation.interpretation = interpretation;
  return Model(std::move(equation));
}

} // namespace driftwell::theorems

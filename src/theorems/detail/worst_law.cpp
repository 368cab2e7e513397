#include "worst_law.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/observables/observable.hpp"

#include <algorithm>
#include <cmath>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

constexpr int most_steps = 400;
constexpr double settled = 1e-11; ///< relative change of the ratio at which descent stops

/// The cells that rho_ss reaches: their masses, and flow/T across the edge above each.
struct Line {
  Index first = 0;
  VectorXd mass, conductance;
};

Line line_of(const Level& level) {
  const VectorXd& p = level.steady().p;
  Index first = 0, last = p.size() - 1;
  while (first < last && p[first] < 1e-200) ++first;
  while (last > first && p[last] < 1e-200) --last;
  const Stencil::Edges& edges = level.generator().rates().edges()[0];
  const Index n = last - first + 1;
  Line line{first, p.segment(first, n), VectorXd::Zero(n)};
  for (Index i = 0; i + 1 < n; ++i) {
    const Index k = first + i;
    line.conductance[i] = (p[k] * edges.up[k] + p[k + 1] * edges.down_data()[k]) / (2 * level.generator().temperature());
    if (!(line.conductance[i] > 0)) throw NumericalFailure("worst law: rho_ss underflows inside the box");
  }
  if (n < 4) throw NumericalFailure("worst law: rho_ss lives on fewer than four cells");
  return line;
}

/// 2 sum c (g_{i+1} - g_i)^2 / sum q g^2 log g^2, sum q g^2 = 1.
double ratio_of(const Line& line, const VectorXd& g) {
  double fisher = 0, entropy = 0;
  for (Index i = 0; i < g.size(); ++i) {
    if (i + 1 < g.size()) fisher += line.conductance[i] * std::pow(g[i + 1] - g[i], 2);
    const double u = g[i] * g[i]; // u log u - u + 1 >= 0: near 1 no digits are lost
    entropy += line.mass[i] * (u > 0 ? u * std::log(u) - u + 1 : 1.0);
  }
  return 2 * fisher / entropy;
}

/// (S + M diag(shift)) g = right, S the stiffness matrix of the conductances; g > 0 where shift and right are.
VectorXd solve(const Line& line, const VectorXd& shift, VectorXd right) {
  const Index n = right.size();
  VectorXd diagonal(n);
  for (Index i = 0; i < n; ++i) diagonal[i] = shift[i] * line.mass[i] + (i > 0 ? line.conductance[i - 1] : 0.0) + line.conductance[i];
  for (Index i = 1; i < n; ++i) {
    const double w = line.conductance[i - 1] / diagonal[i - 1];
    diagonal[i] -= w * line.conductance[i - 1];
    right[i] += w * right[i - 1];
  }
  for (Index i = n; i-- > 0;) right[i] = (right[i] + (i + 1 < n ? line.conductance[i] * right[i + 1] : 0.0)) / diagonal[i];
  return right;
}

struct Found {
  VectorXd g;
  double ratio;
};

Found descend(const Line& line, VectorXd g) {
  const auto normalise = [&](VectorXd& v) { v /= std::sqrt(line.mass.dot(v.cwiseAbs2())); };
  normalise(g);
  double ratio = ratio_of(line, g), a = ratio;
  for (int step = 0, quiet = 0; step < most_steps && quiet < 3; ++step) {
    const VectorXd grows = ratio * g.array().log().matrix(); // what it takes away is taken implicitly, so that g stays positive
    VectorXd next = solve(line, (a - grows.cwiseMin(0).array()).matrix(), (line.mass.array() * g.array() * (a + grows.cwiseMax(0).array())).matrix());
    normalise(next);
    const double lower = ratio_of(line, next);
    if (!(lower <= ratio)) {
      a *= 4;
      if (a > 1e12 * ratio) break;
      continue;
    }
    quiet = ratio - lower <= settled * ratio ? quiet + 1 : 0;
    g = std::move(next), ratio = lower, a /= 1.5;
  }
  return {g, ratio};
}

} // namespace

double fisher_ratio(const Level& level, const VectorXd& p) {
  const DensityState state(level.generator(), level.steady(), level.loss(), p);
  return state.dynamics.fisher_information(state) / (2 * ObservableCatalogue::find("kl")->make()->evaluate(state).at(0));
}

VectorXd worst_law(const Level& level) {
  const Line line = line_of(level);
  const Index n = line.mass.size();
  const Axis& axis = level.grid().axis(0);
  VectorXd y(n);
  for (Index i = 0; i < n; ++i) y[i] = axis.centre(static_cast<std::size_t>(line.first + i));
  const double mass = line.mass.sum();
  y.array() -= y.dot(line.mass) / mass;
  y /= std::sqrt(y.cwiseAbs2().dot(line.mass) / mass);
  Found best{{}, std::numeric_limits<double>::infinity()};
  for (const double s : {-1.5, -0.2, 0.2, 1.5}) {
    const VectorXd tilt = s / 2 * y;
    Found here = descend(line, (tilt.array() - tilt.maxCoeff()).exp().matrix());
    if (here.ratio < best.ratio) best = std::move(here);
  }
  VectorXd p = level.steady().p;
  for (Index k = 0; k < p.size(); ++k) {
    const double g = best.g[std::clamp<Index>(k - line.first, 0, n - 1)];
    p[k] *= g * g;
  }
  return p / p.sum();
}

} // namespace driftwell::theorems

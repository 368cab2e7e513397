#include "log_sobolev_constant.hpp"

#include "driftwell/bounds/log_sobolev.hpp"
#include "driftwell/bounds/tails.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/theorems/subject.hpp"
#include "affordable.hpp"
#include "line_criterion.hpp"
#include "reversible_part.hpp"
#include "worst_law.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace driftwell::theorems {

using Eigen::Index;
using Eigen::VectorXd;

namespace {

using State = Hypothesis::State;
using Bounds = std::vector<ConstantBound>;

/// Calls what may not apply here.
template <class Make> void attempt(const Make& make) {
  try {
    make();
  } catch (const NotApplicable&) { // one method less
  } catch (const NumericalFailure&) {
  }
}

void add_curvature(Bounds& list, const bounds::Enclosure& kappa, double T, const std::string& method) {
  if (kappa.smooth && kappa.defined && kappa.lower > 0) list.push_back({{kappa.lower / T, 0, 0}, method});
}

/// Smallest eigenvalue of D over the box: |v|^2 <= v D v / least.
double least_diffusion(const Model& model, const bounds::Box& box) {
  if (model.identity_diffusion()) return 1;
  bounds::ExpressionMatrix D(model.dimension(), std::vector<Expression>(model.dimension()));
  for (std::size_t i = 0; i < D.size(); ++i)
    for (std::size_t j = 0; j < D.size(); ++j) D[i][j] = model.diffusion(i, j);
  const bounds::Enclosure least = bounds::smallest_eigenvalue(D, box);
  return least.defined ? std::max(0.0, least.lower) : 0;
}

/// What formulas say on a box.
Bounds formula_bounds(const Level& level, const bounds::Box& box) {
  const Model& model = level.model();
  const double T = model.temperature();
  Bounds list;
  attempt([&] { add_curvature(list, potential_curvature(level), T, "Bakry-Emery"); });
  if (!gibbs(level) && !level.generator().reversible())
    attempt([&] { add_curvature(list, drift_curvature(level), T, "Bakry-Emery, of the drift"); });
  attempt([&] {
    const bounds::LowerBound best = bounds::log_sobolev_lower(potential_formula(level), T, box);
    if (best.rho > 0) list.push_back({{best.rho * least_diffusion(model, box), 0, 0}, best.method});
  });
  return list;
}

/// I / (2 KL) of laws tilted along each axis by a standard deviation or two.
std::vector<double> tilted(const Level& level) {
  std::vector<double> ratios;
  const VectorXd& q = level.steady().p;
  for (std::size_t a = 0; a < level.grid().dimension(); ++a) {
    if (level.grid().axis(a).periodic()) continue;
    VectorXd x(q.size());
    for (Index k = 0; k < q.size(); ++k) x[k] = level.grid().axis(a).centre(level.grid().coordinate(static_cast<std::size_t>(k), a));
    x.array() -= x.dot(q);
    const double spread = std::sqrt(x.cwiseAbs2().dot(q));
    for (const double s : {-2.0, -1.0, 1.0, 2.0}) {
      VectorXd p = (s / spread * x.array() + level.steady().log_p.array());
      p = (p.array() - p.maxCoeff()).exp().matrix().eval();
      ratios.push_back(fisher_ratio(level, p / p.sum()));
    }
  }
  return ratios;
}

Measured least_of(const std::vector<Measured>& values) {
  Measured best{std::numeric_limits<double>::infinity(), 0, 0};
  for (const Measured& v : values)
    if (v.value + v.error < best.value + best.error) best = v;
  return best;
}

void add_line(const DensityEvidence& evidence, LogSobolevConstant& constant) {
  if (evidence.level().grid().dimension() != 1) return;
  attempt([&] {
    const std::vector<Measured> both = evidence.measure([](const Level& level) {
      const LineCriterion c = line_criterion(level.generator(), level.steady());
      return std::vector<double>{c.lower, c.upper};
    });
    constant.lower.push_back({both[0], "Barthe-Roberto"});
    if (std::isfinite(both[1].value)) constant.upper.push_back({both[1], "Barthe-Roberto"});
  });
}

LogSobolevConstant found_constant(const DensityEvidence& evidence) {
  const Level& level = evidence.level();
  LogSobolevConstant constant{formula_bounds(level, box_of(level.grid())), {}};
  add_line(evidence, constant);
  attempt([&] {
    const auto small = affordable(evidence);
    Measured gap = small->measure_one([](const Level& l) { return dirichlet_gap(l).value; });
    gap.error += dirichlet_gap(small->level()).error;
    constant.upper.push_back({(1 / level.model().temperature()) * gap, "spectral gap of the reversible part over T"});
  });
  const std::vector<Measured> tilts = evidence.measure(tilted);
  if (!tilts.empty()) constant.upper.push_back({least_of(tilts), "I / (2 KL) of a tilted law"});
  if (level.grid().dimension() == 1 && !level.grid().axis(0).periodic())
    attempt([&] {
      constant.upper.push_back({evidence.measure_one([](const Level& l) { return fisher_ratio(l, worst_law(l)); }), "I / (2 KL) of the worst law found"});
      constant.estimate = constant.upper.back().rho;
    });
  std::sort(constant.lower.begin(), constant.lower.end(), [](const auto& a, const auto& b) { return a.rho.value - a.rho.error > b.rho.value - b.rho.error; });
  std::sort(constant.upper.begin(), constant.upper.end(), [](const auto& a, const auto& b) { return a.rho.value + a.rho.error < b.rho.value + b.rho.error; });
  if (constant.estimate) constant.estimate = constant.upper.front().rho; // the gap, where laws near rho_ss are the worst
  return constant;
}

/// The largest density at a wall beside the largest one.
double felt_at_walls(const Level& level) {
  const Grid& grid = level.grid();
  double top = 0, wall = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    const double rho = level.steady().p[static_cast<Index>(k)] / grid.volume(k);
    top = std::max(top, rho);
    for (std::size_t a = 0; a < grid.dimension(); ++a)
      if (const std::size_t i = grid.coordinate(k, a); !grid.axis(a).periodic() && (i == 0 || i + 1 == grid.axis(a).cells)) wall = std::max(wall, rho);
  }
  return wall / top;
}

/// Barthe and Roberto's lower bound in the box and in one eight times as wide; nothing where the formulas end before.
std::optional<std::pair<double, double>> widened(const DensityEvidence& evidence) {
  const Level& level = evidence.level();
  const Axis& axis = level.grid().axis(0);
  if (level.grid().dimension() != 1 || axis.periodic() || axis.stretching) return {};
  try {
    const double more = 3.5 * (axis.upper - axis.lower);
    const Grid wide({{axis.lower - more, axis.upper + more, 8 * axis.cells, axis.sides}});
    const Generator generator = evidence.task().make.generator(level.model(), wide);
    return std::pair(line_criterion(level.generator(), level.steady()).lower, line_criterion(generator, steady_state(generator)).lower);
  } catch (const DomainError&) {
  } catch (const NumericalFailure&) {
  }
  return {};
}

} // namespace

const LogSobolevConstant& log_sobolev_constant(const DensityEvidence& evidence) {
  return evidence.remembered().get<LogSobolevConstant>([&] { return found_constant(evidence); });
}

Hypothesis light_tails(const DensityEvidence& evidence) {
  const Level& level = evidence.level();
  Hypothesis h{State::met, "rho_ss has tails as light as a Gaussian's", ""};
  const auto& axes = level.grid().axes();
  if (std::all_of(axes.begin(), axes.end(), [](const Axis& a) { return a.periodic(); })) return h;
  if (const double felt = felt_at_walls(level); felt > 0.01) {
    h.detail = fmt::format("the walls are part of the law: rho_ss there is {:.2g} of its maximum", felt);
    return h;
  }
  try {
    const Expression phi = potential_formula(level);
    if (std::none_of(axes.begin(), axes.end(), [](const Axis& a) { return a.periodic(); }) && constant_diffusion(level.model())) {
      const bounds::Tails tails = bounds::tails(phi, level.model().dimension());
      if (tails.growth == bounds::Growth::undefined) h.detail = "the formula ends outside the box";
      else h.detail = fmt::format("Phi ~ |x|^{:.3g} far out", tails.exponent);
      if (tails.growth != bounds::Growth::quadratic && tails.growth != bounds::Growth::undefined) h.state = State::failed;
      return h;
    }
  } catch (const NotApplicable&) { // no formula: a wider box shows it
  }
  const auto both = widened(evidence);
  if (both) h.detail = fmt::format("rho >= {:.4g} in this box, {:.4g} in one eight times as wide", both->first, both->second);
  else h = {State::met, "rho_ss has tails as light as a Gaussian's, or ends at the walls of the box", "of the law in this box: a wider one was not tried"};
  if (both && both->second < 0.75 * both->first) h.state = State::failed;
  return h;
}

} // namespace driftwell::theorems

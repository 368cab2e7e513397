#include "driftwell/stationary/steady_state.hpp"

#include "aggregation.hpp"
#include "iterative_chain.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/spectrum.hpp"
#include "driftwell/stationary/state_reduction.hpp"

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

namespace driftwell {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// log p of p = exp(-phi) / sum.
VectorXd normalised_log(const VectorXd& phi) {
  const double least = phi.minCoeff();
  const double sum = (-(phi.array() - least)).exp().sum();
  return -(phi.array() - least) - std::log(sum);
}

/// |Q| p: every rate counted positive.
double flow_scale(const Generator& generator, const VectorXd& p) {
  return 2 * (-generator.rates().diagonal().array() * p.array()).sum();
}

/// The same where cell k touches a side of the box: axis by axis, a parabola extrapolated to the wall or, inside, its
/// minimum. Across a period, and on axes of fewer than 3 cells, the value of the cell.
double minimum_at_wall(const Grid& grid, const VectorXd& phi, std::size_t k) {
  const double centre = phi[static_cast<Index>(k)];
  double least = centre;
  for (std::size_t a = 0; a < grid.dimension(); ++a) {
    const std::size_t i = grid.coordinate(k, a), n = grid.axis(a).cells;
    const auto s = static_cast<Index>(grid.stride(a)), at = static_cast<Index>(k);
    if (n < 3) continue;
    if (i > 0 && i + 1 < n) {
      const double slope = (phi[at + s] - phi[at - s]) / 2, curvature = phi[at + s] - 2 * centre + phi[at - s];
      if (curvature > 0) least -= slope * slope / (2 * curvature);
    } else if (!grid.axis(a).periodic()) {
      const Index inward = i == 0 ? s : -s;
      least += std::min(0.0, (15 * centre - 10 * phi[at + inward] + 3 * phi[at + 2 * inward]) / 8 - centre);
    }
  }
  return least;
}

/// Value of the minimum next to cell k, where a quadratic through the neighbouring cells has it: the smallest cell value
/// itself jumps by O(h^2) with the place of the minimum between the centres, and would spoil grid halving.
double minimum_near(const Grid& grid, const VectorXd& phi, std::size_t k) {
  const auto d = static_cast<Index>(grid.dimension());
  VectorXd gradient(d);
  Eigen::MatrixXd hessian(d, d);
  const auto at = [&](Index a, int i, Index b, int j) {
    const auto step = static_cast<Index>(grid.stride(static_cast<std::size_t>(a))) * i + static_cast<Index>(grid.stride(static_cast<std::size_t>(b))) * j;
    return phi[static_cast<Index>(k) + step];
  };
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    if (const std::size_t i = grid.coordinate(k, a); i == 0 || i + 1 == grid.axis(a).cells) return minimum_at_wall(grid, phi, k);
  for (Index a = 0; a < d; ++a) {
    gradient[a] = (at(a, 1, a, 0) - at(a, -1, a, 0)) / 2;
    for (Index b = 0; b < d; ++b)
      hessian(a, b) = a == b ? at(a, 1, a, 0) - 2 * phi[static_cast<Index>(k)] + at(a, -1, a, 0)
                             : (at(a, 1, b, 1) - at(a, 1, b, -1) - at(a, -1, b, 1) + at(a, -1, b, -1)) / 4;
  }
  const Eigen::LLT<Eigen::MatrixXd> factor(hessian);
  if (factor.info() != Eigen::Success) return phi[static_cast<Index>(k)];
  const VectorXd offset = factor.solve(gradient); // in cells
  if (!(offset.cwiseAbs().maxCoeff() <= 1)) return phi[static_cast<Index>(k)];
  std::vector<double> place = grid.centre(k);
  for (std::size_t a = 0; a < place.size(); ++a) {
    const std::size_t i = grid.coordinate(k, a);
    const double by = offset[static_cast<Index>(a)];
    place[a] -= by * grid.axis(a).step(by > 0 ? i - 1 : i);
  }
  return interpolate(grid, phi, place);
}

/// Probabilities and their logarithms; a state that nothing reaches again has p = 0 and a logarithm kept finite.
void set_law(SteadyState& state, const StateReduction::Vector& p) {
  const double tiny = std::log(std::numeric_limits<double>::min());
  state.p = p.cast<double>();
  state.log_p = p.unaryExpr([tiny](long double v) { return v > 0 ? std::log(v) : static_cast<long double>(tiny); }).cast<double>();
}

/// (e I - Q)^-1 applied again and again, e far below every rate; what rounding makes negative is 0.
VectorXd inverse_iteration(const Generator& generator) {
  const Stencil& Q = generator.rates();
  const double e = 1e-12 * Q.diagonal().cwiseAbs().maxCoeff();
  const SparseFactor factor(Q, e, -1.0);
  VectorXd p = VectorXd::Constant(Q.diagonal().size(), 1.0 / static_cast<double>(Q.size()));
  for (int iteration = 0; iteration < 6; ++iteration) {
    poll_interrupt();
    p = factor.solve(p).cwiseMax(0.0);
    p /= p.sum();
  }
  return p;
}

/// Power iteration with (-Q)^-1, which state reduction applies without subtractions: the law of the survivors and its rate of
/// decay come out with relative accuracy, also where escape takes astronomically long.
void survivors(const Generator& generator, const StateReduction& chain, SteadyState& state) {
  const Index n = generator.rates().diagonal().size();
  StateReduction::Vector p = StateReduction::Vector::Constant(n, 1.0L / static_cast<long double>(n));
  long double change = 1, lifetime = 0;
  for (int iteration = 0; iteration < 1000 && change > 1e-14L; ++iteration) {
    poll_interrupt();
    StateReduction::Vector next = chain.occupied(p);
    lifetime = next.sum();
    next /= lifetime;
    change = (next - p).cwiseAbs().sum();
    p = std::move(next);
  }
  if (!(change < 1e-8L))
    throw NumericalFailure(fmt::format(
        "quasi-stationary law: inverse iteration did not converge (last change {:.2e}): the box may hold parts that exchange nothing",
        static_cast<double>(change)));
  state.decay_rate = static_cast<double>(1 / lifetime);
  set_law(state, p);
}

/// The chain with its walls closed: what mass there is stays.
SteadyState behind_closed_walls(const Generator& generator) {
  SteadyState state;
  if (generator.reversible()) {
    state.log_p = normalised_log(generator.local_potential());
    state.p = state.log_p.array().exp();
    return state;
  }
  const Stencil& Q = generator.rates();
  set_law(state, aggregated_steady_state(Stencil(Q.grid(), Q.diagonal() + generator.loss(), Q.edges(), Q.links())).cast<long double>());
  return state;
}

/// The slowest mode of the chain, then power iteration with (-Q)^-1 for what is small in it.
void survivors_by_iteration(const Generator& generator, SteadyState& state) {
  const SteadyState weights = behind_closed_walls(generator);
  const VectorXd mode = eigenmodes(generator, weights, 1, true).right.col(0).real().cwiseAbs();
  const IterativeChain chain(killed_rows(generator.rates().matrix(0, 1), generator.loss()), weights.log_p, generator.reversible());
  StateReduction::Vector p = (mode / mode.sum()).cast<long double>();
  long double change = 1, lifetime = 0;
  for (int iteration = 0; iteration < 100 && change > 1e-13L; ++iteration) {
    const StateReduction::Vector guess = p * lifetime;
    StateReduction::Vector next = chain.occupied(p, lifetime > 0 ? &guess : nullptr);
    lifetime = next.sum();
    next /= lifetime;
    change = (next - p).cwiseAbs().sum();
    p = next.cwiseMax(0.0L);
  }
  if (!(change < 1e-8L)) throw NumericalFailure(fmt::format("quasi-stationary law: inverse iteration did not converge (last change {:.2e})", static_cast<double>(change)));
  state.decay_rate = static_cast<double>(1 / lifetime);
  set_law(state, p);
}

} // namespace

const char* name_of(SteadyMethod method) {
  switch (method) {
  case SteadyMethod::automatic: return "auto";
  case SteadyMethod::closed_form: return "closed_form";
  case SteadyMethod::state_reduction: return "state_reduction";
  case SteadyMethod::direct: return "direct";
  case SteadyMethod::iterative: break;
  }
  return "iterative";
}

SteadyState steady_state(const Generator& generator, const VectorXd* loss, SteadyMethod method) {
  const bool closed = generator.steady_known() && generator.conservative();
  if (method == SteadyMethod::automatic) method = closed ? SteadyMethod::closed_form : SteadyMethod::state_reduction;
  if (method == SteadyMethod::closed_form && !closed)
    throw NumericalFailure("steady state: there is no closed form without detailed balance, and none for survivors");
  if (!generator.conservative() && method == SteadyMethod::direct)
    throw NumericalFailure("steady state: the law of the survivors is found by state_reduction or iterative, not by direct");
  SteadyState state;
  state.method = name_of(method);
  if (method == SteadyMethod::closed_form) {
    state.log_p = normalised_log(generator.local_potential());
    state.p = state.log_p.array().exp();
  } else if (method == SteadyMethod::state_reduction) {
    const StateReduction chain = state_reduction(generator);
    if (generator.conservative()) set_law(state, chain.stationary());
    else survivors(generator, chain, state);
  } else if (!generator.conservative()) {
    survivors_by_iteration(generator, state);
  } else {
    set_law(state, (method == SteadyMethod::direct ? inverse_iteration(generator) : aggregated_steady_state(generator.rates())).cast<long double>());
  }
  const VectorXd rest = generator.rates() * state.p + state.decay_rate * state.p;
  state.residual = rest.cwiseAbs().sum() / flow_scale(generator, state.p);
  if (!(state.residual < 1e-9))
    throw NumericalFailure(fmt::format("steady state: relative residual {:.2e} is too large; the logarithms of the probabilities of cells reach from {:.3g} to {:.3g}. A law that is narrower than a cell "
                                       "needs a higher temperature (here {:g}), a smaller box, or more cells",
                                       state.residual, state.log_p.minCoeff(), state.log_p.maxCoeff(), generator.temperature()));

  const double T = generator.temperature();
  state.implicit_potential.resize(state.log_p.size());
  for (Index k = 0; k < state.log_p.size(); ++k)
    state.implicit_potential[k] = -T * (state.log_p[k] - generator.grid().log_volume(static_cast<std::size_t>(k)));
  Index top = 0;
  (-state.implicit_potential).maxCoeff(&top);
  const double constant = loss ? (*loss)[top] - state.implicit_potential[top]
                               : -minimum_near(generator.grid(), state.implicit_potential, static_cast<std::size_t>(top));
  state.implicit_potential.array() += constant;
  state.log_partition = -constant / T;
  return state;
}

std::vector<VectorXd> steady_current(const Generator& generator, const SteadyState& steady) {
  const Grid& grid = generator.grid();
  std::vector<VectorXd> current(grid.dimension(), VectorXd::Zero(steady.p.size()));
  // A flow along an offset counts half at each of its ends, times the way it goes along the axis.
  const auto add = [&](std::size_t cell, std::size_t a, double flow, double way) {
    current[a][static_cast<Index>(cell)] += flow * way / grid.volume(cell) / 2;
  };
  generator.rates().for_each_step([&](std::size_t k, std::size_t l, double up, double down, std::span<const int> steps) {
    const double flow = steady.p[static_cast<Index>(k)] * up - steady.p[static_cast<Index>(l)] * down;
    for (std::size_t a = 0; a < steps.size(); ++a) {
      if (steps[a] == 0) continue;
      const Axis& axis = grid.axis(a);
      add(k, a, flow, steps[a] * axis.width(grid.coordinate(k, a)));
      add(l, a, flow, steps[a] * axis.width(grid.coordinate(l, a)));
    }
  });
  for (const Generator::WallRate& wall : generator.walls())
    add(wall.cell, wall.axis, (wall.side ? 1 : -1) * wall.rate * steady.p[static_cast<Index>(wall.cell)],
        grid.axis(wall.axis).width(grid.coordinate(wall.cell, wall.axis)));
  return current;
}

namespace {

/// beta sum_k p_k j^T D^-1 j at the centres: along oblique offsets the chain's own production is that of its detours.
double quadratic_production(const Generator& generator, const SteadyState& steady) {
  const auto current = steady_current(generator, steady);
  double sum = 0;
  for (Index k = 0; k < steady.p.size(); ++k) {
    if (!(steady.p[k] > 1e-290)) continue;
    double square = 0;
    for (std::size_t i = 0, at = 0; i < current.size(); ++i)
      for (std::size_t j = i; j < current.size(); ++j, ++at)
        square += (i == j ? 1 : 2) * generator.inverse_diffusion()[at][k] * current[i][k] * current[j][k];
    sum += square * std::pow(generator.grid().volume(static_cast<std::size_t>(k)), 2) / steady.p[k];
  }
  return sum / generator.temperature();
}

} // namespace

double entropy_production(const Generator& generator, const SteadyState& steady) {
  if (generator.reversible()) return 0;
  if (!generator.inverse_diffusion().empty()) return quadratic_production(generator, steady);
  double sum = 0;
  generator.rates().for_each_link([&](std::size_t k, std::size_t l, double up, double down) {
    const double there = steady.p[static_cast<Index>(k)] * up, back = steady.p[static_cast<Index>(l)] * down;
    if (there > 0 && back > 0) sum += (there - back) * std::log(there / back);
  });
  return sum;
}

} // namespace driftwell

#include "law_distances.hpp"

#include "driftwell/core/reduce.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::theorems {

namespace {

/// Of one operation, and of a sum of fixed blocks.
constexpr double rounding = 8 * std::numeric_limits<double>::epsilon();

/// sum_k term(c_k, q_k, r_k = c_k / q_k)
template <class Term> double over_cells(const DensityState& state, const Term& term) {
  return deterministic_sum(state.grid().size(), [&](std::size_t cell) {
    const auto k = static_cast<Eigen::Index>(cell);
    return term(state.c[k], state.steady.p[k], std::exp(state.log_ratio[k]));
  });
}

} // namespace

Hypothesis laws_of_mass_one(const Level& level) {
  Hypothesis h{Hypothesis::State::met, "rho_t and rho_ss have mass 1", ""};
  if (level.grid().absorbing() || !level.generator().conservative()) return {Hypothesis::State::failed, h.text, "a wall absorbs"};
  for (std::size_t i = 0; i < level.times().size(); ++i)
    if (const double mass = level.densities()[i].sum(); !(std::abs(mass - 1) < 1e-9))
      return {Hypothesis::State::failed, h.text, fmt::format("the mass is {:.9g} at t = {:.6g}", mass, level.times()[i])};
  return h;
}

Measured total_variation(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  return {over_cells(state, [](double c, double q, double) { return std::abs(c - q); }) / 2, rounding, 0};
}

Measured kl_of_cells(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  double slope = 0; // d KL = sum dc log(c / q), |dc| <= rounding c
  for (Eigen::Index k = 0; k < state.c.size(); ++k)
    if (state.c[k] > 0) slope += state.c[k] * std::abs(state.log_ratio[k]);
  const double kl = level.observable("kl")[time];
  return {kl, rounding * (slope + kl) + rounding * rounding, 0};
}

Measured chi_square(const Level& level, std::size_t time) {
  const DensityState state = level.state(time);
  const double value = over_cells(state, [](double c, double q, double ratio) {
    if (q > 1e-290) return (c - q) / q * (c - q);
    return c > 1e-300 ? c * ratio : 0.0;
  });
  if (!(value < 1e290)) return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 0};
  const double variation = over_cells(state, [](double c, double q, double ratio) { return c > 1e-300 ? c * std::abs(q > 1e-290 ? (c - q) / q : ratio) : 0.0; });
  return {value, 2 * rounding * variation + rounding * value + rounding * rounding, 0};
}

Measured power_divergence(const Level& level, std::size_t time, double q) {
  if (q == 2) return 0.5 * chi_square(level, time);
  const DensityState state = level.state(time);
  const double value = over_cells(state, [q](double c, double p, double ratio) {
    const double d = (c - p) / std::max(p, 1e-290);
    // Taylor's series where the powers would cancel.
    if (std::abs(d) < 1e-3) return p * d * d * (0.5 + (q - 2) * d * (1.0 / 6 + (q - 3) * d * (1.0 / 24 + (q - 4) * d / 120)));
    if (c < 1e-300) return p / q;
    return (c * std::pow(ratio, q - 1) - p - q * (c - p)) / (q * (q - 1));
  });
  if (!(value < 1e290)) return {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 0};
  const double variation = over_cells(state, [q](double c, double, double ratio) { return c > 1e-300 ? c * std::abs(std::pow(ratio, q - 1) - 1) / (q - 1) : 0.0; });
  return {value, rounding * (variation + value) + rounding * rounding, 0};
}

} // namespace driftwell::theorems

#include "kinetic_run.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

kinetic::PositionBox box_of(const input::FokkerPlanckSpec& spec) {
  return {spec.lower.value[0], spec.upper.value[0], spec.boundary[0][0] == input::Boundary::periodic};
}

namespace {

using input::GaussianLaw;
using Eigen::Index;

kinetic::PositionBasis basis_of(const input::Spec& spec, const Model& model, std::size_t nodes) {
  const input::FokkerPlanckSpec& f = *spec.fokker_planck;
  try {
    return {model, box_of(f), static_cast<Index>(nodes)};
  } catch (const kinetic::NotFinite& error) {
    const Origin origin = !error.potential && !spec.model.force.empty() ? spec.model.force[0].origin
                          : spec.model.potential                       ? (spec.model.potential->name.value.empty() ? spec.model.potential->expression.origin
                                                                                                                     : spec.model.potential->name.origin)
                                                                       : spec.model.origin;
    throw invalid(origin, fmt::format("the {} is {} at {} = {:.6g}", error.potential ? "potential" : "drift", error.value, spec.model.variables[0].value, error.q),
                  {"finite values in the whole box", "", {"narrow [fokker_planck] lower and upper, or change the formula"}});
  }
}

Origin origin_of(const input::InitialLaw& law) {
  return std::visit([](const auto& l) -> Origin {
    if constexpr (requires { l->origin; }) return l->origin;
    else return l.origin;
  }, law);
}

/// Adds a law; a Gaussian of the position alone gets Maxwell's momentum.
void add(const input::Spec& spec, const input::InitialLaw& law, double weight, double temperature, kinetic::PhaseLaw& sum) {
  if (const auto* mixture = std::get_if<std::shared_ptr<const input::MixtureLaw>>(&law)) {
    for (std::size_t i = 0; i < (*mixture)->parts.size(); ++i) add(spec, (*mixture)->parts[i], weight * (*mixture)->weights[i], temperature, sum);
    return;
  }
  if (std::holds_alternative<input::SteadyStateLaw>(law)) {
    sum.steady += weight;
    return;
  }
  const auto* gaussian = std::get_if<GaussianLaw>(&law);
  if (!gaussian)
    throw invalid(origin_of(law), "this law cannot start an underdamped density: Hermite functions need a smooth one",
                  {"gaussian, steady_state, or a mixture of them", "", {"a point can be a gaussian with a small std"}});
  std::vector<std::vector<double>> c = gaussian->covariance;
  if (!gaussian->std.empty()) {
    const std::size_t d = gaussian->std.size();
    c.assign(d, std::vector<double>(d, 0.0));
    for (std::size_t i = 0; i < d; ++i) c[i][i] = gaussian->std[i] * gaussian->std[i];
  }
  const input::FokkerPlanckSpec& f = *spec.fokker_planck;
  const double mean = gaussian->mean[0], std = std::sqrt(c[0][0]);
  if (!box_of(f).periodic && !(mean >= f.lower.value[0] && mean <= f.upper.value[0]))
    throw invalid(gaussian->mean_origin, fmt::format("the mean of the initial Gaussian ({:g}) lies outside the box", mean),
                  {fmt::format("a point in [{:g}, {:g}]", f.lower.value[0], f.upper.value[0]), "", {}});
  if (c.size() == 1) sum.parts.push_back({weight, {mean, 0}, {{{c[0][0], 0}, {0, temperature}}}});
  else sum.parts.push_back({weight, {mean, gaussian->mean[1]}, {{{c[0][0], c[0][1]}, {c[1][0], c[1][1]}}}});
  const double outside = box_of(f).periodic ? 0 : 0.5 * (std::erfc((mean - f.lower.value[0]) / std * M_SQRT1_2) + std::erfc((f.upper.value[0] - mean) / std * M_SQRT1_2));
  if (outside > 1e-3)
    throw invalid(gaussian->spread_origin, fmt::format("{:.2g} of the initial Gaussian lies outside the box", outside),
                  {"at most 0.001", "", {"widen the box or narrow the law"}});
}

kinetic::PhaseLaw law_of(const input::Spec& spec, double temperature) {
  kinetic::PhaseLaw law;
  add(spec, spec.initial, 1, temperature, law);
  return law;
}

} // namespace

KineticRun::KineticRun(const input::Spec& spec, const Model& model, std::size_t nodes, std::size_t hermite)
    : basis_(basis_of(spec, model, nodes)), operator_(basis_, model.friction(), static_cast<Index>(hermite)), space_(operator_),
      initial_(kinetic::project(operator_, law_of(spec, model.temperature()))) {
  refuse_unresolved(spec);
}

void KineticRun::refuse_unresolved(const input::Spec& spec) const {
  const Origin origin = origin_of(spec.initial);
  const double norm = initial_.u.squaredNorm();
  const std::string other = "far from the steady state a grid is the better method: variables q and p, force = [\"p\", ...], diffusion = [0, friction]";
  if (!(std::abs(initial_.lost) < 1e-3))
    throw invalid(origin, fmt::format("{:.2g} of the initial law lies where exp(-f/T) is too small for the Hermite method", initial_.lost),
                  {"a law nearer to the wells, or a higher temperature", "", {other}});
  if (!(norm < 1e14))
    throw invalid(origin, fmt::format("the initial law is too far from the steady state for the Hermite method: chi^2 = {:.1e}", norm),
                  {"chi^2 below 1e14: variances below twice the steady ones, means a few standard deviations away", "", {other}});
  const double tail = std::sqrt(operator_.tail(initial_.u).momentum / std::max(norm, 1e-300));
  if (tail > 1e-2)
    throw invalid(origin, fmt::format("{} Hermite functions do not resolve the momenta of the initial law: the last ones still hold {:.1g} of it", operator_.blocks(), tail),
                  {"at most 0.01", "", {"take a larger [fokker_planck] hermite, or momenta with a variance nearer to the temperature", other}});
}

kinetic::KineticReport KineticRun::evolve(const std::vector<double>& times, double tolerance, const Frame& frame) const {
  // A window's tolerance, for the sum over windows to keep the one asked for.
  return kinetic::evolve(operator_, initial_.u, times, std::max(tolerance / 30, 1e-13), [&](std::size_t index, const Eigen::VectorXd& u) {
    poll_interrupt();
    const auto values = space_.observe(u);
    for (const auto& [name, row] : values)
      for (const double value : row)
        if (!std::isfinite(value)) throw NumericalFailure(fmt::format("observable {} is {} at t = {:g} (output {})", name, value, times[index], index));
    frame(index, u, values);
  });
}

} // namespace driftwell::run

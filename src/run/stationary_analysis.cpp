#include "stationary_analysis.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/generator/gibbs.hpp"
#include "driftwell/run/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

VectorXd loss_on(const input::Spec& spec, const Model& model, const Grid& grid) {
  try {
    return potential_on(model, grid);
  } catch (const DomainError&) { // put in words where the chain is built
    (void)build_chain(spec, model, grid);
    throw;
  }
}

std::optional<Region> region(const input::Spec& spec, const Generator& generator, const std::optional<input::Text>& condition) {
  if (!condition) return std::nullopt;
  return Region(generator, build_indicator(spec, *condition));
}

double wall_share(const Generator& generator, const SteadyState& steady, std::size_t axis, int side) {
  double flow = 0;
  for (const Generator::WallRate& wall : generator.walls())
    if (wall.axis == axis && wall.side == side) flow += wall.rate * steady.p[static_cast<Index>(wall.cell)];
  return flow / steady.decay_rate;
}

} // namespace

Grid stationary_grid(const input::Spec& spec) { return build_grid(spec.stationary->grid ? *spec.stationary->grid : *spec.fokker_planck); }

StationaryAnalysis::StationaryAnalysis(const input::Spec& spec, const Model& model, const Grid& grid)
    : generator(build_chain(spec, model, grid)), plan(plan_stationary(*spec.stationary, kind_of(model, generator), grid, available_memory())), loss(loss_on(spec, model, grid)), has_loss(model.has_potential()), names(model.names()),
      steady(steady_state(generator, gibbs_on(model, generator) ? &loss : nullptr, plan.steady)),
      source(region(spec, generator, spec.stationary->source)), target(region(spec, generator, spec.stationary->target)) {}

void check_sets(const input::StationarySpec& spec, const StationaryAnalysis& analysis) {
  const auto check = [](const std::optional<Region>& set, const std::optional<input::Text>& text) {
    if (set && set->cells() == 0) throw invalid(text->origin, "no cell of the grid lies in this set", {"a set that holds the centre of a cell", "", {}});
    if (set && set->cells() == set->size()) throw invalid(text->origin, "all cells of the grid lie in this set", {"a set that leaves cells outside", "", {}});
  };
  check(analysis.source, spec.source);
  check(analysis.target, spec.target);
  if (!analysis.source) return;
  for (std::size_t k = 0; k < analysis.source->size(); ++k)
    if (analysis.source->contains(k) && analysis.target->contains(k)) {
      const auto x = analysis.generator.grid().centre(k);
      throw invalid(spec.source->origin, fmt::format("source and target overlap: both hold ({:.6g})", fmt::join(x, ", ")), {"two sets apart from each other", "", {}});
    }
}

const double* StationaryAnalysis::number(const std::string& name) const {
  const auto it = std::find_if(numbers.begin(), numbers.end(), [&](const auto& entry) { return entry.first == name; });
  return it == numbers.end() ? nullptr : &it->second;
}

std::vector<double> StationaryAnalysis::shifts() const {
  const Grid& grid = generator.grid();
  const auto partner = matched(grid, loss_minima, implicit_minima);
  std::vector<double> result;
  for (std::size_t i = 0; i < partner.size(); ++i)
    result.push_back(partner[i] ? distance(grid, loss_minima[i].place, implicit_minima[*partner[i]].place) : std::numeric_limits<double>::quiet_NaN());
  return result;
}

void StationaryAnalysis::potentials() {
  const Grid& grid = generator.grid();
  const double T = generator.temperature();
  flow = circulation(generator, steady);
  VectorXd speed = VectorXd::Zero(steady.p.size());
  for (const VectorXd& component : flow.circulation) speed += component.cwiseAbs2();
  add("log_partition", steady.log_partition);
  add("free_energy_ss", -T * steady.log_partition);
  if (!generator.conservative()) return; // next to a wall that absorbs Phi and j grow without bound
  add("circulation_rms", root_mean_square(steady, speed.cwiseSqrt()));
  add("entropy_production", entropy_production(generator, steady));
  add("circulation_divergence_rms", root_mean_square(steady, flow.divergence));
  add("along_gradient_rms", root_mean_square(steady, flow.along_gradient));
  implicit_minima = local_minima(grid, steady.implicit_potential, least_depth * T);
  if (!has_loss) return;
  loss_minima = local_minima(grid, loss, least_depth * T);
  const PotentialDistance apart = potential_distance(grid, steady, loss);
  add("potential_gradient_distance", apart.gradient);
  add("potential_correlation", apart.correlation);
}

/// From a point chosen in the source by rho_ss: the mean, and the variance with the spread of the means.
void StationaryAnalysis::from_source(const VectorXd& mean, const VectorXd& variance) {
  double weight = 0, first = 0, second = 0;
  for (Index k = 0; k < mean.size(); ++k) {
    if (!source->contains(static_cast<std::size_t>(k))) continue;
    weight += steady.p[k];
    first += steady.p[k] * mean[k];
    second += steady.p[k] * (variance[k] + mean[k] * mean[k]);
  }
  if (!(weight > 0)) {
    failures.emplace_back("passages from the source: the steady state has no mass there");
    return;
  }
  add("mean_first_passage_time_from_source", first / weight);
  add("first_passage_variance_from_source", second / weight - std::pow(first / weight, 2));
}

template <class Part> auto StationaryAnalysis::solved(const Part& part) {
  if (plan.iterative) {
    try {
      return part(true);
    } catch (const NumericalFailure&) {
      if (!plan.elimination_fits) throw;
    }
  }
  return part(false);
}

void StationaryAnalysis::passages(const input::StationarySpec& spec) {
  if (!target && generator.conservative()) return;
  const Region everywhere_outside(std::vector<bool>(generator.size(), false));
  passage = solved([&](bool iteratively) { return first_passage(generator, target ? *target : everywhere_outside, iteratively ? &steady : nullptr); });
  const std::string name = target ? "first_passage" : "exit_time", mean_name = target ? "mean_first_passage_time" : "mean_exit_time";
  if (source) from_source(passage->mean, passage->variance);
  if (spec.start) {
    add(mean_name + "_from_start", interpolate(generator.grid(), passage->mean, spec.start->value));
    add(name + "_variance_from_start", interpolate(generator.grid(), passage->variance, spec.start->value));
  }
  if (!source) return;
  paths = solved([&](bool iteratively) { return transition_paths(generator, steady, *source, *target, iteratively); });
  add("reactive_rate", paths->rate);
  add("rate_source_to_target", paths->rate_from);
  add("rate_target_to_source", paths->rate_to);
  add("reactive_probability", paths->probability_reactive);
  add("reactive_duration", paths->duration);
  if (spec.start) add("forward_committor_from_start", interpolate(generator.grid(), paths->forward, spec.start->value));
}

void StationaryAnalysis::walls() {
  if (generator.conservative()) return;
  add("decay_rate", steady.decay_rate);
  add("mean_lifetime", 1 / steady.decay_rate);
  const Grid& grid = generator.grid();
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    for (const int side : {0, 1})
      if (grid.axis(a).sides[static_cast<std::size_t>(side)] == Boundary::absorbing)
        add(fmt::format("exit_probability_{}_{}", names[a], side ? "upper" : "lower"), wall_share(generator, steady, a, side));
}

void StationaryAnalysis::compute(const input::Spec& spec) {
  const auto attempt = [&](const char* what, const auto& part) {
    try {
      part();
    } catch (const NumericalFailure& failure) {
      failures.push_back(fmt::format("{}: {}", what, failure.what()));
    }
  };
  potentials();
  walls();
  attempt("passages", [&] { passages(*spec.stationary); });
  const auto wanted = static_cast<std::size_t>(spec.stationary->eigenvalues.value);
  if (wanted > generator.size() - 2)
    failures.push_back(fmt::format("eigenvalues: {} cells have {} to give; {} were asked for", generator.size(), generator.size() - 2, wanted));
  if (wanted > 0) attempt("eigenvalues", [&] {
      modes = solved([&](bool iteratively) { return eigenmodes(generator, steady, std::min(wanted, generator.size() - 2), iteratively); });
      for (std::size_t i = 0; i < modes->unknown.size(); ++i)
        if (modes->unknown[i] > 0)
          failures.push_back(fmt::format("left_eigenfunction of mode {}: missing (NaN) in {} cells of negligible probability, where rounding leaves nothing of it", i + 1, modes->unknown[i]));
    });
}

} // namespace driftwell::run

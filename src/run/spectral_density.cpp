#include "spectral_density.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/spectral/resolution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

Origin potential_origin(const input::ModelSpec& model) {
  if (!model.potential) return model.origin;
  return model.potential->expression.value.empty() ? model.potential->name.origin : model.potential->expression.origin;
}

Origin initial_origin(const input::InitialLaw& law) {
  return std::visit([](const auto& l) {
    if constexpr (requires { l.origin; }) return l.origin;
    else return l->origin;
  }, law);
}

[[noreturn]] void refuse(const input::Spec& spec, const NotSpectral& why) {
  using Part = NotSpectral::Part;
  const auto origin = [&]() -> Origin {
    switch (why.part) {
    case Part::boundary: return spec.fokker_planck->boundary_origin;
    case Part::potential: return potential_origin(spec.model);
    case Part::force: return spec.model.force.empty() ? spec.model.origin : spec.model.force[0].origin;
    case Part::circulation: return spec.model.circulation.origin;
    case Part::diffusion: return spec.model.diffusion.origin;
    case Part::cells: return spec.fokker_planck->cells.origin;
    case Part::initial: return initial_origin(spec.initial);
    case Part::model: break;
    }
    return spec.fokker_planck->propagator.origin;
  };
  throw invalid(origin(), why.what(), {why.advice, "", {"propagator = \"spectral\" is given for this experiment"}});
}

template <class Make> auto refusing(const input::Spec& spec, const Make& make) {
  try {
    return make();
  } catch (const NotSpectral& why) {
    refuse(spec, why);
  }
}

/// A grid that has no chance to fit is refused before anything is allocated.
const Grid& fitting(const Grid& box) {
  const double bytes = 8.0 * static_cast<double>(box.size()) * static_cast<double>(25 + box.dimension() * (box.dimension() + 13) / 2);
  if (bytes > available_memory())
    throw NumericalFailure(fmt::format("{} points need about {:.3g} GB, {}. Use fewer cells.", box.size(), bytes / 1e9, memory_words()));
  return box;
}

SteadyState steady_of(const SpectralOperator& L) {
  SteadyState steady;
  steady.p = L.root().cwiseProduct(L.root());
  steady.log_p = L.log_p();
  steady.implicit_potential = L.temperature() / L.theta() * L.potential();
  steady.log_partition = L.log_partition();
  steady.residual = L.steady_residual();
  return steady;
}

void check_law(const input::InitialLaw& law) {
  const auto refuse_law = [](const Origin& origin, const char* what, const char* why) {
    throw invalid(origin, fmt::format("{} cannot start the spectral propagator: {}", what, why),
                  {"gaussian, mixture or steady_state; any law with propagator = \"auto\"", "", {}});
  };
  if (const auto* mixture = std::get_if<std::shared_ptr<const input::MixtureLaw>>(&law))
    for (const input::InitialLaw& part : (*mixture)->parts) check_law(part);
  else if (const auto* point = std::get_if<input::PointLaw>(&law)) refuse_law(point->origin, "a point", "it has no expansion that converges");
  else if (const auto* uniform = std::get_if<input::UniformLaw>(&law)) refuse_law(uniform->origin, "a uniform law", "it jumps at its ends");
  else if (const auto* samples = std::get_if<input::SamplesLaw>(&law)) refuse_law(samples->origin, "a set of samples", "it is not smooth");
}

} // namespace

void check_spectral_section(const input::Spec& spec) {
  const input::FokkerPlanckSpec& fp = *spec.fokker_planck;
  check_law(spec.initial);
  if (!fp.stretch.empty()) throw invalid(fp.stretch[0].origin, "the spectral propagator places its points itself", {"no stretch with propagator = \"spectral\"", "", {}});
  if (fp.dt) throw invalid(fp.dt->origin, "the spectral propagator takes no steps", {"no dt with propagator = \"spectral\"; tolerance sets the accuracy in time", "", {}});
  if (fp.wasserstein.value)
    throw invalid(fp.wasserstein.origin, "a Wasserstein distance is computed between cells, and the spectral propagator has none", {"wasserstein = false, or propagator = \"auto\"", "", {}});
}

std::map<std::string, std::unique_ptr<DensityObservable>> nodal_observables(const Grid& grid) {
  std::map<std::string, std::unique_ptr<DensityObservable>> observables;
  for (const std::string& name : ObservableCatalogue::names())
    if (auto observable = ObservableCatalogue::find(name)->make(); observable->applies(grid) && !observable->cellwise())
      observables[name] = std::move(observable);
  return observables;
}

SpectralDensity::SpectralDensity(const input::Spec& spec, const Model& model, const Grid& box)
    : spec_(spec), names_(model.names()), operator_(refusing(spec, [&] { return SpectralOperator(model, fitting(box)); })), steady_(steady_of(operator_)) {}

void SpectralDensity::check_resolved(const InitialDensity& initial) const {
  refusing(spec_, [&] {
    check_steady_state_resolved(operator_, names_);
    check_start_resolved(operator_, initial.on(grid(), steady_), names_);
  });
}

double SpectralDensity::unresolved(const VectorXd& p) const {
  const VectorXd w = p.cwiseQuotient(operator_.root()) - operator_.root();
  double end = 0;
  for (std::size_t a = 0; a < names_.size(); ++a) end = std::max(end, operator_.decay(w, a).end);
  return end * std::min(1.0, w.norm());
}

VectorXd SpectralDensity::rate_of_change(const VectorXd& c) const {
  const VectorXd u = c.cwiseQuotient(operator_.root());
  VectorXd rate(u.size());
  operator_.apply(u.data(), rate.data());
  return rate.cwiseProduct(operator_.root());
}

double SpectralDensity::fisher_information(const DensityState& state) const {
  // sqrt(rho) is the steady root times sqrt(r): 4 int rho_ss |grad sqrt(r)|^2_D = 4/T times the energy of it.
  return 4 / temperature() * operator_.energy(state.c.cwiseSqrt());
}

SpectralReport SpectralDensity::evolve(const InitialDensity& initial, const std::vector<double>& times, const Frame& frame) const {
  const auto observables = nodal_observables(grid());
  const double memory = std::min(4e8, available_memory() / 3);
  double lost = 0;
  const VectorXd start = limited_start(operator_, initial.on(grid(), steady_), lost);
  return evolve_spectral(operator_, start, times, spec_.fokker_planck->tolerance.value, memory,
                         [&](std::size_t index, const VectorXd& p) {
                           const DensityState state(*this, steady_, operator_.potential(), p);
                           std::map<std::string, std::vector<double>> values;
                           for (const auto& [name, observable] : observables) {
                             values[name] = observable->evaluate(state);
                             for (const double value : values[name])
                               if (!std::isfinite(value)) throw NumericalFailure(fmt::format("observable {} is {} at t = {:g} (output {})", name, value, times[index], index));
                           }
                           frame(index, p, values);
                         });
}

Series SpectralDensity::series(const InitialDensity& initial, const std::vector<double>& times) const {
  Series result;
  evolve(initial, times, [&](std::size_t, const VectorXd&, const auto& values) {
    for (const auto& [name, row] : values) result[name].push_back(row);
  });
  return result;
}

} // namespace driftwell::run

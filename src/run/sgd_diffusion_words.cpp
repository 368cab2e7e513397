// The diffusion beside SGD in words and numbers: before the run and after it.
#include "sgd_diffusion.hpp"

#include "sgd_estimate.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <cmath>

namespace driftwell::run {

namespace {

/// Of a point in a divergence, and of a cell over an interval, on both grids; measured on sgd_quadratic.
constexpr double seconds_a_neighbour = 3e-6, seconds_a_cell = 1.2e-5;

nlohmann::ordered_json pair_of(const estimators::Estimate& e) { return {{"value", e.value}, {"standard_error", e.standard_error}}; }

} // namespace

Section::Outlook SgdDiffusionSection::check() const {
  SgdDiffusionSection prepared(spec_, progress_);
  prepared.prepare();
  const sgd::Loss& loss = *prepared.problem_->loss;
  const double d = static_cast<double>(loss.dimension());
  const double particles = sgd_.diffusion->particles ? static_cast<double>(sgd_.diffusion->particles->value) : static_cast<double>(prepared.problem_->options.replicas);
  const double steps = sgd_.diffusion->dt ? prepared.problem_->end / sgd_.diffusion->dt->value : 2 * static_cast<double>(sgd_.steps.value);
  const double passes = (sgd_.projection.directions ? 0 : 1) + (sgd_.diffusion->noise.value == "at_minimum" && sgd_.projection.directions ? 1 : 0) + 1; // of SGD
  double seconds = passes * static_cast<double>(prepared.problem_->options.replicas) * static_cast<double>(sgd_.steps.value) * sgd_costs(*prepared.problem_).step;
  for (const std::int64_t order : sgd_.diffusion->order.value) {
    const Dynamics dynamics(prepared.equation(static_cast<int>(order), sgd_.diffusion->noise.value == "at_minimum" ? prepared.problem_->start : std::vector<double>{}), *prepared.temperature_);
    seconds += steps * particles * particle_step_cost(dynamics, *prepared.stepper_, prepared.problem_->start, prepared.problem_->end / steps);
  }
  const double outputs = static_cast<double>(sgd_.outputs.value), replicas = static_cast<double>(prepared.problem_->options.replicas);
  seconds += outputs * static_cast<double>(sgd_.diffusion->order.value.size()) * (replicas + particles) * seconds_a_neighbour;
  if (prepared.wants_density()) seconds += outputs * std::pow(static_cast<double>(sgd_.projection.cells.value), static_cast<double>(prepared.directions())) * seconds_a_cell;
  seconds /= omp_get_max_threads();
  const double bytes = 8 * particles * d * static_cast<double>(sgd_.diffusion->order.value.size());
  return {bytes, seconds, nlohmann::ordered_json::object(),
          fmt::format("  diffusion: modified equations of order {}, noise {}, {} by {:g} particles and {:.3g} steps\n  about {:.2g} MB and {:.2g} s\n", fmt::join(sgd_.diffusion->order.value, " and "),
                      sgd_.diffusion->noise.value, sgd_.diffusion->stepper.value, particles, steps, bytes / 1e6, seconds)};
}

nlohmann::ordered_json SgdDiffusionSection::json() const {
  nlohmann::ordered_json json;
  json["outputs"] = outputs_done_;
  json["time"] = last_.time;
  for (const auto& [order, kl] : last_.kl)
    json[fmt::format("order_{}", order)] = {{"kl", pair_of(kl.first)}, {"kl_gaussian", pair_of(kl.second)}, {"largest_score_of_means", last_.score.at(order)}};
  if (!std::isnan(last_.sgd_density.value)) json["density"] = {{"kl_sgd", pair_of(last_.sgd_density)}, {"kl_diffusion", pair_of(last_.sde_density)}};
  json["warnings"] = warnings_;
  return json;
}

std::string SgdDiffusionSection::words(int /*verbosity*/) const {
  const auto line = [](const std::string& name, const estimators::Estimate& e) { return fmt::format("  {:<28} {}\n", name, with_error(e.value, e.standard_error)); };
  std::string text = fmt::format("diffusion beside sgd at t = {:g}, {} direction{}\n", last_.time, P_.cols(), P_.cols() == 1 ? "" : "s");
  for (const auto& [order, kl] : last_.kl) {
    text += line(fmt::format("KL(SGD, order {})", order), kl.first) + line("  of Gaussian fits", kl.second);
    text += fmt::format("  {:<28} {:.2f} standard errors\n", "  difference of means", last_.score.at(order));
  }
  if (!std::isnan(last_.sgd_density.value)) text += line("KL(SGD, density)", last_.sgd_density) + line("KL(diffusion, density)", last_.sde_density);
  return text;
}

} // namespace driftwell::run

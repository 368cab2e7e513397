// Section [sgd] in words and numbers: before the run (`check`) and after it.
#include "sgd.hpp"

#include "sgd_estimate.hpp"
#include "sgd_stability.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>

namespace driftwell::run {

namespace {

nlohmann::ordered_json pair_of(const sgd::Estimate& e) { return {{"value", e.value}, {"standard_error", e.standard_error}}; }

} // namespace

Section::Outlook SgdSection::check() const {
  const SgdProblem problem = build_sgd(spec_);
  const SgdProbes probes(spec_, *problem.loss, problem.start);
  std::string cautions;
  for (const std::string& warning : stability_warnings(sgd_, problem)) cautions += "  warning: " + warning + "\n";
  const double d = static_cast<double>(problem.loss->dimension()), R = static_cast<double>(problem.options.replicas), N = static_cast<double>(problem.loss->samples());
  const double bytes = 8 * d * R * (problem.options.momentum > 0 ? 2 : 1) + 8 * N * (problem.data ? static_cast<double>(problem.data->features) : 0);
  const double seconds = sgd_seconds(sgd_, problem, sgd_costs(problem)) / omp_get_max_threads();
  return {bytes, seconds, {{"loss", problem.loss->description()}, {"samples", problem.loss->samples()}, {"parameters", problem.loss->dimension()}},
          fmt::format("  sgd: {}\n  {} samples{}, {} weights, {} replicas, {} steps to t = {:g}\n  about {:.2g} MB and {:.2g} s\n{}", problem.loss->description(), problem.loss->samples(),
                      problem.data ? fmt::format(" of {}", problem.data->name) : "", problem.loss->dimension(), problem.options.replicas, sgd_.steps.value, problem.end, bytes / 1e6, seconds, cautions)};
}

nlohmann::ordered_json SgdSection::json() const {
  nlohmann::ordered_json json;
  json["outputs"] = outputs_done_;
  json["time"] = last_.time;
  json["mean_loss"] = pair_of(last_.loss);
  json["gradient_squared"] = pair_of(last_.gradient_squared);
  if (problem_->loss->classifies()) json["accuracy"] = pair_of(last_.accuracy);
  json["cloud_variance"] = pair_of(last_.variance);
  json["temperature"] = temperature();
  if (stationary_.count > 0) {
    json["stationary_loss"] = pair_of(stationary_loss_);
    if (process_->replicas() > 1) json["stationary_variance"] = pair_of(stationary_variance_);
  }
  if (yaida_) json["yaida"] = {{"left", pair_of(yaida_->first)}, {"right", pair_of(yaida_->second)}, {"difference", pair_of(yaida_difference_)}};
  if (!std::isnan(entropy_.entropy.value)) json["entropy"] = pair_of(entropy_.entropy);
  if (predicted_variance_ > 0) json.update({{"predicted_variance", predicted_variance_}, {"predicted_variance_discrete", predicted_discrete_}});
  for (const auto& probe : probes_.all) probe->json(json);
  if (noise_)
    json["noise"] = {{"method", noise_->method}, {"rank", noise_->rank}, {"rank_fraction", noise_->rank_fraction}, {"trace", noise_->trace},
                     {"mean", noise_->mean},     {"std", noise_->std},   {"anisotropy", noise_->anisotropy}};
  if (minimum_) json["minimum"] = {{"loss", minimum_->loss}, {"gradient_norm", minimum_->gradient_norm}, {"converged", minimum_->converged}};
  if (local_) json["local_potential"] = {{"distance", (*local_)[0]}, {"circulation", (*local_)[1]}, {"kl", (*local_)[2]}};
  json["warnings"] = warnings_;
  return json;
}

std::string SgdSection::words(int verbosity) const {
  const auto line = [](const char* name, const sgd::Estimate& e) { return fmt::format("  {:<20} {}\n", name, with_error(e.value, e.standard_error)); };
  std::string text = fmt::format("sgd at t = {:g}, step {}\n", last_.time, process_->steps());
  text += line("mean loss", last_.loss) + line("|grad f|^2", last_.gradient_squared);
  if (problem_->loss->classifies()) text += line("accuracy", last_.accuracy);
  if (process_->replicas() > 1) text += line("cloud variance", last_.variance);
  text += fmt::format("  {:<20} {:.10g}\n", "temperature", temperature());
  if (yaida_) text += line("E (w-Ew).grad f", yaida_->first) + line(plain() ? "(eta/2) E |g_b|^2" : "(1+mu)/(2eta) E|v|^2", yaida_->second) + line("  difference", yaida_difference_);
  if (!std::isnan(entropy_.entropy.value)) text += line("entropy", entropy_.entropy);
  for (const auto& probe : probes_.all) text += probe->words();
  if (noise_) {
    text += fmt::format("  {:<20} rank {} of {}, eigenvalues {:.4g} +- {:.4g}, trace {:.6g}\n", "noise D", noise_->rank, problem_->loss->dimension(), noise_->mean, noise_->std, noise_->trace);
    if (noise_->alignment.size() > 0) text += fmt::format("  {:<20} {:.4f} of {} leading directions (by chance {:.4f})\n", "D along the Hessian", noise_->alignment[noise_->alignment.size() - 1],
                                                          noise_->alignment.size(), static_cast<double>(noise_->alignment.size()) / static_cast<double>(problem_->loss->dimension()));
  }
  if (minimum_) text += fmt::format("  {:<20} f = {:.10g}, |grad f| = {:.2g}\n", "minimum", minimum_->loss, minimum_->gradient_norm);
  if (local_) text += fmt::format("  {:<20} |cU - H|/|H| = {:.4g}, |Q|/|D| = {:.4g}, KL of the laws {:.4g}\n", "Phi against f", (*local_)[0], (*local_)[1], (*local_)[2]);
  if (predicted_variance_ > 0)
    text += line("variance, stationary", stationary_variance_) + fmt::format("  {:<20} {:.10g}\n  {:<20} {:.10g}\n", "  of the diffusion", predicted_variance_, "  of SGD, exact", predicted_discrete_);
  if (verbosity > 1) text += fmt::format("  {}\n", problem_->loss->description());
  return text;
}

} // namespace driftwell::run

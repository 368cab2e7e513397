#include "build_sgd.hpp"

#include "build_sgd_data.hpp"
#include "driftwell/expression/expression.hpp"
#include "driftwell/sgd/minimise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::run {

namespace {

using expression::Expression;
using expression::ParseError;
using input::SgdSpec;

sgd::LossOptions loss_options(const input::LossSpec& spec, const std::string& default_objective) {
  sgd::LossOptions options;
  if (spec.hidden) options.hidden.assign(spec.hidden->value.begin(), spec.hidden->value.end());
  if (!spec.activation.value.empty()) options.activation = spec.activation.value;
  options.objective = spec.objective.value.empty() ? default_objective : spec.objective.value;
  if (spec.weight_decay) options.weight_decay = spec.weight_decay->value;
  if (spec.bias) options.bias = spec.bias->value;
  if (spec.hessian) options.hessian = spec.hessian->value;
  if (spec.covariance) options.covariance = spec.covariance->value;
  if (spec.minimum) options.minimum = spec.minimum->value;
  if (spec.rank) options.rank = static_cast<std::size_t>(spec.rank->value);
  options.term = spec.term.value;
  for (const input::Text& name : spec.weights) options.weights.push_back(name.value);
  for (const auto& [name, value] : spec.parameters) options.parameters.emplace_back(name.value, value);
  return options;
}

std::unique_ptr<sgd::LossFamily> family_of(const SgdSpec& spec) {
  const LossCatalogue::Item* item = LossCatalogue::find(spec.loss.name.value);
  if (item == nullptr) {
    const std::vector<std::string> names = LossCatalogue::names();
    throw invalid(spec.loss.name.origin, "no loss \"" + spec.loss.name.value + "\"", {list_of(names, "or"), nearest_name(spec.loss.name.value, names), {}});
  }
  std::unique_ptr<sgd::LossFamily> family = item->make();
  const std::vector<std::string> allowed = family->options();
  for (const auto& [name, origin] : spec.loss.given)
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      throw invalid(origin, "the loss \"" + spec.loss.name.value + "\" has no option '" + name + "'", {list_of(allowed), nearest_name(name, allowed), {}});
  if (family->needs_data() && !spec.dataset) throw invalid(spec.loss.name.origin, "the loss \"" + spec.loss.name.value + "\" needs a 'dataset'", {"dataset = \"digits\", or another", {}, {}});
  if (!family->needs_data() && spec.dataset) throw invalid(spec.dataset->origin, "the loss \"" + spec.loss.name.value + "\" takes no 'dataset'", {"no such key", {}, {}});
  return family;
}

std::unique_ptr<sgd::Loss> build_loss(const SgdSpec& spec, const sgd::LossFamily& family, std::shared_ptr<const sgd::Dataset> data) {
  try {
    return family.make(loss_options(spec.loss, "auto"), std::move(data));
  } catch (const ParseError& error) {
    throw invalid(spec.loss.term.at(error.offset, error.length), error.what(), {error.allowed, error.nearest, {}});
  } catch (const std::invalid_argument& error) {
    throw invalid(spec.loss.origin, error.what());
  }
}

Schedule schedule_of(const std::optional<input::Setting<double>>& number, const std::optional<input::ScheduleSpec>& given) {
  if (!given) return number->value;
  if (given->expression.value.empty())
    return {given->t, given->value, given->interpolation.value == "step" ? Schedule::Interpolation::step : Schedule::Interpolation::linear};
  expression::Symbols symbols;
  symbols.variables = {"t"};
  try {
    return Schedule(Expression::parse(given->expression.value, symbols));
  } catch (const ParseError& error) {
    throw invalid(given->expression.at(error.offset, error.length), error.what(), {error.allowed, error.nearest, {}});
  }
}

/// Goes through the clock: where a schedule leaves what is allowed is known before the run. Returns the last time.
double last_time(const SgdSpec& spec, const sgd::ProcessOptions& options, std::size_t samples) {
  const auto l = static_cast<double>(options.svag), steps = static_cast<double>(spec.steps.value);
  const auto batch_allowed = [&](double b, const Origin& origin, double t) {
    const double most = options.sampling == sgd::Sampling::with_replacement ? 16'777'216.0 : static_cast<double>(samples);
    if (!(std::round(b) >= 1 && std::round(b) <= most))
      throw invalid(origin, fmt::format("the batch size is {:g}{}", b, spec.batch_size_schedule ? fmt::format(" at t = {:g}", t) : ""),
                    {most == 16'777'216.0 ? "1 to 16777216" : fmt::format("1 to {}, the number of samples; more with replacement only", samples), {}, {}});
  };
  const Origin& batch_origin = spec.batch_size_schedule ? spec.batch_size_schedule->origin : spec.batch_size->origin;
  batch_allowed(options.batch_size.value(0), batch_origin, 0);
  if (options.learning_rate.constant() && options.batch_size.constant()) return steps * options.learning_rate.value(0) / l;
  double t = 0;
  for (std::int64_t k = 0; k < spec.steps.value; ++k) {
    const double eta = options.learning_rate.value(t);
    if (!(eta > 0) || !std::isfinite(eta))
      throw invalid(spec.learning_rate_schedule->origin, fmt::format("the learning rate is {:g} at t = {:g}, step {}", eta, t, k), {"positive and finite values at every step", {}, {}});
    batch_allowed(options.batch_size.value(t), batch_origin, t);
    t += eta / l;
  }
  return t;
}

void build_start(const SgdSpec& spec, SgdProblem& problem) {
  const std::size_t d = problem.loss->dimension();
  problem.start.assign(d, 0.0);
  problem.start_std.assign(d, 0.0);
  const bool random = spec.start.value == "random";
  if (spec.start_at) {
    const std::vector<double>& at = spec.start_at->value;
    if (at.size() != d && at.size() != 1)
      throw invalid(spec.start_at->origin, fmt::format("'start' has {} entries for {} weights", at.size(), d), {fmt::format("one number, or a list of {}", d), {}, {}});
    for (std::size_t j = 0; j < d; ++j) problem.start[j] = at.size() == 1 ? at[0] : at[j];
  }
  if (random) problem.start_std = problem.loss->initial_std();
  if (spec.start_std) problem.start_std.assign(d, spec.start_std->value);
}

} // namespace

SgdProblem build_sgd(const input::Spec& spec) {
  const SgdSpec& s = *spec.sgd;
  SgdProblem problem;
  const std::unique_ptr<sgd::LossFamily> family = family_of(s);
  if (s.dataset) problem.data = build_dataset(*s.dataset, spec.directory);
  problem.loss = build_loss(s, *family, problem.data);
  sgd::ProcessOptions& options = problem.options;
  options.learning_rate = schedule_of(s.learning_rate, s.learning_rate_schedule);
  options.batch_size = schedule_of(s.batch_size, s.batch_size_schedule);
  options.sampling = sgd::sampling_of(s.sampling.value);
  options.momentum = s.momentum.value;
  options.nesterov = s.nesterov.value;
  options.label_noise = s.label_noise.value;
  options.svag = static_cast<std::size_t>(s.svag.value);
  options.replicas = static_cast<std::size_t>(s.replicas.value);
  options.seed = static_cast<std::uint64_t>(s.seed.value);
  problem.end = last_time(s, options, problem.loss->samples());
  if (options.label_noise > 0 && problem.loss->targets() == sgd::Loss::Targets::none)
    throw invalid(s.label_noise.origin, "'label_noise' needs a loss with targets; this one has none");
  if (options.label_noise > 1 && problem.loss->targets() == sgd::Loss::Targets::classes)
    throw invalid(s.label_noise.origin, "'label_noise' is the probability of a wrong class here", {"at most 1", {}, {}});
  build_start(s, problem);
  return problem;
}

void place_start(const SgdSpec& spec, SgdProblem& problem, std::vector<std::string>* warnings) {
  if (spec.start.value != "minimum") return;
  std::vector<double> from = problem.start;
  if (problem.loss->data() == nullptr || problem.loss->initial_std()[0] != 1) { // 0 is a saddle of networks
    sgd::ProcessOptions one = problem.options;
    one.replicas = 1;
    sgd::Process random(*problem.loss, one);
    random.start(from, problem.loss->initial_std());
    from.assign(random.weights(0), random.weights(0) + from.size());
  }
  const sgd::Minimum minimum = sgd::minimise(*problem.loss, from);
  if (!minimum.converged && warnings) warnings->push_back(fmt::format("start = \"minimum\": after {} Newton steps |grad f| is still {:.2g}", minimum.iterations, minimum.gradient_norm));
  problem.start = minimum.weights;
}

std::vector<std::uint64_t> output_steps(const SgdSpec& spec) {
  const auto steps = static_cast<std::uint64_t>(spec.steps.value), outputs = std::min<std::uint64_t>(static_cast<std::uint64_t>(spec.outputs.value), steps + 1);
  std::vector<std::uint64_t> result;
  for (std::uint64_t i = 0; i < outputs; ++i) // the quotient and the rest apart: i * steps may be too large
    result.push_back(i * (steps / (outputs - 1)) + i * (steps % (outputs - 1)) / (outputs - 1));
  return result;
}

std::vector<std::size_t> spread_indices(std::size_t kept, std::size_t all) {
  std::vector<std::size_t> indices;
  kept = std::min(kept, all);
  for (std::size_t i = 0; i < kept; ++i) indices.push_back(kept == 1 ? all - 1 : i * (all - 1) / (kept - 1));
  return indices;
}

} // namespace driftwell::run

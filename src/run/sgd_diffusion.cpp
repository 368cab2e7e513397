#include "sgd_diffusion.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/sgd/cloud.hpp"
#include "driftwell/sgd/gradient_noise.hpp"
#include "driftwell/sgd/minimise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace driftwell::run {

namespace {

constexpr double most_kept = 2e8;      ///< projected coordinates kept
constexpr std::uint64_t samples_an_output = 4; ///< of the projected equation
constexpr std::size_t block = 16;      ///< particles a block: each costs a pass over the data

bool at_minimum(const input::SgdSpec& sgd) { return sgd.diffusion->noise.value == "at_minimum"; }

} // namespace

SgdDiffusionSection::SgdDiffusionSection(const input::Spec& spec, Progress& progress) : spec_(spec), sgd_(*spec.sgd), progress_(progress) {}
SgdDiffusionSection::~SgdDiffusionSection() = default;

std::shared_ptr<const sgd::ModifiedEquation> SgdDiffusionSection::equation(int order, std::vector<double> noise_at) const {
  const sgd::ProcessOptions& o = problem_->options;
  sgd::ModifiedEquationOptions options{.order = order, .noise_at = std::move(noise_at), .momentum = o.momentum};
  options.factor = sgd::batch_factor(problem_->loss->samples(), static_cast<std::size_t>(std::round(o.batch_size.value(0))), o.sampling);
  options.square = !stepper_->traits().any_noises;
  return std::make_shared<const sgd::ModifiedEquation>(*problem_->loss, options);
}

std::size_t SgdDiffusionSection::directions() const {
  if (sgd_.projection.directions) return sgd_.projection.directions->value.size();
  return std::min(static_cast<std::size_t>(sgd_.projection.principal_components.value), problem_->loss->dimension());
}

void SgdDiffusionSection::check_options() const {
  const input::SgdDiffusionSpec& diffusion = *sgd_.diffusion;
  const std::size_t d = problem_->loss->dimension();
  const auto refuse = [](const Origin& origin, const std::string& what, const std::string& allowed) { throw invalid(origin, what, {allowed, {}, {}}); };
  if (problem_->options.svag > 1) refuse(sgd_.svag.origin, "'diffusion' is the one of plain SGD: SVAG converges to it", "svag = 1 beside it");
  if (problem_->options.label_noise > 0) refuse(sgd_.label_noise.origin, "'diffusion' has the noise of batches only, not that of labels", "label_noise = 0 beside it");
  if (problem_->options.replicas < 2) refuse(sgd_.replicas.origin, "'diffusion' compares clouds, and one replica is none", "replicas = 2 or more; 100 for divergences");
  const auto& orders = diffusion.order.value;
  if (problem_->options.momentum > 0 && orders.back() == 2) refuse(diffusion.order.origin, "the modified equation of order 2 is that of SGD without momentum", "order = 1 with momentum");
  const auto* item = StepperCatalogue::find(diffusion.stepper.value);
  if (!item) {
    const std::vector<std::string> names = StepperCatalogue::names();
    throw invalid(diffusion.stepper.origin, fmt::format("unknown stepper \"{}\"", diffusion.stepper.value), {list_of(names, "or"), nearest_name(diffusion.stepper.value, names), {}});
  }
  if (sgd_.projection.directions)
    for (const auto& row : sgd_.projection.directions->value)
      if (row.size() != d) refuse(sgd_.projection.directions->origin, fmt::format("a direction of {} numbers for {} weights", row.size(), d), fmt::format("lists of {} numbers", d));
  if (!sgd_.projection.directions && d > sgd::Trajectories::largest)
    refuse(sgd_.projection.principal_components.origin, fmt::format("principal components of {} weights", d), fmt::format("up to {} weights; 'directions' beyond", sgd::Trajectories::largest));
  const double particles = diffusion.particles ? static_cast<double>(diffusion.particles->value) : static_cast<double>(problem_->options.replicas);
  const double kept = static_cast<double>(outputs_.size()) * static_cast<double>(directions()) * (static_cast<double>(problem_->options.replicas) + particles);
  if (kept > most_kept) refuse(diffusion.origin, fmt::format("{:.2g} projected coordinates would be kept", kept), "fewer outputs, replicas or particles");
}

void SgdDiffusionSection::prepare() {
  problem_ = build_sgd(spec_);
  place_start(sgd_, *problem_, nullptr);
  outputs_ = output_steps(sgd_);
  const input::SgdDiffusionSpec& diffusion = *sgd_.diffusion;
  check_options();
  stepper_ = StepperCatalogue::find(diffusion.stepper.value)->make();
  try {
    temperature_ = sgd::modified_temperature(problem_->options, problem_->loss->samples());
    for (const std::int64_t order : diffusion.order.value) (void)equation(static_cast<int>(order), at_minimum(sgd_) ? problem_->start : std::vector<double>{});
  } catch (const std::invalid_argument& error) {
    throw invalid(diffusion.origin, error.what());
  }
  try {
    const Dynamics dynamics(equation(1, at_minimum(sgd_) ? problem_->start : std::vector<double>{}), *temperature_);
    (void)Integrator(dynamics, *stepper_, 0, {0, 1});
  } catch (const std::invalid_argument& error) {
    throw invalid(diffusion.stepper.origin, fmt::format("stepper \"{}\" cannot run this diffusion: {}", diffusion.stepper.value, error.what()), {"\"small_noise_heun\", or another", "", {}});
  }
  if (problem_->options.sampling == sgd::Sampling::epochs)
    warnings_.emplace_back("diffusion beside epochs: it has the noise of independent batches; those of an epoch are anti-correlated");
  if (problem_->options.replicas < least_for_divergences)
    warnings_.push_back(fmt::format("diffusion: no divergences from {} replicas; at least {}", problem_->options.replicas, least_for_divergences));
  snapshots_ = spread_indices(static_cast<std::size_t>(sgd_.snapshots.value), outputs_.size());
}

std::size_t SgdDiffusionSection::steps_between(double from, double to) const {
  const double dt = sgd_.diffusion->dt ? sgd_.diffusion->dt->value : problem_->options.learning_rate.value(from) / 2;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil((to - from) / dt * (1 - 1e-9))));
}

/// SGD once, for what is known at its end only: principal components, and the minimum below the last cloud.
void SgdDiffusionSection::first_pass() {
  const auto d = static_cast<Eigen::Index>(problem_->loss->dimension());
  const bool components = !sgd_.projection.directions;
  if (components || at_minimum(sgd_)) {
    progress_.phase("sgd_diffusion: directions and minimum from a first pass of SGD");
    sgd::Process process(*problem_->loss, problem_->options);
    process.start(problem_->start, problem_->start_std);
    std::optional<sgd::Trajectories> trajectories;
    if (components) trajectories.emplace(problem_->loss->dimension());
    for (const std::uint64_t output : outputs_) {
      process.advance(output - process.steps());
      if (trajectories) trajectories->add(process);
    }
    if (trajectories) {
      const auto found = trajectories->components(directions());
      P_ = found.directions;
      explained_ = found.explained;
    }
    if (at_minimum(sgd_)) {
      const Eigen::VectorXd mean = sgd::spread(process).mean;
      const sgd::Minimum minimum = sgd::minimise(*problem_->loss, {mean.data(), mean.data() + mean.size()});
      if (!minimum.converged) warnings_.push_back(fmt::format("noise at the minimum: after {} Newton steps |grad f| is still {:.2g}", minimum.iterations, minimum.gradient_norm));
      minimum_ = minimum.weights;
    }
  }
  if (components) return;
  const auto& rows = sgd_.projection.directions->value;
  P_.resize(d, static_cast<Eigen::Index>(rows.size()));
  for (std::size_t j = 0; j < rows.size(); ++j) P_.col(static_cast<Eigen::Index>(j)) = Eigen::VectorXd::Map(rows[j].data(), d).normalized();
}

void SgdDiffusionSection::start_clouds() {
  process_ = std::make_unique<sgd::Process>(*problem_->loss, problem_->options);
  process_->start(problem_->start, problem_->start_std);
  sgd::ProcessOptions options = problem_->options;
  if (sgd_.diffusion->particles) options.replicas = static_cast<std::size_t>(sgd_.diffusion->particles->value);
  sgd::Process start(*problem_->loss, options); // replica r begins where particle r does
  start.start(problem_->start, problem_->start_std);
  for (const std::int64_t order : sgd_.diffusion->order.value) {
    Cloud cloud{static_cast<int>(order), equation(static_cast<int>(order), minimum_), nullptr, std::make_unique<Ensemble>(start.dimension(), start.replicas())};
    cloud.dynamics = std::make_unique<Dynamics>(cloud.equation, *temperature_);
    for (std::size_t i = 0; i < start.dimension(); ++i)
      for (std::size_t r = 0; r < start.replicas(); ++r) cloud.particles->row(i)[r] = start.weights(r)[i];
    clouds_.push_back(std::move(cloud));
  }
}

void SgdDiffusionSection::advance(Cloud& cloud, const Clock& clock, std::uint64_t from, std::uint64_t to) const {
  IntegrateOptions options;
  options.block = block;
  options.advice = false;
  Integrator integrator(*cloud.dynamics, *stepper_, problem_->options.seed, clock, options);
  try {
    // In stretches, so that a signal is obeyed soon: a step of the particles is a pass over the data for each.
    for (std::uint64_t n = from; n < to; n += 8) integrator.advance(*cloud.particles, n, std::min(to, n + 8));
  } catch (const NumericalFailure& failure) {
    throw NumericalFailure(fmt::format("the modified equation of order {}: {}; a smaller sgd.diffusion.dt or learning_rate may help", cloud.order, failure.what()));
  }
}

/// Takes the clouds to the next output. The numbers of the steps go on from output to output, so that noise is never drawn twice; both orders
/// share it. On the way the projected equation is sampled.
void SgdDiffusionSection::advance_to(double t, std::uint64_t& step) {
  const double from = times_.back();
  const std::uint64_t steps = steps_between(from, t), parts = wants_density() ? std::min<std::uint64_t>(steps, samples_an_output) : 1;
  const double dt = (t - from) / static_cast<double>(steps);
  const Clock clock{from - static_cast<double>(step) * dt, dt};
  for (std::uint64_t part = 0; part < parts; ++part) {
    const std::uint64_t begin = steps * part / parts, end = steps * (part + 1) / parts;
    for (Cloud& cloud : clouds_) advance(cloud, clock, step + begin, step + end);
    const double now = part + 1 == parts ? t : from + static_cast<double>(end) * dt;
    if (wants_density()) fit_.add(sample(clouds_.back(), now), now);
  }
  if (wants_density()) fitted_.push_back(fit_.close(static_cast<std::size_t>(sgd_.projection.degree.value)));
  step += steps;
}

void SgdDiffusionSection::compute(record::ResultFile& file) {
  try {
    first_pass();
  } catch (const std::domain_error& error) {
    throw NumericalFailure(error.what());
  }
  start_clouds();
  record::Group group = file.group("sgd_diffusion");
  declare(group);
  file.flush();
  const std::string phase = fmt::format("sgd_diffusion: {} modified equation{}, {} particles", clouds_.size(), clouds_.size() > 1 ? "s" : "", clouds_[0].particles->particles());
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    progress_.phase(phase);
    process_->advance(outputs_[i] - process_->steps());
    if (i > 0) advance_to(process_->time(), step);
    else if (wants_density()) fit_.add(sample(clouds_.back(), 0), 0);
    times_.push_back(process_->time());
    measure(group, i);
    outputs_done_ = i + 1;
    progress_.outputs(outputs_done_, outputs_.size());
    file.flush_if_due();
  }
  if (wants_density()) solve_density(group);
}

} // namespace driftwell::run

#include "langevin.hpp"

#include "density_results.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/run/build.hpp"
#include "driftwell/run/density_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace driftwell::run {

namespace {

using Shape = EnsembleObservable::Shape;
using estimators::Estimate;

std::uint64_t seed_of(const input::Spec& spec) { return static_cast<std::uint64_t>(spec.langevin->seed.value); }

WallKind kind_of(input::Boundary boundary) {
  switch (boundary) {
  case input::Boundary::periodic: return WallKind::periodic;
  case input::Boundary::absorbing: return WallKind::absorbing;
  case input::Boundary::reflecting: break;
  }
  return WallKind::reflecting;
}

/// A stretch of steps between two looks at signals and the clock.
constexpr double stretch_seconds = 0.5;
constexpr double most_steps = 1e15; ///< whole numbers stay exact in doubles, in which checkpoints keep them

/// Those of [langevin], else those of [fokker_planck], else none. The box of an underdamped density only cuts the positions
/// off where nothing is, so of its walls only the periodic ones count.
Walls walls_of(const input::Spec& spec, bool underdamped) {
  const input::BoxSpec* box = spec.langevin->walls ? &*spec.langevin->walls : spec.fokker_planck ? &*spec.fokker_planck : nullptr;
  Walls walls;
  if (!box) return walls;
  for (std::size_t a = 0; a < box->boundary.size(); ++a) {
    AxisWalls axis{box->lower.value[a], box->upper.value[a], kind_of(box->boundary[a][0]), kind_of(box->boundary[a][1])};
    if (underdamped && !spec.langevin->walls && axis.low != WallKind::periodic) axis = {};
    walls.axes.push_back(axis);
  }
  return walls;
}

std::vector<std::size_t> spread(std::size_t count, std::size_t outputs) {
  std::vector<std::size_t> indices;
  const std::size_t kept = std::min(count, outputs);
  for (std::size_t i = 0; i < kept; ++i) indices.push_back(kept == 1 ? outputs - 1 : i * (outputs - 1) / (kept - 1));
  return indices;
}

} // namespace

LangevinSection::LangevinSection(const SectionContext& context, const DensityResults* density)
    : spec_(context.spec), model_(*context.model), density_(density), progress_(context.progress), schedule_(build_schedule(spec_)),
      walls_(walls_of(spec_, model_.underdamped())), names_(model_.names()), checkpoints_(context.checkpoints) {
  if (model_.underdamped())
    for (const std::string& name : model_.names()) names_.push_back(input::momentum_name(name));
}

LangevinSection::~LangevinSection() = default;

void LangevinSection::choose_stepper() {
  const input::Text& given = spec_.langevin->stepper;
  stepper_name_ = given.value == "auto" ? (model_.underdamped() ? "baoab" : "euler_maruyama") : given.value;
  const auto* item = StepperCatalogue::find(stepper_name_);
  if (!item) {
    std::vector<std::string> names = StepperCatalogue::names();
    names.emplace_back("auto");
    throw invalid(given.origin, fmt::format("unknown stepper \"{}\"", stepper_name_), {list_of(names, "or"), nearest_name(stepper_name_, names), {}});
  }
  stepper_ = item->make();
  try {
    dynamics_ = std::make_unique<Dynamics>(model_, schedule_);
    build_passage();
    integrator_ = std::make_unique<Integrator>(integrator(steps_.clock(1)));
  } catch (const std::invalid_argument& error) {
    throw invalid(given.origin, fmt::format("stepper \"{}\" cannot do this model: {}", stepper_name_, error.what()), {"another stepper: 'driftwell list steppers'", "", {}});
  }
}

void LangevinSection::build_passage() {
  if (!spec_.langevin->target) return;
  const Expression target = build_expression(spec_, *spec_.langevin->target);
  passage_ = std::make_unique<Passage>(*dynamics_, target, static_cast<std::size_t>(spec_.langevin->particles.value), seed_of(spec_));
}

Integrator LangevinSection::integrator(const Clock& clock) const {
  return {*dynamics_, *stepper_, seed_of(spec_), clock, {.walls = walls_, .interruptible = false, .observer = passage_.get()}};
}

void LangevinSection::build_reference() {
  const bool fixed = schedule_.constant() && !model_.underdamped();
  const SteadyState* steady = density_ && fixed ? density_->reference_state() : nullptr;
  std::optional<double> log_partition;
  if (spec_.langevin->log_partition) log_partition = spec_.langevin->log_partition->value;
  const bool open = std::all_of(walls_.axes.begin(), walls_.axes.end(), [](const AxisWalls& a) { return a.low != WallKind::periodic; });
  const bool gibbs = density_ ? density_->gibbs() : model_.gibbs() && open && !walls_.absorbing();
  reference_ = std::make_unique<EnsembleReference>(model_, gibbs, steady ? &density_->grid() : nullptr, steady, log_partition);
  reference_->walls_absorb = walls_.absorbing();
  reference_->period.assign(names_.size(), 0.0);
  for (std::size_t a = 0; a < walls_.axes.size(); ++a)
    if (walls_.axes[a].low == WallKind::periodic) reference_->period[a] = walls_.axes[a].upper - walls_.axes[a].lower;
}

/// A cloud of the law that distances are told to, of particles that the ensemble does not have.
void LangevinSection::build_distance() {
  constexpr std::uint64_t beyond = std::uint64_t{1} << 41;
  for (const AxisWalls& axis : walls_.axes)
    if (axis.low == WallKind::periodic) throw invalid(spec_.langevin->origin, "'distance_to' cannot be told on a periodic axis", {"walls that are not periodic, or no 'distance_to'", "", {}});
  const InitialCloud law(spec_, *spec_.langevin->distance_to, model_, walls_, density_, true);
  const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(spec_.langevin->particles.value), EnsembleReference::most_for_distance);
  Ensemble cloud(names_.size(), n, beyond);
  law.fill(cloud, schedule_.value(spec_.time.end), seed_of(spec_));
  for (std::size_t i = 0; i < cloud.rows(); ++i) reference_->sample.emplace_back(cloud.row(i).begin(), cloud.row(i).end());
}

void LangevinSection::build_observables() {
  for (const std::string& name : EnsembleObservableCatalogue::names())
    if (auto observable = EnsembleObservableCatalogue::find(name)->make(); observable->applies(*reference_)) observables_[name] = std::move(observable);
}

void LangevinSection::prepare_dynamics() {
  if (const double steps = spec_.time.end / spec_.langevin->dt.value; !(steps <= most_steps))
    throw invalid(spec_.langevin->dt.origin, fmt::format("until t = {:g} there are {:.3g} steps of 'dt'", spec_.time.end, steps), {fmt::format("at most {:g} steps: a longer dt, or an earlier end", most_steps), "", {}});
  steps_ = TimeSteps(spec_.time.at, spec_.langevin->dt.value);
  double bytes = 8.0 * static_cast<double>(names_.size() + 2) * static_cast<double>(spec_.langevin->particles.value);
  const auto check_memory = [&](const std::string& what, const char* advice) {
    if (bytes > available_memory()) throw NumericalFailure(fmt::format("{} need about {:.3g} GB, {}. {}", what, bytes / 1e9, memory_words(), advice));
  };
  check_memory(fmt::format("{} particles", spec_.langevin->particles.value), "Use fewer particles.");
  if (spec_.langevin->series) {
    bytes += series_bytes(*spec_.langevin->series, spec_.model.variables.size());
    check_memory("particles and their time series", "Follow fewer particles, or ask for fewer lags or a shorter segment.");
    sampled_ = std::make_unique<LangevinSeries>(spec_, names_, steps_, walls_);
  }
  if (spec_.langevin->seed.value > static_cast<std::int64_t>(largest_seed))
    throw invalid(spec_.langevin->seed.origin, "the seed is too large", {fmt::format("an integer from 0 to {}", largest_seed), "", {}});
  choose_stepper();
  if (estimates()) prepare_estimate();
}

void LangevinSection::prepare() {
  prepare_dynamics();
  initial_ = std::make_unique<InitialCloud>(spec_, spec_.initial, model_, walls_, density_, estimates());
  if (estimates()) return;
  build_reference();
  if (spec_.langevin->distance_to) build_distance();
  build_observables();
  snapshots_ = spread(static_cast<std::size_t>(spec_.langevin->snapshots.value), spec_.time.at.size());
}

void LangevinSection::advance(Ensemble& ensemble, std::size_t to) {
  const Clock clock = steps_.clock(to), last = to > 1 ? steps_.clock(to - 1) : clock;
  // Steps of equal length up to rounding go on with what the integrator holds.
  if (step_ == steps_.at(to - 1) && std::abs(clock.dt - last.dt) > 1e-9 * clock.dt)
    integrator_ = std::make_unique<Integrator>(integrator(clock));
  while (step_ < steps_.at(to)) {
    const double stretch = seconds_a_step_ > 0 ? stretch_seconds / seconds_a_step_ : 16;
    std::uint64_t until = std::min(steps_.at(to), step_ + static_cast<std::uint64_t>(std::clamp(stretch, 1.0, 1e9)));
    if (sampled_) until = std::min(until, sampled_->next(step_ + 1));
    const auto start = std::chrono::steady_clock::now();
    integrator_->advance(ensemble, step_, until);
    const auto end = std::chrono::steady_clock::now();
    seconds_a_step_ = std::chrono::duration<double>(end - start).count() / static_cast<double>(until - step_);
    seconds_ += std::chrono::duration<double>(end - start).count();
    step_ = until;
    sample(ensemble);
    if (checkpoint_due()) save(ensemble);
    poll_interrupt();
  }
}

void LangevinSection::sample(const Ensemble& ensemble) {
  if (sampled_ && sampled_->next(step_) == step_) sampled_->look(ensemble);
}

void LangevinSection::advise_on_dt(const Ensemble& ensemble) {
  const double stable = stable_dt(*dynamics_, ensemble);
  if (spec_.langevin->dt.value > stable)
    warnings_.push_back(fmt::format("dt = {:g} is longer than the fastest time of the drift where the particles start, {:.2g}: take dt well below it", spec_.langevin->dt.value, stable));
}

void LangevinSection::compute(record::ResultFile& file) {
  record::Group group = file.group("langevin");
  if (estimates()) return compute_estimate(group);
  declare(group);
  const auto particles = static_cast<std::size_t>(spec_.langevin->particles.value);
  progress_.phase(fmt::format("{} particles, {}", particles, stepper_name_));
  Ensemble ensemble(names_.size(), particles);
  if (!restore(group, ensemble)) {
    initial_->fill(ensemble, schedule_.value(0), seed_of(spec_));
    advise_on_dt(ensemble);
    sample(ensemble);
  }
  for (std::size_t index = outputs_done_; index < spec_.time.at.size(); ++index) {
    if (index > 0) advance(ensemble, index);
    observe(group, index, ensemble);
    outputs_done_ = index + 1;
    progress_.outputs(outputs_done_, spec_.time.at.size());
    file.flush_if_due();
  }
  if (passage_) write_passage(group, ensemble);
  if (sampled_) sampled_->write(group, warnings_);
}

} // namespace driftwell::run

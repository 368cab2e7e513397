#include "langevin.hpp"

#include "density_results.hpp"
#include "driftwell/core/error.hpp"
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

/// The particles that no wall has absorbed.
struct LangevinSection::Cloud {
  std::vector<std::vector<double>> copies; ///< where some are dead
  std::vector<const double*> columns;
  std::size_t n;

  explicit Cloud(const Ensemble& ensemble) : n(ensemble.particles()) {
    if (ensemble.death_time().empty()) {
      for (std::size_t i = 0; i < ensemble.rows(); ++i) columns.push_back(ensemble.row(i).data());
      return;
    }
    copies.resize(ensemble.rows());
    for (std::size_t i = 0; i < ensemble.rows(); ++i)
      for (std::size_t k = 0; k < ensemble.particles(); ++k)
        if (ensemble.alive(k)) copies[i].push_back(ensemble.row(i)[k]);
    for (const auto& copy : copies) columns.push_back(copy.data());
    n = copies[0].size();
  }
};

LangevinSection::LangevinSection(const input::Spec& spec, const Model& model, const DensityResults* density, Progress& progress)
    : spec_(spec), model_(model), density_(density), progress_(progress), schedule_(build_schedule(spec)),
      walls_(walls_of(spec, model.underdamped())), names_(model.names()) {
  if (model.underdamped())
    for (const std::string& name : model.names()) names_.push_back(input::momentum_name(name));
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
    integrator_ = std::make_unique<Integrator>(*dynamics_, *stepper_, seed_of(spec_), steps_.clock(1), IntegrateOptions{walls_, 0, true});
  } catch (const std::invalid_argument& error) {
    throw invalid(given.origin, fmt::format("stepper \"{}\" cannot do this model: {}", stepper_name_, error.what()), {"another stepper: 'driftwell list steppers'", "", {}});
  }
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
  for (const std::string& name : EnsembleObservableCatalogue::names())
    if (auto observable = EnsembleObservableCatalogue::find(name)->make(); observable->applies(*reference_)) observables_[name] = std::move(observable);
}

void LangevinSection::prepare_dynamics() {
  const double bytes = 8.0 * static_cast<double>(names_.size() + 2) * static_cast<double>(spec_.langevin->particles.value);
  if (const double free = available_memory(); bytes > free)
    throw NumericalFailure(fmt::format("{} particles need about {:.3g} GB, {:.3g} GB are free. Use fewer particles.", spec_.langevin->particles.value, bytes / 1e9, free / 1e9));
  steps_ = TimeSteps(spec_.time.at, spec_.langevin->dt.value);
  if (spec_.langevin->seed.value > static_cast<std::int64_t>(largest_seed))
    throw invalid(spec_.langevin->seed.origin, "the seed is too large", {fmt::format("an integer from 0 to {}", largest_seed), "", {}});
  choose_stepper();
}

void LangevinSection::prepare() {
  prepare_dynamics();
  build_reference();
  initial_ = std::make_unique<InitialCloud>(spec_, model_, walls_, density_);
  snapshots_ = spread(static_cast<std::size_t>(spec_.langevin->snapshots.value), spec_.time.at.size());
}

void LangevinSection::declare(record::Group& group) const {
  group.growing_dimension("time", {{"long_name", std::string("time")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of a kept cloud")}});
  group.dimension("variable", names_, {{"long_name", std::string("name of a variable")}});
  group.dimension("variable_2", names_, {{"long_name", std::string("name of a variable")}});
  group.dimension("particle", std::min<std::size_t>(static_cast<std::size_t>(spec_.langevin->kept.value), static_cast<std::size_t>(spec_.langevin->particles.value)));
  if (!schedule_.constant()) group.variable("temperature", {"time"}, {{"long_name", std::string("temperature T(t)")}});
  for (const auto& [name, observable] : observables_) {
    std::vector<std::string> dims{"time"};
    if (observable->shape() != Shape::scalar) dims.emplace_back("variable");
    if (observable->shape() == Shape::matrix) dims.emplace_back("variable_2");
    group.variable(name, dims, {{"long_name", observable->long_name()}});
    group.variable(name + "_stderr", dims, {{"long_name", "standard error of " + name}});
  }
  if (!snapshots_.empty()) group.variable("sample", {"snapshot_time", "particle", "variable"}, {{"long_name", std::string("particles, the first ones")}});
  if (const Grid* grid = reference_->grid()) {
    for (std::size_t a = 0; a < grid->dimension(); ++a) group.dimension(names_[a], grid->centres(a), {{"long_name", "cell centres of " + names_[a]}});
    for (const std::string& name : model_.names()) {
      group.variable("marginal_" + name, {"snapshot_time", name}, {{"long_name", "density of " + name + ": histogram"}});
      group.variable("marginal_" + name + "_stderr", {"snapshot_time", name}, {{"long_name", "standard error of marginal_" + name}});
    }
    if (grid->dimension() == 2) {
      const std::vector<std::string> frame{"snapshot_time", names_[0], names_[1]};
      group.variable("histogram", frame, {{"long_name", std::string("density: histogram on the density's grid")}});
      group.variable("histogram_stderr", frame, {{"long_name", std::string("standard error of histogram")}});
    }
  }
  group.attribute("equation", model_.description());
  group.attribute("stepper", stepper_name_);
  group.attribute("particles", spec_.langevin->particles.value);
  group.attribute("seed", spec_.langevin->seed.value);
  group.attribute("steps", static_cast<std::int64_t>(steps_.total()));
  group.attribute("dt", spec_.langevin->dt.value);
  if (const auto log_partition = reference_->log_partition()) group.attribute("log_partition", *log_partition);
}

void LangevinSection::note(const std::string& what, const std::string& why) {
  if (noted_.emplace(what, why).second) warnings_.push_back(fmt::format("{}: {}", what, why));
}

void LangevinSection::keep_snapshot(record::Group& group, std::size_t index, const Cloud& cloud) {
  const auto found = std::find(snapshots_.begin(), snapshots_.end(), index);
  if (found == snapshots_.end()) return;
  const auto frame = static_cast<std::size_t>(found - snapshots_.begin());
  group.write_frame("snapshot_time", frame, std::span(&spec_.time.at[index], 1));
  const std::size_t rows = names_.size(), kept = std::min<std::size_t>(static_cast<std::size_t>(spec_.langevin->kept.value), static_cast<std::size_t>(spec_.langevin->particles.value));
  std::vector<double> points(kept * rows, std::nan("")); // of the dead nothing is known
  for (std::size_t k = 0; k < std::min(kept, cloud.n); ++k)
    for (std::size_t i = 0; i < rows; ++i) points[k * rows + i] = cloud.columns[i][k];
  group.write_frame("sample", frame, points);
  const Grid* grid = reference_->grid();
  if (!grid || cloud.n < 2) return;
  const auto write = [&](const std::string& name, const estimators::Histogram& counts) {
    std::vector<double> value, error;
    for (const Estimate& e : counts.density()) value.push_back(e.value), error.push_back(e.standard_error);
    group.write_frame(name, frame, value);
    group.write_frame(name + "_stderr", frame, error);
  };
  for (std::size_t a = 0; a < grid->dimension(); ++a) {
    const std::vector<std::size_t> axes{a};
    write("marginal_" + names_[a], estimators::histogram(Grid({grid->axis(a)}), cloud.columns, cloud.n, axes));
  }
  if (grid->dimension() == 2) write("histogram", estimators::histogram(*grid, cloud.columns, cloud.n));
}

void LangevinSection::observe(record::Group& group, std::size_t index, const Ensemble& ensemble) {
  const Cloud cloud(ensemble);
  const double t = spec_.time.at[index], T = schedule_.value(t);
  const EnsembleState state(*reference_, cloud.columns, cloud.n, ensemble.particles(), T);
  group.write_frame("time", index, std::span(&t, 1));
  if (!schedule_.constant()) group.write_frame("temperature", index, std::span(&T, 1));
  for (const auto& [name, observable] : observables_) {
    const std::size_t rows = names_.size(), size = observable->shape() == Shape::scalar ? 1 : observable->shape() == Shape::vector ? rows : rows * rows;
    std::vector<Estimate> estimates(size);
    try {
      estimates = observable->evaluate(state);
    } catch (const NumericalFailure& failure) { // the place stays NaN; the other numbers are good without it
      note(name, fmt::format("no value at t = {:g}: {}", t, failure.what()));
    }
    std::vector<double> value, error;
    for (const Estimate& e : estimates) value.push_back(e.value), error.push_back(e.standard_error);
    group.write_frame(name, index, value);
    group.write_frame(name + "_stderr", index, error);
    series_[name].push_back(std::move(estimates));
  }
  keep_snapshot(group, index, cloud);
  if (density_ && reference_->grid() && reference_->grid()->dimension() <= 2 && cloud.n > 1 && density_->densities().contains(index))
    histograms_.emplace(index, estimators::histogram(MergedCells(*reference_->grid(), ensemble.particles()).grid(), cloud.columns, cloud.n));
}

void LangevinSection::advance(Ensemble& ensemble, std::size_t to) {
  const Clock clock = steps_.clock(to), last = to > 1 ? steps_.clock(to - 1) : clock;
  // Steps of equal length up to rounding go on with what the integrator holds.
  if (std::abs(clock.dt - last.dt) > 1e-9 * clock.dt)
    integrator_ = std::make_unique<Integrator>(*dynamics_, *stepper_, seed_of(spec_), clock, IntegrateOptions{walls_, 0, true});
  integrator_->advance(ensemble, steps_.at(to - 1), steps_.at(to));
}

void LangevinSection::advise_on_dt(const Ensemble& ensemble) {
  const double stable = stable_dt(*dynamics_, ensemble);
  if (spec_.langevin->dt.value > stable)
    warnings_.push_back(fmt::format("dt = {:g} is longer than the fastest time of the drift where the particles start, {:.2g}: take dt well below it", spec_.langevin->dt.value, stable));
}

void LangevinSection::compute(record::ResultFile& file) {
  record::Group group = file.group("langevin");
  declare(group);
  const auto particles = static_cast<std::size_t>(spec_.langevin->particles.value);
  progress_.phase(fmt::format("{} particles, {}", particles, stepper_name_));
  Ensemble ensemble(names_.size(), particles);
  initial_->fill(ensemble, schedule_.value(0), seed_of(spec_));
  advise_on_dt(ensemble);
  for (std::size_t index = 0; index < spec_.time.at.size(); ++index) {
    const auto start = std::chrono::steady_clock::now();
    if (index > 0) advance(ensemble, index);
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    observe(group, index, ensemble);
    outputs_done_ = index + 1;
    progress_.outputs(outputs_done_, spec_.time.at.size());
    file.flush_if_due();
  }
}

} // namespace driftwell::run

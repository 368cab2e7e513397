// What section [langevin] writes: declarations, observables at every output, clouds and histograms kept.
#include "density_results.hpp"
#include "langevin.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/ensemble_observables/merged_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

using Shape = EnsembleObservable::Shape;
using estimators::Estimate;

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
  if (passage_) {
    group.variable("not_yet_passed", {"time"}, {{"long_name", std::string("probability of not having met the target")}});
    group.variable("not_yet_passed_stderr", {"time"}, {{"long_name", std::string("standard error of not_yet_passed")}});
    group.attribute("target", spec_.langevin->target->value);
  }
  if (sampled_) sampled_->declare(group);
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
  if (passage_) {
    if (index == 0) passage_->look(ensemble, t);
    const Estimate& e = not_yet_passed_.emplace_back(passage_->not_yet_passed(ensemble, t));
    passed_ = passage_->passed(ensemble, t);
    group.write_frame("not_yet_passed", index, std::span(&e.value, 1));
    group.write_frame("not_yet_passed_stderr", index, std::span(&e.standard_error, 1));
  }
  keep_snapshot(group, index, cloud);
  if (density_ && reference_->grid() && reference_->grid()->dimension() <= 2 && cloud.n > 1 && density_->densities().contains(index))
    count(index, cloud, ensemble.particles());
}

void LangevinSection::write_passage(record::Group& group, const Ensemble& ensemble) {
  passed_ = passage_->passed(ensemble, spec_.time.at.back());
  group.attribute("passages", static_cast<std::int64_t>(passed_));
  group.attribute("passages_censored", static_cast<std::int64_t>(ensemble.particles() - passed_));
  try {
    passage_times_ = passage_->statistics(ensemble, spec_.time.at.back());
  } catch (const NumericalFailure& failure) {
    return note("mean_passage_time", failure.what());
  }
  group.attribute("mean_passage_time", passage_times_->mean.value);
  group.attribute("mean_passage_time_stderr", passage_times_->mean.standard_error);
  group.attribute("restricted_mean_passage_time", passage_times_->restricted_mean.value);
  group.attribute("restricted_mean_passage_time_stderr", passage_times_->restricted_mean.standard_error);
  group.attribute("passage_horizon", passage_times_->horizon);
}

void LangevinSection::count(std::size_t index, const Cloud& cloud, std::size_t particles) {
  const estimators::Histogram counts = estimators::histogram(MergedCells(*reference_->grid(), particles).grid(), cloud.columns, cloud.n);
  std::vector<double>& kept = counts_[index];
  kept.assign(counts.counts().begin(), counts.counts().end());
  kept.push_back(static_cast<double>(counts.outside()));
}

} // namespace driftwell::run

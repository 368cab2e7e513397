#include "fokker_planck.hpp"

#include "background.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/generator/sparse_factor.hpp"
#include "driftwell/propagators/scheduled_evolution.hpp"
#include "driftwell/stationary/passage.hpp"
#include "driftwell/stationary/spectrum.hpp"
#include "grid_text.hpp"
#include "richardson.hpp"
#include "span_of.hpp"
#include "well_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

namespace driftwell::run {

namespace {

using record::Attributes;
using Shape = DensityObservable::Shape;

/// The leading eigenvalue is computed on a grid of at most so many cells, and on half of it, and extrapolated.
constexpr double largest_for_gap = 20'000, largest_for_gap_3d = 14'000; // factors of three-dimensional grids are dense

/// The same box with the same proportions and at most `most` cells.
Grid shrunk(const Grid& grid, double most) {
  const double size = static_cast<double>(grid.size());
  if (size <= most) return grid;
  const double factor = std::pow(most / size, 1.0 / static_cast<double>(grid.dimension()));
  std::vector<Axis> axes = grid.axes();
  for (Axis& axis : axes) axis = axis.with_cells(std::max<std::size_t>(4, 2 * static_cast<std::size_t>(static_cast<double>(axis.cells) * factor / 2)));
  return Grid(axes);
}

double halving_ratio(const Grid& fine, const Grid& coarse) {
  // The smallest over the axes: bars of unevenly halved grids rather come out too long.
  double ratio = 2;
  for (std::size_t a = 0; a < fine.dimension(); ++a) ratio = std::min(ratio, coarse.axis(a).spacing() / fine.axis(a).spacing());
  return ratio;
}

/// rho at the centres.
Eigen::VectorXd density_of(const Grid& grid, const Eigen::VectorXd& p) {
  Eigen::VectorXd rho(p.size());
  for (Eigen::Index k = 0; k < p.size(); ++k) rho[k] = p[k] / grid.volume(static_cast<std::size_t>(k));
  return rho;
}

} // namespace

std::string boundary_text(const Grid& grid, const std::vector<std::string>& names) {
  const auto word = [](Boundary b) { return b == Boundary::periodic ? "periodic" : b == Boundary::absorbing ? "absorbing" : "reflecting"; };
  std::string text;
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    text += fmt::format("{}{}: {}, {}", a ? "; " : "", names[a], word(grid.axis(a).sides[0]), word(grid.axis(a).sides[1]));
  return text;
}

std::vector<Grid> halvings(const Grid& grid) {
  std::vector<Grid> grids{grid};
  while (grids.size() < 3 && std::all_of(grids.back().axes().begin(), grids.back().axes().end(), [](const Axis& a) { return a.cells >= 4; }))
    grids.push_back(grids.back().coarsened());
  return grids;
}

struct FokkerPlanckSection::Coarse {
  std::unique_ptr<DensityRun> run;
  Series series; ///< empty where that grid could not be computed
  double time_error = 0;
};

FokkerPlanckSection::FokkerPlanckSection(const input::Spec& spec, const Model& model, Progress& progress)
    : spec_(spec), model_(model), progress_(progress) {}

FokkerPlanckSection::~FokkerPlanckSection() = default;

void FokkerPlanckSection::prepare() {
  const Grid grid = build_grid(*spec_.fokker_planck);
  const std::vector<Grid> grids = halvings(grid);
  initial_ = std::make_unique<InitialDensity>(spec_, grids.back());
  progress_.phase(fmt::format("building {} cells and their steady state", cells_text(grid)));
  fine_ = std::make_unique<DensityRun>(spec_, model_, grid);
  try {
    for (std::size_t i = 1; i < grids.size(); ++i) coarse_.push_back({std::make_unique<DensityRun>(spec_, model_, grids[i]), {}});
  } catch (const Error& error) { // the grid asked for is good; a centre of a coarser one may sit on a singularity
    summary_.warnings.push_back(fmt::format("no error bars from {} cells: {}", cells_text(grids[coarse_.size() + 1]), error.what()));
  }
  if (spec_.fokker_planck->wasserstein.value && grid.dimension() == 2)
    transport_ = std::make_unique<PlanarTransport>(transport_axes(grid), fine_->steady().p);
  const std::size_t outputs = spec_.time.at.size(), kept = std::min<std::size_t>(static_cast<std::size_t>(spec_.fokker_planck->snapshots.value), outputs);
  for (std::size_t i = 0; i < kept; ++i) snapshots_.push_back(kept == 1 ? outputs - 1 : i * (outputs - 1) / (kept - 1));
}

/// The volume of a cell is the product of its widths: the same number everywhere on a uniform grid.
void write_widths(record::Group& group, const Grid& grid, const std::vector<std::string>& names) {
  if (grid.uniform()) group.attribute("cell_volume", grid.volume(0));
  for (std::size_t a = 0; a < names.size(); ++a) {
    std::vector<double> widths(grid.axis(a).cells);
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = grid.axis(a).width(i);
    group.variable(names[a] + "_width", {names[a]}, {{"long_name", "width of the cells along " + names[a]}});
    group.write(names[a] + "_width", widths);
  }
}

void FokkerPlanckSection::declare(record::Group& group) const {
  const Grid& grid = fine_->generator().grid();
  const auto& names = model_.names();
  group.growing_dimension("time", {{"long_name", std::string("time")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of a kept density")}});
  for (std::size_t a = 0; a < grid.dimension(); ++a)
    group.dimension(names[a], grid.centres(a), {{"long_name", "cell centres of " + names[a]}, {"spacing", grid.axis(a).spacing()}});
  group.dimension("variable", names, {{"long_name", std::string("name of a variable")}});
  group.dimension("variable_2", names, {{"long_name", std::string("name of a variable")}});
  if (fine_->schedule()) group.variable("temperature", {"time"}, {{"long_name", std::string("temperature T(t)")}});
  for (const std::string& name : ObservableCatalogue::names()) {
    const auto observable = ObservableCatalogue::find(name)->make();
    if (!observable->applies(grid)) continue;
    std::vector<std::string> dims{"time"};
    if (observable->shape() != Shape::scalar) dims.emplace_back("variable");
    if (observable->shape() == Shape::matrix) dims.emplace_back("variable_2");
    group.variable(name, dims, {{"long_name", observable->long_name()}});
    if (coarse_.empty()) continue;
    group.variable(name + "_error", dims, {{"long_name", "error bar of " + name + ": grid halving and propagator"}});
    group.variable(name + "_richardson", dims, {{"long_name", name + " extrapolated from this grid and the one of half its cells"}});
  }
  if (transport_) declare_transport(group);
  std::vector<std::string> frame{"snapshot_time"};
  frame.insert(frame.end(), names.begin(), names.end());
  group.variable("density", frame, {{"long_name", std::string("probability density rho")}});
  group.variable("steady_state", names, {{"long_name", std::string(grid.absorbing() ? "quasi-stationary density of the survivors" : "steady-state density rho_ss")}});
  group.variable("potential", names, {{"long_name", std::string("potential f as given")}});
  group.variable("implicit_potential", names, {{"long_name", std::string("implicit potential, -T log rho_ss + constant")}});
  for (const std::string& name : names) group.variable("current_" + name, names, {{"long_name", "steady probability current along " + name}});
  if (grid.absorbing()) group.variable("mean_exit_time", names, {{"long_name", std::string("mean time until absorption, from each cell")}});
}

void FokkerPlanckSection::write_fields(record::Group& group) {
  const Generator& generator = fine_->generator();
  const SteadyState& steady = fine_->steady();
  group.write("steady_state", span_of(density_of(generator.grid(), steady.p)));
  group.write("potential", span_of(fine_->loss()));
  group.write("implicit_potential", span_of(steady.implicit_potential));
  const auto current = steady_current(generator, steady);
  for (std::size_t a = 0; a < current.size(); ++a) group.write("current_" + model_.names()[a], span_of(current[a]));
  group.attribute("equation", model_.description());
  group.attribute("temperature", model_.temperature());
  if (const Schedule* schedule = fine_->schedule()) {
    group.attribute("schedule", schedule->text());
    group.attribute("reference", std::string("kl, free_energy, mean_potential, fisher_information, dissipation: the steady state of the temperature at that time"));
  }
  group.attribute("interpretation", name_of(model_.interpretation()));
  group.attribute("boundary", boundary_text(generator.grid(), model_.names()));
  write_widths(group, generator.grid(), model_.names());
  group.attribute("reversible", static_cast<std::int64_t>(generator.reversible()));
  group.attribute("log_partition", steady.log_partition);
  group.attribute("free_energy_ss", -model_.temperature() * steady.log_partition);
  group.attribute("decay_rate", steady.decay_rate);
  group.attribute("steady_state_residual", steady.residual);
  group.attribute("initial_outside", initial_->outside());
  if (generator.conservative()) return;
  try {
    // as the law of the survivors was found
    group.write("mean_exit_time", span_of(mean_exit_time(generator, steady.method == name_of(SteadyMethod::iterative) ? &steady : nullptr)));
  } catch (const NumericalFailure& failure) {
    summary_.warnings.push_back(failure.what());
  }
}

void FokkerPlanckSection::write_entropy_production(record::Group& group) {
  summary_.entropy_production = entropy_production(fine_->generator(), fine_->steady());
  group.attribute("entropy_production", summary_.entropy_production);
  if (coarse_.empty()) return;
  const DensityRun& half = *coarse_[0].run;
  const double coarse = entropy_production(half.generator(), half.steady()), ratio = halving_ratio(fine_->generator().grid(), half.generator().grid());
  Richardson bar = richardson(summary_.entropy_production, coarse, ratio);
  if (coarse_.size() > 1) bar = richardson(summary_.entropy_production, coarse, entropy_production(coarse_[1].run->generator(), coarse_[1].run->steady()), ratio);
  group.attribute("entropy_production_error", bar.error);
  group.attribute("entropy_production_richardson", bar.extrapolated);
}

struct FokkerPlanckSection::Gap {
  Gap(const input::Spec& spec, const Model& model, const Grid& full)
      : grid(shrunk(full, full.dimension() == 3 ? largest_for_gap_3d : largest_for_gap)), coarser(grid.coarsened()),
        chains{build_chain(spec, model, grid), build_chain(spec, model, coarser)} {}
  Grid grid, coarser;
  std::array<Generator, 2> chains;
  std::array<std::complex<double>, 2> values;
};

/// A value with an error bar at little cost. The chains are made before anything runs beside: formulas are shared.
void FokkerPlanckSection::prepare_gap() {
  try {
    gap_ = std::make_unique<Gap>(spec_, model_, fine_->generator().grid());
  } catch (const Error& failure) {
    summary_.warnings.push_back(fmt::format("no leading eigenvalue: {}", failure.what()));
  }
}

void FokkerPlanckSection::find_gap() {
  if (!gap_) return;
  try {
    for (std::size_t i = 0; i < 2; ++i) gap_->values[i] = leading_eigenvalues(gap_->chains[i], steady_state(gap_->chains[i]), 1).at(0);
  } catch (const Error& failure) {
    beside_warnings_.push_back(fmt::format("no leading eigenvalue: {}", failure.what()));
    gap_.reset();
  }
}

void FokkerPlanckSection::write_gap(record::Group& group) {
  if (!gap_) return;
  const auto [fine, coarse] = gap_->values;
  const double ratio = halving_ratio(gap_->grid, gap_->coarser);
  const Richardson real = richardson(fine.real(), coarse.real(), ratio), imag = richardson(fine.imag(), coarse.imag(), ratio);
  summary_.gap = {real.extrapolated, imag.extrapolated};
  // Small eigenvalues are differences of rates: their digits end where those of the largest rate do.
  const double rounding = std::numeric_limits<double>::epsilon() * gap_->chains[0].rates().diagonal().cwiseAbs().maxCoeff();
  group.attribute("spectral_gap", std::vector<double>{real.extrapolated, imag.extrapolated});
  group.attribute("spectral_gap_error", std::vector<double>{real.error + rounding, imag.error + (imag.extrapolated != 0 ? rounding : 0)});
  group.attribute("spectral_gap_cells", cells_text(gap_->grid));
}

void FokkerPlanckSection::coarse_series(const Propagator& propagator) {
  for (Coarse& coarse : coarse_) {
    const std::string cells = cells_text(coarse.run->generator().grid());
    try {
      coarse.series = coarse.run->series(*initial_, spec_.time.at, propagator, coarse.time_error);
    } catch (const NumericalFailure& failure) {
      beside_warnings_.push_back(fmt::format("no error bars from {} cells: {}", cells, failure.what()));
      return;
    }
  }
}

/// What the observables of the coarsest grid change when the steps get longer: twice the dt, or ten times the tolerance.
void FokkerPlanckSection::time_bars(const Propagator& propagator) {
  const auto* scheduled = dynamic_cast<const ScheduledEvolution*>(&propagator);
  if (!scheduled || coarse_.empty() || coarse_.back().series.empty()) return;
  progress_.phase("error bars in time");
  double ignored = 0;
  time_bars_ = coarse_.back().run->series(*initial_, spec_.time.at, *scheduled->loosened(10, 2), ignored);
  for (auto& [name, rows] : time_bars_)
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t c = 0; c < rows[i].size(); ++c) rows[i][c] = std::abs(rows[i][c] - coarse_.back().series.at(name)[i][c]);
}

void FokkerPlanckSection::write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row,
                                    double time_error) {
  group.write_frame(name, index, row);
  std::vector<double> error(row.size(), std::nan(""));
  if (!coarse_.empty() && !coarse_[0].series.empty()) {
    const double ratio = halving_ratio(fine_->generator().grid(), coarse_[0].run->generator().grid());
    const std::vector<double>& half = coarse_[0].series.at(name)[index];
    const std::vector<double>* quarter = coarse_.size() > 1 && !coarse_[1].series.empty() ? &coarse_[1].series.at(name)[index] : nullptr;
    std::vector<double> extrapolated(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const Richardson r = richardson(row[i], half[i], quarter ? &(*quarter)[i] : nullptr, ratio);
      error[i] = r.error + time_error * std::abs(row[i]);
      if (!time_bars_.empty()) error[i] += time_bars_.at(name)[index][i];
      extrapolated[i] = r.extrapolated;
    }
    group.write_frame(name + "_error", index, error);
    group.write_frame(name + "_richardson", index, extrapolated);
  }
  if (row.size() == 1) summary_.last[name] = {row[0], error[0]};
  if (spec_.langevin) rows_[name].push_back({row, error});
}

/// The half grid and its quarter, and the factor of the leading eigenvalue, held at the same time as what the fine grid needs.
bool FokkerPlanckSection::fits_beside(const Choice& choice) const {
  if (coarse_.empty()) return true;
  const Grid& full = fine_->generator().grid();
  const double share = 1.3 * static_cast<double>(coarse_[0].run->generator().size()) / static_cast<double>(full.size());
  const double gap = gap_ ? estimate_factor(gap_->grid, SparseFactor::Kind::general).bytes : 0;
  return (1 + share) * choice.bytes + gap < available_memory();
}

struct FokkerPlanckSection::Evolution {
  record::Group& group;
  Eigen::VectorXd first; ///< the start, kept back until the coarser grids are done
  std::map<std::string, std::vector<double>> first_values;
  std::vector<std::vector<double>> kl;
  std::size_t snapshot;
  double most_negative, time_error;
  bool met;
};

void FokkerPlanckSection::write_output(Evolution& evolution, std::size_t index, const Eigen::VectorXd& p, const std::map<std::string, std::vector<double>>& values) {
  record::Group& group = evolution.group;
  const std::vector<double>& times = spec_.time.at;
  group.write_frame("time", index, std::span(&times[index], 1));
  if (const Schedule* schedule = fine_->schedule()) group.write_frame("temperature", index, std::vector<double>{schedule->value(times[index])});
  for (const auto& [name, row] : values) write_row(group, index, name, row, evolution.time_error);
  while (evolution.snapshot < snapshots_.size() && snapshots_[evolution.snapshot] == index) {
    group.write_frame("snapshot_time", evolution.snapshot, std::span(&times[index], 1));
    if (transport_) write_transport(group, evolution.snapshot, p);
    if (spec_.langevin) densities_.emplace(index, p);
    group.write_frame("density", evolution.snapshot++, span_of(density_of(fine_->generator().grid(), p)));
  }
  evolution.most_negative = std::min(evolution.most_negative, p.cwiseMin(0.0).sum());
  evolution.kl.push_back(values.at("kl"));
  summary_.outputs_done = index + 1;
  summary_.last_time = times[index];
  progress_.outputs(index + 1, times.size());
}

void FokkerPlanckSection::compute(record::ResultFile& file) {
  const std::vector<double>& times = spec_.time.at;
  summary_.outputs = times.size();
  record::Group group = file.group("fokker_planck");
  declare(group);
  write_fields(group);
  const Choice choice = fine_->choose(*initial_, times);
  summary_.propagator = choice.name;
  summary_.reason = choice.reason;
  group.attribute("propagator", choice.name);
  group.attribute("propagator_reason", choice.reason);
  group.attribute("tolerance", spec_.fokker_planck->tolerance.value);
  if (auto warning = unresolved_wells(fine_->generator().grid(), model_.names(), fine_->steady())) summary_.warnings.push_back(std::move(*warning));
  file.flush();
  write_entropy_production(group);
  prepare_gap();
  progress_.phase(fmt::format("{} cells, {}, and coarser grids for the error bars", cells_text(fine_->generator().grid()), choice.name));
  // A schedule builds chains on its way, and formulas are not made by two threads at once.
  Background beside(!fine_->schedule() && fits_beside(choice), [&] {
    coarse_series(*choice.propagator);
    find_gap();
  });
  Evolution evolution{group, {}, {}, {}, 0, 0, 0, false};
  const auto meet = [&] { // where the fine grid waits for the others: before its first row
    if (std::exchange(evolution.met, true)) return;
    beside.finish();
    time_bars(*choice.propagator);
    summary_.warnings.insert(summary_.warnings.end(), beside_warnings_.begin(), beside_warnings_.end());
    write_gap(group);
    // A propagator of low order misses the tolerance: the half grid has measured by how much.
    evolution.time_error = std::max(spec_.fokker_planck->tolerance.value, coarse_.empty() ? 0.0 : coarse_[0].time_error);
    if (evolution.first.size()) write_output(evolution, 0, evolution.first, evolution.first_values);
  };
  const EvolutionReport report = fine_->evolve(*initial_, times, *choice.propagator, [&](std::size_t index, const Eigen::VectorXd& p, const auto& values) {
    if (index == 0 && times.size() > 1) { // the start needs no propagator: it can wait
      evolution.first = p;
      evolution.first_values = values;
      return;
    }
    meet();
    write_output(evolution, index, p, values);
    file.flush_if_due();
  });
  meet();
  summary_.report = report.summary;
  group.attribute("propagator_report", report.summary);
  group.attribute("propagator_error", report.error);
  if (report.error > 10 * spec_.fokker_planck->tolerance.value)
    summary_.warnings.push_back(fmt::format("{} has an error in time of {:.1e}, more than the tolerance {:.1e}: choose another propagator, or a smaller dt where it has one",
                                           choice.name, report.error, spec_.fokker_planck->tolerance.value));
  group.attribute("negative_mass", 0 - evolution.most_negative);
  if (coarse_.size() == 2 && !coarse_[1].series.empty()) {
    summary_.order = observed_order(evolution.kl, coarse_[0].series.at("kl"), coarse_[1].series.at("kl"));
    if (summary_.order) group.attribute("grid_halving_order", *summary_.order);
    if (summary_.order && (*summary_.order < 1.5 || *summary_.order > 2.5))
      summary_.warnings.push_back(fmt::format("halving the grid shows order {:.2f} instead of 2: the error bars may be too small; take more cells", *summary_.order));
  }
}

} // namespace driftwell::run

#include "spectral_section.hpp"

#include "background.hpp"
#include "driftwell/core/error.hpp"
#include "marginals.hpp"
#include "span_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace driftwell::run {

namespace {

using Eigen::VectorXd;
using Shape = DensityObservable::Shape;

constexpr double most_short = 10; ///< times the difference from fewer points

std::string points_text(const Grid& grid) {
  std::string text;
  for (const Axis& axis : grid.axes()) text += fmt::format("{}{}", text.empty() ? "" : " x ", axis.cells);
  return text;
}

/// Three quarters of the points an axis.
Grid fewer(const Grid& box) {
  std::vector<Axis> axes = box.axes();
  for (Axis& axis : axes) axis = axis.with_cells((3 * axis.cells + 3) / 4);
  return Grid(axes);
}

std::vector<std::vector<std::size_t>> subsets(std::size_t d) {
  std::vector<std::vector<std::size_t>> result;
  for (std::size_t a = 0; a < d; ++a) result.push_back({a});
  for (std::size_t a = 0; a < d; ++a)
    for (std::size_t b = a + 1; b < d; ++b) result.push_back({a, b});
  return result;
}

std::vector<std::string> names_of(const std::vector<std::size_t>& axes, const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (const std::size_t a : axes) result.push_back(names[a]);
  return result;
}

VectorXd density_of(const Grid& grid, const VectorXd& p) {
  VectorXd rho(p.size());
  for (Eigen::Index k = 0; k < p.size(); ++k) rho[k] = p[k] / grid.volume(static_cast<std::size_t>(k));
  return rho;
}

} // namespace

SpectralSection::SpectralSection(const input::Spec& spec, const Model& model, Progress& progress)
    : spec_(spec), model_(model), progress_(progress) {}

Section::Outlook SpectralSection::check() const {
  check_spectral_section(spec_);
  const Grid grid = build_grid(*spec_.fokker_planck);
  const SpectralDensity density(spec_, model_, grid);
  density.check_resolved(InitialDensity(spec_, density.grid()));
  const SpectralOperator& L = density.generator();
  const double t = spec_.time.end, products = t * L.rotation_bound() + std::sqrt(56 * t * L.decay_bound()) + 30;
  const double outputs = static_cast<double>(spec_.time.at.size()), n = static_cast<double>(grid.size());
  const double bytes = 8 * n * (25 + 2 * static_cast<double>(grid.dimension()) + std::min(outputs, 4e8 / (8 * n))), seconds = 1.4 * (products * L.operations() / 1e10 + outputs * n * 1e-7);
  return {bytes, seconds, {{"cells", grid.size()}, {"reversible", L.reversible()}},
          fmt::format("  {} detailed balance\n  {} spectral points, {} outputs to t = {:g}\n  about {:.2g} MB and {:.2g} s, error bars included\n",
                      L.reversible() ? "with" : "without", grid.size(), spec_.time.at.size(), t, bytes / 1e6, seconds)};
}

void SpectralSection::prepare() {
  check_spectral_section(spec_);
  const Grid grid = build_grid(*spec_.fokker_planck);
  progress_.phase(fmt::format("building {} spectral points", points_text(grid)));
  fine_ = std::make_unique<SpectralDensity>(spec_, model_, grid);
  initial_ = std::make_unique<InitialDensity>(spec_, fine_->grid());
  fine_->check_resolved(*initial_);
  coarse_ = std::make_unique<SpectralDensity>(spec_, model_, fewer(grid));
  const std::size_t outputs = spec_.time.at.size(), kept = std::min<std::size_t>(static_cast<std::size_t>(spec_.fokker_planck->snapshots.value), outputs);
  for (std::size_t i = 0; i < kept; ++i) snapshots_.push_back(kept == 1 ? outputs - 1 : i * (outputs - 1) / (kept - 1));
}

void SpectralSection::declare(record::Group& group) const {
  const auto& names = model_.names();
  group.growing_dimension("time", {{"long_name", std::string("time")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of a kept density")}});
  for (std::size_t a = 0; a < names.size(); ++a) {
    const Axis& axis = fine_->grid().axis(a);
    std::vector<double> weights;
    for (std::size_t i = 0; i < axis.cells; ++i) weights.push_back(axis.width(i));
    group.dimension(names[a], fine_->grid().centres(a), {{"long_name", "quadrature nodes of " + names[a]}, {"weights", weights}});
  }
  group.dimension("variable", names, {{"long_name", std::string("name of a variable")}});
  group.dimension("variable_2", names, {{"long_name", std::string("name of a variable")}});
  for (const auto& [name, observable] : nodal_observables(fine_->grid())) {
    std::vector<std::string> dims{"time"};
    if (observable->shape() != Shape::scalar) dims.emplace_back("variable");
    if (observable->shape() == Shape::matrix) dims.emplace_back("variable_2");
    group.variable(name, dims, {{"long_name", observable->long_name()}});
    group.variable(name + "_error", dims, {{"long_name", "error bar of " + name + ": what three quarters of the points an axis change, up to ten times that where high coefficients are large, and the error in time"}});
  }
  declare_fields(group);
}

void SpectralSection::declare_fields(record::Group& group) const {
  const auto& names = model_.names();
  const auto framed = [](std::vector<std::string> dims) {
    dims.insert(dims.begin(), "snapshot_time");
    return dims;
  };
  if (!whole()) {
    for (const auto& axes : subsets(names.size())) {
      const auto kept = names_of(axes, names);
      const std::string label = fmt::format("{}", fmt::join(kept, "_")), words = fmt::format("{}", fmt::join(kept, " and "));
      group.variable("marginal_" + label, framed(kept), {{"long_name", "marginal density of " + words}});
      group.variable("steady_marginal_" + label, kept, {{"long_name", "marginal steady-state density of " + words}});
    }
    return;
  }
  group.variable("density", framed(names), {{"long_name", std::string("probability density rho")}});
  group.variable("steady_state", names, {{"long_name", std::string("steady-state density rho_ss")}});
  group.variable("potential", names, {{"long_name", std::string("potential f as given")}});
  group.variable("implicit_potential", names, {{"long_name", std::string("implicit potential, -T log rho_ss + constant")}});
  for (const std::string& name : names) group.variable("current_" + name, names, {{"long_name", "steady probability current along " + name}});
}

void SpectralSection::write_marginals(record::Group& group, const std::string& prefix, const VectorXd& p, const std::size_t* frame) const {
  for (const auto& axes : subsets(model_.dimension())) {
    const std::string name = fmt::format("{}_{}", prefix, fmt::join(names_of(axes, model_.names()), "_"));
    const std::vector<double> values = marginal(fine_->grid(), p, axes);
    if (frame) group.write_frame(name, *frame, values);
    else group.write(name, values);
  }
}

void SpectralSection::write_fields(record::Group& group) {
  const SteadyState& steady = fine_->steady();
  const SpectralOperator& L = fine_->generator();
  if (whole()) {
    const VectorXd rho = density_of(fine_->grid(), steady.p);
    group.write("steady_state", span_of(rho));
    group.write("potential", span_of(L.potential()));
    group.write("implicit_potential", span_of(steady.implicit_potential));
    for (std::size_t a = 0; a < model_.dimension(); ++a) {
      const bool flows = !L.reversible() && L.circulation()[a].size() > 0;
      group.write("current_" + model_.names()[a], span_of(flows ? VectorXd(L.circulation()[a].cwiseProduct(rho)) : VectorXd(VectorXd::Zero(rho.size()))));
    }
  } else {
    write_marginals(group, "steady_marginal", steady.p, nullptr);
  }
  group.attribute("equation", model_.description());
  group.attribute("temperature", model_.temperature());
  group.attribute("interpretation", name_of(model_.interpretation()));
  group.attribute("boundary", boundary_text(fine_->grid(), model_.names()));
  group.attribute("reversible", static_cast<std::int64_t>(L.reversible()));
  group.attribute("log_partition", steady.log_partition);
  group.attribute("free_energy_ss", -model_.temperature() * steady.log_partition);
  group.attribute("steady_state_residual", steady.residual);
  group.attribute("initial_outside", initial_->outside());
  group.attribute("propagator", std::string("spectral"));
  group.attribute("tolerance", spec_.fokker_planck->tolerance.value);
  summary_.entropy_production = fine_->entropy_production();
  group.attribute("entropy_production", summary_.entropy_production);
  group.attribute("entropy_production_error", std::abs(summary_.entropy_production - coarse_->entropy_production()));
}

void SpectralSection::write_row(record::Group& group, std::size_t index, const std::string& name, const std::vector<double>& row) {
  group.write_frame(name, index, row);
  std::vector<double> error(row.size());
  const std::vector<double>& coarse = coarse_rows_.at(name)[index];
  for (std::size_t i = 0; i < row.size(); ++i) {
    // The difference says little where it falls slowly; then the coefficients do, too.
    const double last = std::abs(row[i] - coarse[i]);
    error[i] = std::clamp(unresolved_ * std::abs(row[i]), last, most_short * last) + spec_.fokker_planck->tolerance.value * std::abs(row[i]);
  }
  group.write_frame(name + "_error", index, error);
  if (row.size() == 1) summary_.last[name] = {row[0], error[0]};
  if (spec_.langevin) rows_[name].push_back({row, error});
}

void SpectralSection::write_gap(record::Group& group, const SpectralGap& gap, const SpectralGap& coarse) {
  const std::array<double, 2> value{gap.value.real(), gap.value.imag()};
  const auto bar = [&](double fine, double other) { return std::abs(fine - other) + gap.residual; };
  summary_.gap = value;
  group.attribute("spectral_gap", std::vector<double>{value[0], value[1]});
  group.attribute("spectral_gap_error", std::vector<double>{bar(value[0], coarse.value.real()), bar(value[1], coarse.value.imag())});
}

void SpectralSection::compute(record::ResultFile& file) {
  const std::vector<double>& times = spec_.time.at;
  summary_.outputs = times.size();
  summary_.propagator = "spectral";
  summary_.reason = "asked for";
  record::Group group = file.group("fokker_planck");
  declare(group);
  write_fields(group);
  file.flush();
  progress_.phase(fmt::format("{} spectral points, and {} for the error bars", points_text(fine_->grid()), points_text(coarse_->grid())));
  std::optional<SpectralGap> gap, coarse_gap;
  Background beside(true, [&] {
    coarse_rows_ = coarse_->series(*initial_, times);
    coarse_gap = spectral_gap(coarse_->generator());
  });
  gap = spectral_gap(fine_->generator());
  std::size_t snapshot = 0;
  double most_negative = 0;
  const SpectralReport report = fine_->evolve(*initial_, times, [&](std::size_t index, const VectorXd& p, const auto& values) {
    beside.finish();
    group.write_frame("time", index, std::span(&times[index], 1));
    unresolved_ = fine_->unresolved(p);
    for (const auto& [name, row] : values) write_row(group, index, name, row);
    while (snapshot < snapshots_.size() && snapshots_[snapshot] == index) {
      group.write_frame("snapshot_time", snapshot, std::span(&times[index], 1));
      if (whole()) group.write_frame("density", snapshot, span_of(density_of(fine_->grid(), p)));
      else write_marginals(group, "marginal", p, &snapshot);
      ++snapshot;
    }
    most_negative = std::min(most_negative, p.cwiseMin(0.0).sum());
    summary_.outputs_done = index + 1;
    summary_.last_time = times[index];
    progress_.outputs(index + 1, times.size());
    file.flush_if_due();
  });
  summary_.report = report.summary;
  if (gap && coarse_gap) write_gap(group, *gap, *coarse_gap);
  group.attribute("propagator_report", report.summary);
  group.attribute("propagator_error", report.error);
  group.attribute("negative_mass", 0 - most_negative);
}

} // namespace driftwell::run

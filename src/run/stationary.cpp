#include "stationary.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/density_run.hpp"
#include "fokker_planck.hpp"
#include "grid_text.hpp"
#include "richardson.hpp"
#include "well_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

} // namespace

std::vector<std::complex<double>> nearest_values(const std::vector<std::complex<double>>& values, const std::vector<std::complex<double>>& others) {
  std::vector<std::complex<double>> result(values.size(), {nan, nan});
  std::vector<bool> used(others.size(), false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t best = others.size();
    for (std::size_t j = 0; j < others.size(); ++j)
      if (!used[j] && (best == others.size() || std::abs(others[j] - values[i]) < std::abs(others[best] - values[i]))) best = j;
    if (best < others.size()) result[i] = others[best], used[best] = true;
  }
  return result;
}

Section::Outlook StationarySection::check() const {
  const Grid grid = stationary_grid(spec_);
  const CostEstimate cost = stationary_cost(spec_, model_, grid);
  Grid probe = grid;
  while (probe.size() > 60'000) probe = probe.coarsened();
  const StationaryAnalysis analysis(spec_, model_, probe);
  if (probe.size() == grid.size()) check_sets(*spec_.stationary, analysis);
  return {cost.bytes, cost.seconds, {{"stationary_cells", grid.size()}},
          fmt::format("  steady state on {} cells ({}), about {:.2g} MB and {:.2g} s\n", grid.size(), analysis.steady.method, cost.bytes / 1e6, cost.seconds)};
}

void StationarySection::prepare() {
  const Grid grid = stationary_grid(spec_);
  require_memory(spec_, model_, grid);
  progress_.phase(fmt::format("steady state on {} cells", cells_text(grid)));
  fine_ = std::make_unique<StationaryAnalysis>(spec_, model_, grid);
  check_sets(*spec_.stationary, *fine_);
}

StationarySection::Bar StationarySection::bar(double fine, const double* middle, const double* coarse) const {
  if (!middle) return {nan, nan};
  double ratio = 2;
  const Grid &full = fine_->generator.grid(), &half = coarse_[0]->generator.grid();
  for (std::size_t a = 0; a < full.dimension(); ++a) ratio = std::min(ratio, half.axis(a).spacing() / full.axis(a).spacing());
  const Richardson r = richardson(fine, *middle, coarse, ratio);
  return {r.extrapolated, r.error};
}

void StationarySection::estimate_bars() {
  const auto grids = halvings(fine_->generator.grid());
  for (std::size_t i = 1; i < grids.size(); ++i) {
    progress_.phase(fmt::format("error bars: steady state on {} cells", cells_text(grids[i])));
    try {
      auto analysis = std::make_unique<StationaryAnalysis>(spec_, model_, grids[i]);
      analysis->compute(spec_);
      for (const std::string& failure : analysis->failures) warnings_.push_back(fmt::format("no error bars from {} cells: {}", cells_text(grids[i]), failure));
      coarse_.push_back(std::move(analysis));
    } catch (const Error& error) {
      warnings_.push_back(fmt::format("no error bars from {} cells: {}", cells_text(grids[i]), error.what()));
      break;
    }
  }
  const StationaryAnalysis *half = coarse_.empty() ? nullptr : coarse_[0].get(), *quarter = coarse_.size() < 2 ? nullptr : coarse_[1].get();
  for (const auto& [name, value] : fine_->numbers)
    bars_[name] = bar(value, half ? half->number(name) : nullptr, quarter ? quarter->number(name) : nullptr);
  // Minima and eigenvalues: by what they lie next to.
  const auto shifts_there = [&](const StationaryAnalysis* there) {
    std::vector<double> result(fine_->loss_minima.size(), nan);
    if (!there) return result;
    const auto partner = matched(fine_->generator.grid(), fine_->loss_minima, there->loss_minima);
    const std::vector<double> shifts = there->shifts();
    for (std::size_t i = 0; i < partner.size(); ++i)
      if (partner[i]) result[i] = shifts[*partner[i]];
    return result;
  };
  const std::vector<double> here = fine_->shifts(), middle = shifts_there(half), coarse = shifts_there(quarter);
  for (std::size_t i = 0; i < here.size(); ++i) shift_bars_.push_back(bar(here[i], half ? &middle[i] : nullptr, quarter && !std::isnan(coarse[i]) ? &coarse[i] : nullptr));
  if (!fine_->modes) return;
  const auto& values = fine_->modes->values;
  const auto there = [&](const StationaryAnalysis* analysis) {
    return nearest_values(values, analysis && analysis->modes ? analysis->modes->values : std::vector<std::complex<double>>());
  };
  const auto second = there(half), third = there(quarter);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double parts[3][2] = {{values[i].real(), values[i].imag()}, {second[i].real(), second[i].imag()}, {third[i].real(), third[i].imag()}};
    std::array<Bar, 2> both{};
    for (std::size_t part : {0u, 1u}) both[part] = bar(parts[0][part], half ? &parts[1][part] : nullptr, std::isnan(parts[2][part]) ? nullptr : &parts[2][part]);
    mode_bars_.push_back(both);
  }
}

void StationarySection::compute(record::ResultFile& file) {
  record::Group group = file.group("stationary");
  progress_.phase(fmt::format("stationary analysis on {} cells", cells_text(fine_->generator.grid())));
  fine_->compute(spec_);
  warnings_.insert(warnings_.end(), fine_->failures.begin(), fine_->failures.end());
  if (auto warning = unresolved_wells(fine_->generator.grid(), model_.names(), fine_->steady))
    warnings_.push_back(std::move(*warning));
  declare(group);
  write_fields(group);
  file.flush();
  estimate_bars();
  write_numbers(group);
  write_minima(group);
  write_modes(group);
  written_ = true;
}

nlohmann::ordered_json StationarySection::json() const {
  nlohmann::ordered_json json;
  if (!written_) return json;
  json["steady_state_method"] = fine_->steady.method;
  json["reversible"] = fine_->generator.reversible();
  for (const auto& [name, value] : fine_->numbers) {
    json[name] = value;
    json[name + "_error"] = bars_.at(name).error;
    json[name + "_richardson"] = bars_.at(name).extrapolated;
  }
  json["minimum_shift"] = fine_->shifts();
  if (fine_->modes)
    for (std::size_t i = 0; i < fine_->modes->values.size(); ++i) {
      const std::complex<double> value = fine_->modes->values[i];
      json["eigenvalue"].push_back({value.real(), value.imag()});
      json["eigenvalue_error"].push_back({mode_bars_[i][0].error, mode_bars_[i][1].error});
      json["eigenvalue_richardson"].push_back({mode_bars_[i][0].extrapolated, mode_bars_[i][1].extrapolated});
    }
  json["warnings"] = warnings_;
  return json;
}

std::string StationarySection::words(int verbosity) const {
  if (!written_) return {};
  std::string text = fmt::format("stationary, {} cells, {}\n", cells_text(fine_->generator.grid()), fine_->steady.method);
  for (const auto& [name, value] : fine_->numbers)
    if (verbosity > 1 || (name != "log_partition" && name != "circulation_divergence_rms" && name != "along_gradient_rms" && (value != 0 || name == "entropy_production")))
      text += fmt::format("  {:<36} {}\n", name, with_error(value, bars_.at(name).error));
  const auto shifts = fine_->shifts();
  for (std::size_t i = 0; i < shifts.size(); ++i)
    text += fmt::format("  {:<36} {}\n", fmt::format("minimum_shift at ({:.4g})", fmt::join(fine_->loss_minima[i].place, ", ")), with_error(shifts[i], shift_bars_[i].error));
  if (!fine_->modes) return text;
  for (std::size_t i = 0; i < fine_->modes->values.size(); ++i) {
    const std::complex<double> value = fine_->modes->values[i];
    text += fmt::format("  {:<36} {}", fmt::format("eigenvalue {}", i + 1), with_error(value.real(), mode_bars_[i][0].error));
    text += value.imag() != 0 ? fmt::format("  {:+.8g} i\n", value.imag()) : "\n";
  }
  return text;
}

} // namespace driftwell::run

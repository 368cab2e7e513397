#include "trajectories.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/density_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace driftwell::run {

namespace {

constexpr double widest = 6; ///< standard deviations on either side of the mean: outliers make no box
constexpr double markov_limit = 4, markov_size = 0.01, share_limit = 0.01, blocks_per_time = 5;

std::size_t cells_along(const input::TrajectoriesSpec& spec, std::size_t d, std::size_t a) {
  if (!spec.cells) return d == 1 ? 200 : d == 2 ? 64 : 20;
  return static_cast<std::size_t>(spec.cells->value[spec.cells->value.size() == 1 ? 0 : a]);
}

double entry(const std::vector<double>& values, std::size_t a) { return values[values.size() == 1 ? 0 : a]; }

double quantities(std::size_t d) { return d == 1 ? 5 + 4 * 3 : d == 2 ? 15 + 10 * 6 : 35 + 18 * 10; }

double cells_of(const input::TrajectoriesSpec& spec, std::size_t d) {
  double n = 1;
  for (std::size_t a = 0; a < d; ++a) n *= static_cast<double>(cells_along(spec, d, a));
  return n;
}

double estimator_bytes(const input::TrajectoriesSpec& spec, std::size_t d, std::size_t replicas) {
  const double blocks = static_cast<double>(spec.blocks.value), R = static_cast<double>(replicas);
  return 8 * cells_of(spec, d) * (R >= blocks ? blocks : R * std::ceil(blocks / R)) * (quantities(d) + 1);
}

} // namespace

void TrajectoriesSection::check_lengths(std::size_t coordinates) const {
  const auto check = [&](const auto& setting, const char* key) {
    if (setting && setting->value.size() != 1 && setting->value.size() != coordinates)
      throw invalid(setting->origin, fmt::format("'{}' has {} entries for {} coordinate{}", key, setting->value.size(), coordinates, coordinates == 1 ? "" : "s"),
                    {"one entry for each coordinate of the projection, or one number for all", "", {}});
  };
  check(trajectories_.bandwidth, "bandwidth");
  check(trajectories_.lower, "lower");
  check(trajectories_.upper, "upper");
  check(trajectories_.cells, "cells");
}

Section::Outlook TrajectoriesSection::check() const {
  const TrajectoryFile file(spec_);
  const std::size_t d = file.coordinates();
  check_lengths(d);
  const double samples = static_cast<double>(file.times() - file.skipped()) * static_cast<double>(file.replicas());
  const double bytes = file.bytes() + estimator_bytes(trajectories_, d, file.replicas());
  const double fits = 45 + 2 * static_cast<double>(trajectories_.resamples.value);
  const double chains = d == 1 ? 0 : (d == 2 ? 17 * std::pow(cells_of(trajectories_, d), 1.5) * 4e-7 : 9 * std::pow(cells_of(trajectories_, d), 2) * 2e-8);
  const double seconds = chains + samples * (2e-7 + static_cast<double>(file.parameters()) * 4e-9) + fits * cells_of(trajectories_, d) * quantities(d) * 2e-7;
  return {bytes, seconds, {{"samples", file.times() - file.skipped()}, {"replicas", file.replicas()}, {"parameters", file.parameters()}, {"coordinates", d}},
          fmt::format("  trajectories: {} samples in time of {} replica{}, {} parameter{} seen along {}\n  about {:.2g} MB and {:.2g} s\n", file.times() - file.skipped(), file.replicas(),
                      file.replicas() == 1 ? "" : "s", file.parameters(), file.parameters() == 1 ? "" : "s", d, bytes / 1e6, seconds)};
}

Grid TrajectoriesSection::grid_of(const estimators::Trajectories& paths) {
  std::vector<Axis> axes;
  const std::size_t n = paths.replicas * paths.times;
  for (std::size_t a = 0; a < paths.dimension; ++a) {
    const double* x = paths.column(a);
    const auto [least, most] = std::minmax_element(x, x + n);
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < n; ++i) mean += x[i] / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) square += (x[i] - mean) * (x[i] - mean) / static_cast<double>(n);
    const double reach = widest * std::sqrt(square), margin = 1e-6 * (*most - *least);
    Axis axis{std::max(*least - margin, mean - reach), std::min(*most + margin, mean + reach), cells_along(trajectories_, paths.dimension, a)};
    if (!(axis.upper > axis.lower)) throw NumericalFailure(fmt::format("[trajectories] coordinate {} does not move: all samples are {:.10g}", projected_.names[a], *least));
    if (trajectories_.lower) axis.lower = entry(trajectories_.lower->value, a);
    if (trajectories_.upper) axis.upper = entry(trajectories_.upper->value, a);
    if (!(axis.upper > axis.lower))
      throw invalid((trajectories_.upper ? trajectories_.upper : trajectories_.lower)->origin, fmt::format("the box of {} from {:.6g} to {:.6g} is empty", projected_.names[a], axis.lower, axis.upper),
                    {fmt::format("a box that overlaps the samples, from {:.6g} to {:.6g}", *least, *most), "", {}});
    axes.push_back(axis);
  }
  return Grid(std::move(axes));
}

void TrajectoriesSection::prepare() {
  file_.emplace(spec_);
  check_lengths(file_->coordinates());
  const double bytes = file_->bytes() + estimator_bytes(trajectories_, file_->coordinates(), file_->replicas()), free = available_memory();
  if (bytes > free)
    throw NumericalFailure(fmt::format("[trajectories] needs about {:.3g} GB, {:.3g} GB are free. Use fewer cells or blocks, or a projection on parameters or directions.", bytes / 1e9, free / 1e9));
  projected_ = file_->project(progress_);
  const Grid grid = grid_of(projected_.paths);
  progress_.phase("drift and noise: widths of the kernels");
  estimators::KramersMoyalOptions options;
  options.lag = static_cast<std::size_t>(trajectories_.lag.value);
  options.least_points = static_cast<std::size_t>(trajectories_.least_points.value);
  options.blocks = static_cast<std::size_t>(trajectories_.blocks.value);
  if (trajectories_.bandwidth)
    for (std::size_t a = 0; a < grid.dimension(); ++a) options.bandwidth.push_back(entry(trajectories_.bandwidth->value, a));
  estimator_.emplace(grid, projected_.paths, options);
}

void TrajectoriesSection::warn() {
  const auto& names = projected_.names;
  const auto& test = analysis_->test();
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = 0; j < names.size(); ++j) {
      const estimators::Estimate& c = test.correlation[i * names.size() + j];
      if (std::abs(c.value) > markov_limit * c.standard_error && std::abs(c.value) > markov_size)
        warnings_.push_back(fmt::format("not Markov at this lag: successive increments of {} and {} are correlated, {:.3g} +- {:.1g} beyond the drift. A larger lag may help; coordinates left out of the projection, "
                                        "momentum and epochs have this effect",
                                        names[i], names[j], c.value, c.standard_error));
    }
  if (analysis_->share_outside() > share_limit)
    warnings_.push_back(fmt::format("{:.2g} % of the samples lie in masked cells or outside of the box", 100 * analysis_->share_outside()));
  if (analysis_->dropped() > 0) warnings_.push_back(fmt::format("{} cells with samples are not connected with the others and left out", analysis_->dropped()));
  if (analysis_->solution().repaired > 0)
    warnings_.push_back(fmt::format("in {} cells the noise extrapolated to tau = 0 is not positive definite: the one at tau stands there", analysis_->solution().repaired));
  const double length = static_cast<double>(estimator_->blocks().length()) * projected_.paths.dt;
  if (!estimator_->blocks().whole_replicas() && length < blocks_per_time * analysis_->correlation_time())
    warnings_.push_back(fmt::format("blocks of the bootstrap last {:.3g}, the correlation time is {:.3g}: error bars of the steady state are too small. Use fewer blocks, or more or longer trajectories", length,
                                    analysis_->correlation_time()));
  const TrajectoryNumber& kl = analysis_->numbers().at("kl");
  const double kl_error = std::hypot(kl.standard_error, kl.fit_bias);
  if (kl.value > 3 * kl_error && kl.value > 0.01)
    warnings_.push_back(fmt::format("the samples are not the steady state: KL = {:.3g} +- {:.1g}. They may not have reached it (burn_in), or the projection is not Markov", kl.value, kl_error));
}

void TrajectoriesSection::compute(record::ResultFile& file) {
  record::Group group = file.group("trajectories");
  progress_.phase(fmt::format("steady state and error bars, {} replicates", trajectories_.resamples.value));
  const TrajectoryOptions options{trajectories_.temperature.value, static_cast<std::size_t>(trajectories_.resamples.value), static_cast<std::uint64_t>(trajectories_.seed.value)};
  analysis_.emplace(*estimator_, projected_.paths, options, [&](std::size_t done, std::size_t all) { progress_.outputs(done, all); });
  warn();
  declare(group);
  write_fields(group);
  write_attributes(group);
  written_ = true;
}

/// mean_0 -> mean_pc1
std::string TrajectoriesSection::number_name(const std::string& name) const {
  for (std::size_t a = 0; a < projected_.names.size(); ++a)
    for (const char* kind : {"mean_", "variance_"})
      if (name == kind + std::to_string(a)) return kind + projected_.names[a];
  return name;
}

nlohmann::ordered_json TrajectoriesSection::json() const {
  nlohmann::ordered_json json;
  if (!written_) return json;
  json["projection"] = projected_.projection;
  json["coordinates"] = projected_.names;
  json["increments"] = estimator_->increments();
  json["drift_bandwidth"] = estimator_->drift_bandwidth();
  json["noise_bandwidth"] = estimator_->noise_bandwidth();
  json["share_outside"] = analysis_->share_outside();
  for (const auto& [name, number] : analysis_->numbers()) {
    const std::string key = number_name(name);
    json[key] = number.value;
    json[key + "_stderr"] = number.standard_error;
    json[key + "_bias"] = number.bias;
    json[key + "_fit_bias"] = number.fit_bias;
    if (!std::isnan(number.error)) json[key + "_error"] = number.error, json[key + "_richardson"] = number.richardson;
  }
  for (const estimators::Estimate& c : analysis_->test().correlation) json["markov_correlation"].push_back({{"value", c.value}, {"standard_error", c.standard_error}});
  for (const estimators::Estimate& k : analysis_->test().excess_kurtosis) json["excess_kurtosis"].push_back({{"value", k.value}, {"standard_error", k.standard_error}});
  if (analysis_->gap()) json["spectral_gap"] = {-analysis_->gap()->real(), analysis_->gap()->imag()};
  json["correlation_time"] = analysis_->correlation_time();
  json["warnings"] = warnings_;
  return json;
}

std::string TrajectoriesSection::words(int verbosity) const {
  if (!written_) return {};
  std::string text = fmt::format("trajectories: {}, {} increments over {:g}\n", projected_.projection, estimator_->increments(), estimator_->tau());
  text += fmt::format("  widths of the kernels: drift {:.3g}, noise {:.3g}\n", fmt::join(estimator_->drift_bandwidth(), " and "), fmt::join(estimator_->noise_bandwidth(), " and "));
  const auto line = [&](const std::string& name, double value, double error) { text += fmt::format("  {:<36} {}\n", name, with_error(value, error)); };
  for (const auto& [name, number] : analysis_->numbers())
    if (projected_.names.size() > 1 || (name != "entropy_production" && name != "circulation_rms")) line(number_name(name), number.value, std::hypot(number.standard_error, number.fit_bias));
  const TrajectoryNumber& entropy = analysis_->numbers().at("entropy_production");
  if (projected_.names.size() > 1 && !std::isnan(entropy.richardson)) line("entropy_production, corrected", entropy.richardson - entropy.bias, std::hypot(entropy.standard_error, entropy.error, entropy.fit_bias));
  if (analysis_->gap()) text += fmt::format("  {:<36} {:.6g}{}\n", "spectral_gap", -analysis_->gap()->real(), analysis_->gap()->imag() != 0 ? fmt::format("  {:+.6g} i", analysis_->gap()->imag()) : "");
  if (verbosity > 1)
    for (std::size_t a = 0; a < projected_.names.size(); ++a)
      line("excess_kurtosis " + projected_.names[a], analysis_->test().excess_kurtosis[a].value, analysis_->test().excess_kurtosis[a].standard_error);
  return text;
}

} // namespace driftwell::run

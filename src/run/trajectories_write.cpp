// Group /trajectories of the result file.
#include "fokker_planck.hpp"
#include "trajectories.hpp"
#include "span_of.hpp"

#include <fmt/format.h>

#include <cmath>

namespace driftwell::run {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t most_directions = 1'000'000; ///< parameters up to which directions are written

record::Attributes long_name(const std::string& text) { return {{"long_name", text}}; }

/// "a_b" for each entry of the upper triangle.
std::vector<std::string> pairs_of(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (std::size_t j = i; j < names.size(); ++j) result.push_back(names[i] + "_" + names[j]);
  return result;
}

} // namespace

void TrajectoriesSection::declare(record::Group& group) const {
  const Grid& grid = estimator_->grid();
  const auto& names = projected_.names;
  for (std::size_t a = 0; a < names.size(); ++a) group.dimension(names[a], grid.centres(a), {{"long_name", "cell centres of " + names[a]}, {"spacing", grid.axis(a).spacing()}});
  group.dimension("coordinate", names, long_name("name of a coordinate"));
  group.dimension("coordinate_2", names, long_name("name of a coordinate"));
  const auto field = [&](const std::string& name, const std::string& words) { group.variable(name, names, long_name(words)); };
  const auto with_error = [&](const std::string& name, const std::string& words) {
    field(name, words);
    field(name + "_stderr", "standard error of " + name + ", block bootstrap");
    field(name + "_fit_bias", "bias of " + name + " by the width of the kernel and the finite tau, estimated; an error beside the standard error");
  };
  for (const std::string& name : names) {
    with_error("drift_" + name, "drift b along " + name + ", extrapolated to tau = 0");
    field("drift_" + name + "_tau", "drift along " + name + " at tau = lag: E[dx|x]/tau");
    with_error("circulation_" + name, "circulation j = J_ss / rho_ss along " + name);
  }
  for (const std::string& pair : pairs_of(names)) {
    with_error("diffusion_" + pair, "entry " + pair + " of D, extrapolated to tau = 0; T D = E[dx dx^T|x]/(2 tau) about the mean");
    field("diffusion_" + pair + "_tau", "entry " + pair + " of D at tau = lag");
  }
  with_error("steady_state", "steady-state density rho_ss of the estimated equation; 0 in masked cells");
  with_error("implicit_potential", "implicit potential Phi = -T log rho_ss, least value 0");
  field("histogram", "density of the samples");
  field("points", "number of samples whose plain mean would be as precise as the estimate, 0 where none are near");
  field("supported", "1 where there are enough of them, 0 in masked cells");
  for (const char* name : {"markov_correlation", "markov_correlation_stderr"})
    group.variable(name, {"coordinate", "coordinate_2"}, long_name("correlation of an increment with the next one beyond the drift; 0 for a Markov process"));
  for (const char* name : {"excess_kurtosis", "excess_kurtosis_stderr"}) group.variable(name, {"coordinate"}, long_name("of increments beyond the drift; 0 for a diffusion"));
  for (const char* name : {"drift_bandwidth", "noise_bandwidth"}) group.variable(name, {"coordinate"}, long_name("width of the kernel"));
  const auto parameters = static_cast<std::size_t>(projected_.directions.cols());
  if (projected_.variance_share.size() > 0) group.variable("variance_share", {"coordinate"}, long_name("share of a principal component in the variance"));
  if (parameters > most_directions) return;
  group.dimension("parameter", parameters);
  group.variable("direction", {"coordinate", "parameter"}, long_name("coordinate = direction . (parameters - origin)"));
  group.variable("origin", {"parameter"}, long_name("parameters where all coordinates are 0"));
}

void TrajectoriesSection::write_fields(record::Group& group) const {
  const Grid& grid = estimator_->grid();
  const auto& names = projected_.names;
  const TrajectoryAnalysis::Solution &found = analysis_->solution(), &errors = analysis_->errors(), &bias = analysis_->fit_bias();
  const auto per_volume = [&](const VectorXd& p) { return VectorXd(p / grid.volume(0)); };
  write_widths(group, grid, names);
  for (std::size_t a = 0; a < names.size(); ++a) {
    group.write("drift_" + names[a], span_of(found.drift[a]));
    group.write("drift_" + names[a] + "_stderr", span_of(errors.drift[a]));
    group.write("drift_" + names[a] + "_fit_bias", span_of(bias.drift[a]));
    group.write("drift_" + names[a] + "_tau", span_of(found.drift_tau[a]));
    group.write("circulation_" + names[a], span_of(found.circulation[a]));
    group.write("circulation_" + names[a] + "_stderr", span_of(errors.circulation[a]));
    group.write("circulation_" + names[a] + "_fit_bias", span_of(bias.circulation[a]));
  }
  const std::vector<std::string> pairs = pairs_of(names);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    group.write("diffusion_" + pairs[i], span_of(found.diffusion[i]));
    group.write("diffusion_" + pairs[i] + "_stderr", span_of(errors.diffusion[i]));
    group.write("diffusion_" + pairs[i] + "_fit_bias", span_of(bias.diffusion[i]));
    group.write("diffusion_" + pairs[i] + "_tau", span_of(found.diffusion_tau[i]));
  }
  group.write("steady_state", span_of(per_volume(found.p)));
  group.write("steady_state_stderr", span_of(per_volume(errors.p)));
  group.write("steady_state_fit_bias", span_of(per_volume(bias.p)));
  group.write("implicit_potential", span_of(found.implicit_potential));
  group.write("implicit_potential_stderr", span_of(errors.implicit_potential));
  group.write("implicit_potential_fit_bias", span_of(bias.implicit_potential));
  group.write("histogram", span_of(per_volume(analysis_->histogram())));
  group.write("points", span_of(estimator_->points()));
  std::vector<double> supported(analysis_->supported().begin(), analysis_->supported().end());
  group.write("supported", supported);
  const auto split = [&](const std::vector<estimators::Estimate>& estimates, const std::string& name) {
    std::vector<double> values, bars;
    for (const estimators::Estimate& e : estimates) values.push_back(e.value), bars.push_back(e.standard_error);
    group.write(name, values);
    group.write(name + "_stderr", bars);
  };
  split(analysis_->test().correlation, "markov_correlation");
  split(analysis_->test().excess_kurtosis, "excess_kurtosis");
  group.write("drift_bandwidth", estimator_->drift_bandwidth());
  group.write("noise_bandwidth", estimator_->noise_bandwidth());
  if (projected_.variance_share.size() > 0) group.write("variance_share", span_of(projected_.variance_share));
  if (static_cast<std::size_t>(projected_.directions.cols()) > most_directions) return;
  const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = projected_.directions;
  group.write("direction", {rows.data(), static_cast<std::size_t>(rows.size())});
  group.write("origin", span_of(projected_.mean));
}

void TrajectoriesSection::write_attributes(record::Group& group) const {
  const auto integer = [&](const char* name, std::size_t value) { group.attribute(name, static_cast<std::int64_t>(value)); };
  group.attribute("file", trajectories_.file.value);
  group.attribute("dataset", trajectories_.dataset.value);
  group.attribute("projection", projected_.projection);
  group.attribute("temperature", trajectories_.temperature.value);
  group.attribute("time_step", projected_.paths.dt);
  group.attribute("tau", estimator_->tau());
  integer("samples", projected_.paths.times);
  integer("skipped_samples", file_->skipped());
  integer("replicas", projected_.paths.replicas);
  integer("parameters", file_->parameters());
  integer("increments", estimator_->increments());
  integer("blocks", estimator_->blocks().blocks());
  integer("resamples", static_cast<std::size_t>(trajectories_.resamples.value));
  integer("steady_state_resamples", analysis_->chain_replicates());
  integer("component_samples", projected_.component_rows);
  integer("repaired_cells", analysis_->solution().repaired);
  integer("dropped_cells", analysis_->dropped());
  group.attribute("share_outside", analysis_->share_outside());
  group.attribute("correlation_time", analysis_->correlation_time());
  group.attribute("steady_state_method", analysis_->method());
  if (analysis_->gap()) group.attribute("spectral_gap", std::vector<double>{-analysis_->gap()->real(), analysis_->gap()->imag()});
  for (const auto& [name, number] : analysis_->numbers()) {
    const std::string key = number_name(name);
    group.attribute(key, number.value);
    group.attribute(key + "_stderr", number.standard_error);
    group.attribute(key + "_bias", number.bias);
    group.attribute(key + "_fit_bias", number.fit_bias);
    if (std::isnan(number.error)) continue;
    group.attribute(key + "_error", number.error);
    group.attribute(key + "_richardson", number.richardson);
  }
}

} // namespace driftwell::run

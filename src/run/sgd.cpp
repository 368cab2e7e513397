#include "sgd.hpp"

#include "driftwell/core/error.hpp"
#include "sgd_directions.hpp"
#include "sgd_passage.hpp"
#include "sgd_stability.hpp"
#include "span_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace driftwell::run {

namespace {

constexpr std::size_t most_for_covariance = 100, most_modes = 2000;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> padded(const Eigen::VectorXd& v, std::size_t size) {
  std::vector<double> result(size, nan);
  std::copy_n(v.data(), std::min<std::size_t>(size, static_cast<std::size_t>(v.size())), result.begin());
  return result;
}

void frame(record::Group& group, const std::string& name, std::size_t index, double value) { group.write_frame(name, index, std::span(&value, 1)); }

void frame(record::Group& group, const std::string& name, std::size_t index, const sgd::Estimate& estimate) {
  frame(group, name, index, estimate.value);
  frame(group, name + "_stderr", index, estimate.standard_error);
}

void add(std::vector<double>& sums, const std::vector<double>& values) {
  sums.resize(values.size(), 0.0);
  for (std::size_t r = 0; r < values.size(); ++r) sums[r] += values[r];
}

sgd::Estimate over(std::vector<double> sums, std::size_t count) {
  for (double& x : sums) x /= static_cast<double>(count);
  return sgd::estimate(sums);
}

} // namespace

SgdSection::SgdSection(const SectionContext& context) : spec_(context.spec), sgd_(*spec_.sgd), progress_(context.progress), checkpoints_(context.checkpoints) {}
SgdSection::~SgdSection() = default;

bool SgdSection::plain() const {
  const sgd::ProcessOptions& o = problem_->options;
  return o.momentum == 0 && o.label_noise == 0 && o.svag == 1 && o.sampling != sgd::Sampling::epochs;
}

bool SgdSection::heavy_ball() const {
  const sgd::ProcessOptions& o = problem_->options;
  return o.momentum > 0 && !o.nesterov && o.label_noise == 0 && o.svag == 1 && o.sampling != sgd::Sampling::epochs;
}

double SgdSection::temperature() const {
  const sgd::ProcessOptions& o = problem_->options;
  const sgd::Step step = process_->next();
  const auto batch = static_cast<std::size_t>(std::round(o.batch_size.value(step.time)));
  // Batches of an epoch are anti-correlated: for them there is no one temperature, and that of independent batches is named.
  const double factor = sgd::batch_factor(problem_->loss->samples(), batch, o.sampling == sgd::Sampling::without_replacement ? o.sampling : sgd::Sampling::with_replacement);
  return o.learning_rate.value(step.time) * factor / (2 * (1 - o.momentum));
}

sgd::NoiseOptions SgdSection::noise_options() const {
  sgd::NoiseOptions options;
  options.leading = static_cast<std::size_t>(sgd_.leading.value);
  return options;
}

std::size_t SgdSection::modes() const { return std::min({problem_->loss->dimension(), problem_->loss->samples(), most_modes}); }

void SgdSection::prepare() {
  progress_.phase("reading the data");
  problem_ = build_sgd(spec_);
  if (sgd_.start.value == "minimum") progress_.phase("a minimum to start from");
  place_start(sgd_, *problem_, &warnings_);
  for (std::string& warning : stability_warnings(sgd_, *problem_)) warnings_.push_back(std::move(warning));
  probes_ = SgdProbes(spec_, *problem_->loss, problem_->start);
  process_ = std::make_unique<sgd::Process>(*problem_->loss, problem_->options);
  process_->start(problem_->start, problem_->start_std);
  outputs_ = output_steps(sgd_);
  snapshots_ = spread_indices(static_cast<std::size_t>(sgd_.snapshots.value), outputs_.size());
}

void SgdSection::declare(record::Group& group) const {
  const std::size_t d = problem_->loss->dimension(), leading = std::min({noise_options().leading, d, problem_->loss->samples()});
  group.growing_dimension("time", {{"long_name", std::string("clock: sum of the learning rates of the steps made")}});
  group.growing_dimension("snapshot_time", {{"long_name", std::string("time of kept weights")}});
  group.dimension("replica", problem_->options.replicas);
  group.dimension("parameter", d);
  const auto series = [&](const std::string& name, const std::string& words) {
    group.variable(name, {"time"}, {{"long_name", words}});
    group.variable(name + "_stderr", {"time"}, {{"long_name", "standard error of " + name + " over replicas"}});
  };
  group.variable("step", {"time"}, {{"long_name", std::string("steps made")}});
  group.variable("learning_rate", {"time"}, {{"long_name", std::string("learning rate of the next step")}});
  group.variable("batch_size", {"time"}, {{"long_name", std::string("batch size of the next step")}});
  group.variable("temperature", {"time"}, {{"long_name", std::string("learning_rate/(2 batch_size), times (N-b)/(N-1) without replacement, over 1 - momentum")}});
  series("mean_loss", "E f over replicas, over all samples");
  series("gradient_squared", "E |grad f|^2 over replicas");
  if (problem_->loss->classifies()) series("accuracy", "share of samples whose class is the most probable one");
  if (problem_->options.replicas > 1) series("cloud_variance", "trace of the covariance of the weights over replicas");
  series("drift_work", "E (w - E w).grad f");
  if (plain()) series("half_rate_batch_squared", "(eta/2) E |g_b|^2 over replicas and batches");
  group.variable("mean", {"time", "parameter"}, {{"long_name", std::string("mean of the weights over replicas")}});
  if (problem_->options.replicas > 1) group.variable("variance", {"time", "parameter"}, {{"long_name", std::string("variance of each weight over replicas")}});
  if (!snapshots_.empty()) group.variable("weights", {"snapshot_time", "replica", "parameter"}, {{"long_name", std::string("weights")}});
  if (d <= most_for_covariance) group.dimension("parameter_2", d);
  if (d <= most_for_covariance && problem_->options.replicas > 1) {
    group.variable("covariance", {"parameter", "parameter_2"}, {{"long_name", std::string("covariance of the weights over replicas, averaged over the stationary part")}});
  }
  for (const auto& probe : probes_.all) probe->declare(group);
  if (!sgd_.noise.value) return;
  group.dimension("mode", modes());
  group.dimension("leading", leading);
  group.variable("noise_eigenvalue", {"snapshot_time", "mode"}, {{"long_name", std::string("eigenvalues of the gradient covariance D of replica 0, largest first")}});
  for (const char* name : {"noise_trace", "noise_rank", "noise_mean", "noise_std", "noise_rank_fraction", "noise_anisotropy"})
    group.variable(name, {"snapshot_time"}, {{"long_name", std::string(name) + " of D of replica 0"}});
  group.variable("hessian_eigenvalue", {"snapshot_time", "leading"}, {{"long_name", std::string("leading eigenvalues of the Hessian of f at replica 0")}});
  group.variable("alignment", {"snapshot_time", "leading"}, {{"long_name", std::string("share of the k leading eigenvectors of D in the span of those of the Hessian")}});
}

void SgdSection::write_attributes(record::Group& group) const {
  const sgd::ProcessOptions& o = problem_->options;
  group.attribute("loss", problem_->loss->description());
  group.attribute("dataset", problem_->data ? problem_->data->name : std::string("none"));
  group.attribute("samples", static_cast<std::int64_t>(problem_->loss->samples()));
  group.attribute("parameters", static_cast<std::int64_t>(problem_->loss->dimension()));
  group.attribute("learning_rate", o.learning_rate.text());
  group.attribute("batch_size", o.batch_size.text());
  group.attribute("sampling", sgd_.sampling.value);
  group.attribute("momentum", o.momentum);
  group.attribute("seed", static_cast<std::int64_t>(o.seed));
}

void SgdSection::add_stationary(const sgd::FullMeasures& measures, const sgd::Spread& spread) {
  if (outputs_.size() > 1 && static_cast<double>(outputs_done_) < sgd_.stationary_from.value * static_cast<double>(outputs_.size() - 1)) return;
  ++stationary_.count;
  add(stationary_.loss, measures.loss);
  add(stationary_.drift_work, measures.drift_work);
  const double half = process_->next().learning_rate / 2;
  std::vector<double> scaled = measures.batch_squared;
  for (double& x : scaled) x *= half;
  if (heavy_ball()) { // E w.grad f = (1 + mu)/(2 eta) E |v|^2, from the stationarity of |w|^2 and of w.v
    const double mu = problem_->options.momentum;
    for (std::size_t r = 0; r < measures.drift_work.size(); ++r)
      scaled.push_back((1 + mu) / (4 * half) * Eigen::Map<const Eigen::VectorXd>(process_->velocity(r), static_cast<Eigen::Index>(process_->dimension())).squaredNorm());
  }
  add(stationary_.batch_squared, scaled);
  add(stationary_.squares, spread.squares);
  if (problem_->loss->dimension() > most_for_covariance || process_->replicas() < 2) return;
  const Eigen::MatrixXd C = sgd::cloud_covariance(*process_);
  if (stationary_.covariance.size() == 0) stationary_.covariance = C;
  else stationary_.covariance += C;
}

void SgdSection::write_output(record::Group& group, std::size_t index) {
  const sgd::Step next = process_->next();
  const auto batch = static_cast<std::size_t>(std::round(problem_->options.batch_size.value(next.time)));
  const double factor = plain() ? sgd::batch_factor(problem_->loss->samples(), batch, problem_->options.sampling) : 0;
  const sgd::Spread spread = sgd::spread(*process_);
  const sgd::FullMeasures measures = sgd::measure_replicas(*problem_->loss, *process_, static_cast<std::size_t>(sgd_.loss_replicas.value), spread.mean, factor);
  frame(group, "time", index, next.time);
  frame(group, "step", index, static_cast<double>(next.number));
  frame(group, "learning_rate", index, problem_->options.learning_rate.value(next.time));
  frame(group, "batch_size", index, static_cast<double>(batch));
  frame(group, "temperature", index, temperature());
  last_ = {next.time, sgd::estimate(measures.loss), sgd::estimate(measures.gradient_squared), sgd::estimate(spread.squares), {nan, nan}};
  frame(group, "mean_loss", index, last_.loss);
  frame(group, "gradient_squared", index, last_.gradient_squared);
  if (!measures.accuracy.empty()) frame(group, "accuracy", index, last_.accuracy = sgd::estimate(measures.accuracy));
  if (process_->replicas() > 1) frame(group, "cloud_variance", index, last_.variance);
  frame(group, "drift_work", index, sgd::estimate(measures.drift_work));
  if (plain()) {
    sgd::Estimate squared = {0, 0};
    if (factor > 0) squared = sgd::estimate(measures.batch_squared);
    else squared = last_.gradient_squared; // a batch of all samples
    frame(group, "half_rate_batch_squared", index, {next.learning_rate / 2 * squared.value, next.learning_rate / 2 * squared.standard_error});
  }
  group.write_frame("mean", index, span_of(spread.mean));
  if (process_->replicas() > 1) group.write_frame("variance", index, span_of(spread.variance));
  add_stationary(measures, spread);
  for (const auto& probe : probes_.all) probe->write_output(group, index, *process_);
}

void SgdSection::write_noise(record::Group& group, std::size_t index, const sgd::GradientNoise& noise) const {
  const std::size_t leading = std::min({noise_options().leading, problem_->loss->dimension(), problem_->loss->samples()});
  group.write_frame("noise_eigenvalue", index, padded(noise.eigenvalues, modes()));
  frame(group, "noise_trace", index, noise.trace);
  frame(group, "noise_rank", index, static_cast<double>(noise.rank));
  frame(group, "noise_mean", index, noise.mean);
  frame(group, "noise_std", index, noise.std);
  frame(group, "noise_rank_fraction", index, noise.rank_fraction);
  frame(group, "noise_anisotropy", index, noise.anisotropy);
  group.write_frame("hessian_eigenvalue", index, padded(noise.hessian_eigenvalues, leading));
  group.write_frame("alignment", index, padded(noise.alignment, leading));
}

void SgdSection::write_snapshot(record::Group& group, std::size_t index) {
  frame(group, "snapshot_time", index, process_->time());
  group.write_frame("weights", index, {process_->weights(0), process_->replicas() * problem_->loss->dimension()});
  if (!sgd_.noise.value) return;
  progress_.phase("gradient noise");
  noise_ = sgd::measure_noise(*problem_->loss, process_->weights(0), noise_options());
  write_noise(group, index, *noise_);
}

void SgdSection::write_stationary(record::Group& group) {
  if (stationary_.count == 0) return;
  const std::size_t n = stationary_.count;
  group.attribute("stationary_outputs", static_cast<std::int64_t>(n));
  const auto put = [&](const std::string& name, const sgd::Estimate& e) {
    group.attribute(name, e.value);
    group.attribute(name + "_stderr", e.standard_error);
  };
  put("stationary_loss", stationary_loss_ = over(stationary_.loss, n));
  if (process_->replicas() > 1) put("stationary_variance", stationary_variance_ = over(stationary_.squares, n));
  if (stationary_.covariance.size() > 0) {
    const Eigen::MatrixXd C = stationary_.covariance / static_cast<double>(n);
    group.write("covariance", {C.data(), static_cast<std::size_t>(C.size())});
  }
  if (!(plain() || heavy_ball()) || stationary_.batch_squared.empty()) return;
  yaida_ = {over(stationary_.drift_work, n), over(stationary_.batch_squared, n)};
  put("yaida_left", yaida_->first);
  put("yaida_right", yaida_->second);
  std::vector<double> gap(stationary_.drift_work.size());
  for (std::size_t r = 0; r < gap.size(); ++r) gap[r] = stationary_.drift_work[r] - stationary_.batch_squared[r];
  put("yaida_difference", yaida_difference_ = over(gap, n));
}

void SgdSection::compute(record::ResultFile& file) {
  record::Group group = file.group("sgd");
  declare(group);
  write_attributes(group);
  restore(group);
  file.flush();
  const auto pause = [&] {
    if (checkpoints_ && checkpoints_->due(sgd_.checkpoint_seconds.value)) save();
  };
  const std::string phase = fmt::format("sgd: {} replicas, {} weights", process_->replicas(), problem_->loss->dimension());
  for (std::size_t i = outputs_done_; i < outputs_.size(); ++i) {
    progress_.phase(phase);
    probes_.advance(*process_, outputs_[i], pause);
    write_output(group, i);
    outputs_done_ = i + 1;
    if (snapshots_done_ < snapshots_.size() && snapshots_[snapshots_done_] == i) write_snapshot(group, snapshots_done_++);
    progress_.outputs(outputs_done_, outputs_.size());
    file.flush_if_due();
  }
  write_stationary(group);
  if (sgd_.minimum.value) write_minimum(group);
  for (const auto& probe : probes_.all) probe->write(group, *process_, warnings_);
  if (process_->replicas() < 2) return;
  entropy_ = cloud_entropy(*process_);
  group.attribute("entropy_method", entropy_.method);
  if (std::isnan(entropy_.entropy.value)) return;
  group.attribute("entropy", entropy_.entropy.value);
  group.attribute("entropy_stderr", entropy_.entropy.standard_error);
}

SgdSummary SgdSection::summary() const {
  SgdSummary s;
  const sgd::ProcessOptions& o = problem_->options;
  s.learning_rate = o.learning_rate.value(process_->time());
  s.batch_size = std::round(o.batch_size.value(process_->time()));
  s.momentum = o.momentum;
  s.temperature = temperature();
  s.constant = o.learning_rate.constant() && o.batch_size.constant();
  s.dimension = process_->dimension();
  s.replicas = process_->replicas();
  if (s.replicas > 1 && stationary_.count > 0) s.variance = stationary_variance_;
  if (predicted_variance_ > 0) s.predicted = predicted_variance_;
  s.exact = predicted_discrete_;
  s.entropy = entropy_.entropy;
  if (probes_.directions != nullptr) {
    s.along = probes_.directions->variances();
    s.along_predicted = probes_.directions->predicted();
    s.along_exact = probes_.directions->exact();
  }
  if (probes_.passage != nullptr) {
    s.passages = probes_.passage->passed();
    if (const auto& times = probes_.passage->statistics()) s.passage_time = {times->mean.value, times->mean.standard_error};
  }
  if (s.replicas * s.dimension <= SgdSummary::most_weights) s.weights.assign(process_->weights(0), process_->weights(0) + s.replicas * s.dimension);
  return s;
}

} // namespace driftwell::run
